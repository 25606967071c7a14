export type { JournalEntry } from './journal.js';
export type { StoredChange } from './read-journal.js';
export { IS_LIVE, LIVE_STATES, type RolloutStateName, type StoredRollout } from './stored-rollout.js';
export type { StoredTarget, TargetFilter } from './stored-target.js';
export { runTurn, Turn, TurnError } from './turn.js';
