import { ROLLBACK_NAME } from '@wxa/contracts/rollout-explanations';
import { t } from './text.js';

/** What the name of a rollout is made of. */
export interface Titled {
  id: string;
  /** Empty: it is no rollback. */
  rollbackOf: string;
  spec?: { name: string };
}

/** The name of a rollout; that which the service gave to a rollback in the viewer's language. */
export function titleOf({ id, spec, rollbackOf }: Titled): string {
  const name = spec?.name || id;
  if (rollbackOf === '' || !name.startsWith(ROLLBACK_NAME)) return name;
  return t('rollouts.rollbackName', { name: name.slice(ROLLBACK_NAME.length) });
}
