export { Batcher, type Cancellation, QueueFullError } from './batcher.js';
export { type Leases, leasesOn, notify } from './leases.js';
export type { BatchName } from './observer.js';
export { type DatabaseOptions, openPool, openPools, POOLS, type Pools } from './pools.js';
export { type Columns, columns } from './schema/columns.js';
export { type KeyStatus, NotedKeys } from './schema/noted-keys.js';
export { rejectIfBehind, SchemaBehindError } from './schema-version.js';
export { PostgresProbe, type PostgresStatus } from './server/postgres-probe.js';
export { repeated, type Statements } from './server/repeated-statements.js';
export { ServerReader, type StoredHistory } from './server/server-reader.js';
export {
  afterCommit,
  Batches,
  type Bound,
  bound,
  checked,
  pipelined,
  storable,
  storableJson,
  transaction,
  unlessAborted,
  withoutNul,
} from './statements.js';
export {
  isDataFault,
  isLockTimeout,
  isUnavailable,
  storeFailureOf,
  UnverifiedServerError,
} from './unavailable.js';
