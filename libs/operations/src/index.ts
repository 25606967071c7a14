export {
  type Accepted,
  accept,
  acceptedAtMs,
  askStatus,
  lowestId,
  NEW,
  type NewOperation,
  operationId,
  ownOperation,
  statusQueriesOf,
  WORKER_SOURCE,
} from './accept.js';
export { AttachmentStore } from './attachments.js';
export { type AuditMethod, auditsOfCaller } from './caller-audits.js';
export { type Cancelled, cancelUnsent, isUnsent } from './cancel.js';
export { type Claim, type ClaimedOperation, type ClaimRequest, CONFIRMATIONS } from './claim.js';
export type { Doubt, RecheckLater } from './doubts.js';
export type { Lane, LaneFilter } from './lists/list-lanes.js';
export type { OperationFilter } from './lists/list-operations.js';
export { findCommands, templatesOf } from './lists/read-operations.js';
export { type Doubts, doubtsOn, type Operations, operationsOn } from './operations-on.js';
export type { Resolve, Resolved } from './resolve.js';
export { type Settled, type SettlementWithAudits, wokenBy } from './settle.js';
export { operationColumns, type StoredOperation } from './stored-operation.js';
