export type { OperationRetention, PublishedOutcome } from './evidence.js';
export { ConnectedServers, History, type HistoryTools } from './history.js';
