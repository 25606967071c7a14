export type { PublishedOutcome } from './evidence.js';
export { ConnectedServers, History, type HistoryTools } from './history.js';
export type { HistoryComparison } from './history-state.js';
