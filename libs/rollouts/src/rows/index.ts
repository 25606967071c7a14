export { type JournalEntry, type StoredChange, toChange } from './journal.js';
export { IS_LIVE, LIVE_STATES, ROLLOUTS_CHANNEL } from './stored-rollout.js';
export { type StoredTarget, targetOf } from './stored-target.js';
