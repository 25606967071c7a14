export { type JournalEntry, toChange } from './journal.js';
export { IS_LIVE, LIVE_STATES, ROLLOUTS_CHANNEL } from './stored-rollout.js';
export { targetOf } from './stored-target.js';
