export { Batcher, type Cancellation, QueueFullError } from './batcher.js';
export {
  createDataSource,
  type DataSourceOptions,
  openPools,
  POOLS,
  type Pools,
  poolOf,
} from './data-source.js';
export { hold, type Leases, leasesOn, notify, releaseLease } from './leases.js';
export type { BatchName } from './observer.js';
export {
  ALL_OUTBOXES,
  type AppName,
  type Author,
  allOwn,
  bytesToSend,
  commandsOf,
  EVENT,
  MAX_SEND_BYTES,
  OUTBOXES,
  type Outbox,
  type OutboxPage,
  type OutboxRow,
  outboxOn,
  type Publisher,
  type SentEvent,
  type StatusQuery,
  type WriterName,
  writeOutbox,
} from './outbox.js';
export { OutboxFloor } from './outbox-floor.js';
export { buildIndex } from './schema/build-index.js';
export { Columns, columns } from './schema/columns.js';
export { type KeyStatus, NotedKeys } from './schema/noted-keys.js';
export { migrate, rejectIfBehind, SchemaBehindError, UnknownRoleError } from './schema/schema.js';
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
  transaction,
  unlessAborted,
} from './statements.js';
export { whereContains } from './trail/contains.js';
export { quarantinedEvents, releaseQuarantined } from './trail/quarantined-events.js';
export {
  type Actor,
  NOBODY,
  type OnRecorded,
  type RecordEntry,
  type Recording,
  recordedTransaction,
  recordReplay,
  type TrailAction,
  type TrailEntry,
} from './trail/trail.js';
export { type AppidPage, isLimited, MAX_EXAMINED, type Visible, whereVisible } from './trail/visible.js';
export {
  isDataFault,
  isLockTimeout,
  isUnavailable,
  storeFailureOf,
  UnverifiedServerError,
} from './unavailable.js';
