export type { JournalEntry } from './journal.js';
export { type StoredChange, toChange } from './read-journal.js';
export { IS_LIVE, LIVE_STATES } from './stored-rollout.js';
export { type StoredTarget, targetOf } from './stored-target.js';
