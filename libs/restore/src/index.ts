export {
  type ChangedRollout,
  changedRollouts,
  type NamedRollout,
  type StrayOperation,
  strayOperations,
} from './changed-rollouts.js';
export {
  doubtLost,
  finishLost,
  type PublishedDoubt,
  type PublishedEnd,
  putInDoubt,
  reconcileBeforeCall,
  withoutContent,
} from './finish-lost.js';
export { acceptHistory, finishRestore, unexplainedMissing } from './finish-restore.js';
export {
  hasEarlierUnfinished,
  insertLost,
  type LostOperation,
  lockByRequestId,
  type SameRequestId,
} from './insert-lost.js';
export { raisePublishedIds } from './raise-rollout-ids.js';
export {
  countPendingUpTo,
  type DecidedAudit,
  type DeletedUntil,
  decidedAudits,
  publishedOperations,
  type Republication,
  readDeletedUntil,
  republish,
} from './republish.js';
export { applyPublishedAudits, openAudits, type PublishedAudit } from './restore-audits.js';
export { RestoreRefusedError, RestoreSession } from './restore-session.js';
export {
  BEGINNING,
  lastStagedOf,
  type StagedEvent,
  stagedByPosition,
  stagedOutcomeOf,
  stagedWithoutOperation,
  stageEvents,
  withTwoEnds,
} from './staged-events.js';
export type { Stopped } from './stop-changes.js';
export { type FirstUnfinished, firstUnfinished, type Runnable, runnable } from './unfinished.js';
