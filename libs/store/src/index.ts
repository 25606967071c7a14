export type { PlatformState } from './platform-state.js';
export type { BacklogCounts } from './read-backlog.js';
export { RETAINED, type Retained, type Retention, tableOf } from './retention.js';
export { Store } from './store.js';
