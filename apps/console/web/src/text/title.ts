import { t } from './text.js';

/** As the service names a rollback that nobody has named. */
const ROLLBACK = /^Rollback: /;

/** What the name of a rollout is made of. */
export interface Titled {
  id: string;
  /** Empty: it is no rollback. */
  rollbackOf: string;
  spec?: { name: string };
}

/** The name of a rollout; that of a rollback in the viewer's language. */
export function titleOf({ id, spec, rollbackOf }: Titled): string {
  const name = spec?.name || id;
  if (rollbackOf === '' || !ROLLBACK.test(name)) return name;
  return t('rollouts.rollbackName', { name: name.replace(ROLLBACK, '') });
}
