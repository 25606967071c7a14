import type { Response } from '../api/types.js';

/** What shows something else after a change of the library. */
export const OF_LIBRARY = ['Templates/ListTemplates', 'Templates/ListDrafts'] as const;

/** What uses a template. */
export interface Usage {
  /** Live rollouts and drafts; `isNeeding`: its mini-programs would fail without the template. */
  rollouts: { id: string; name: string; isNeeding: boolean }[];
  /** Mini-programs whose live version is of it, as far as it is known. */
  live: number;
}

type Template = Pick<Response<'Templates/ListTemplates'>['templates'][number], 'templateId' | 'use'>;
type Whole = Response<'Rollouts/GetRollout'>;
type Rollout = Pick<Whole, 'id' | 'state' | 'open' | 'counts' | 'rollbackOf'> & {
  spec?: Pick<NonNullable<Whole['spec']>, 'name' | 'templateId'>;
};

const STARTED = /_(RUNNING|PAUSED)$/;
/** In these states of a target its step is not done, or may be tried again. */
const UNDONE = /_(PENDING|RUNNING|WAITING|IN_DOUBT|FAILED)$/;
const BEFORE_CODE = /_(READINESS|COMMIT)$/;

/** What uses a template; a rollback only names it. @param rollouts all that have not ended. */
export function usageOf({ templateId, use }: Template, rollouts: readonly Rollout[]): Usage {
  const using = rollouts.filter(
    ({ spec, rollbackOf }) => rollbackOf === '' && spec?.templateId === templateId,
  );
  return {
    rollouts: using.map((one) => ({ id: one.id, name: one.spec?.name ?? one.id, isNeeding: isNeeding(one) })),
    live: Number(use?.liveMiniPrograms ?? 0),
  };
}

/** As the service, which refuses to delete the template meanwhile. */
function isNeeding({ state, open, counts }: Rollout): boolean {
  const isUncommitted = counts.some((one) => BEFORE_CODE.test(one.step) && UNDONE.test(one.state));
  return STARTED.test(state) && (open || isUncommitted);
}
