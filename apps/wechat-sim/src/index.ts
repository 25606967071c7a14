export type { CallEntry, LedgerEntry, PushEntry } from './ledger-entries.js';
export { type Authorized, type FaultOrder, type FaultStatus, SimControl } from './sim-control.js';
