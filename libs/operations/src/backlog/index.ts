export { backlogOn } from './backlog-on.js';
export type { BacklogOf, Delay, Delayed } from './delay.js';
export type { FreeRoom, Loaded } from './load-backlog.js';
export { releaseBlocked } from './release-blocked.js';
