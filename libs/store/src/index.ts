export type { CallbackName } from './callbacks/callback-names.js';
export type { EventOutcome, ReceivedCallback } from './callbacks/record-events.js';
export type { CallerUsage } from './callers/caller-usage.js';
export type { DeniedCount, LoadedPolicy } from './callers/recorded.js';
export type { PlatformState } from './platform-state.js';
export type { BacklogCounts } from './read-backlog.js';
export { RETAINED, type Retained, type Retention, tableOf } from './retention.js';
export { Store } from './store.js';
