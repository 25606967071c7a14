export { clock } from './ledger.js';
export type { CallEntry, LedgerEntry, PushEntry } from './ledger-entries.js';
export type { CallsView } from './old-program/old-calls.js';
export type { OldCallback } from './old-program/old-program.js';
export type { TokenOrigin } from './old-program/old-tokens.js';
export type { LoadResult } from './push/callback-load.js';
export { type Authorized, type FaultOrder, type FaultStatus, SimControl } from './sim-control.js';
