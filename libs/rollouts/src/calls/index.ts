export type { ClientBase } from 'pg';
export { MAX_TARGETS } from '../core/rollout.js';
export { closedFor } from '../rows/journal.js';
export { readRollout } from '../rows/stored-rollout.js';
export { selectedBy } from '../rows/take-turn.js';
export { assignWaves, openGates } from './assign-waves.js';
export {
  type ActingLimits,
  lockRollout,
  MAX_LIVE_ROLLOUTS,
  type RolloutActor,
  type RolloutColumns,
  type RolloutEdit,
  rolloutUse,
  storeEdit,
} from './change-rollout.js';
export type { NewRollout, TargetSelection } from './create-rollout.js';
export {
  addTargets,
  cancelDraftTargets,
  highestWave,
  moveToStep,
  patchBytes,
  removeTargets,
} from './draft-targets.js';
export { forbiddenTargets } from './forbidden-targets.js';
export { type CountedProblem, listedTemplates } from './plan-facts.js';
export {
  type ChangedVersion,
  type KnownRollout,
  type RunningRollout,
  type TargetPosition,
  targetMessages,
  toWatched,
  type WatchedRollout,
} from './read-rollouts.js';
export { addBegunTargets, type NewRollback, type RollbackEdits } from './rollback-rollout.js';
export { type Rollouts, rolloutsOn } from './rollout-calls.js';
