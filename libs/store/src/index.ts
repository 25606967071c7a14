export { BacklogStore } from './backlog-store.js';
export { Batcher, QueueFullError } from './batcher.js';
export { buildIndex } from './build-index.js';
export { createDataSource, type DataSourceOptions, poolOf } from './data-source.js';
export { AuditEntity, type AuditSource, type StoredAuditState } from './entities/audit.entity.js';
export { OperationEntity, type OperationState } from './entities/operation.entity.js';
export { acceptedAtMs, operationId } from './operation-id.js';
export type { AppName, OutboxEvent } from './outbox-event.js';
export { migrate } from './schema.js';
export { MissingKeyError, readSecretsKey, Secrets } from './secrets.js';
export type { Accepted, NewOperation } from './sql/accept.js';
export { blockS, type Reservations } from './sql/api-rate.js';
export { type ApiLimit, type ApiStop, liftStop, readApiLimits } from './sql/api-stop.js';
export type { AuditEffect, ObservedAudit } from './sql/audit-effects.js';
export { auditOfPush } from './sql/audit-of-push.js';
export type { AuditDecision, AuditDecisionEvent, Publisher, StoredAuditPush } from './sql/audits.js';
export type { AuthorizationPush, ImportConflict, OfferedAuthorizer } from './sql/authorizations.js';
export type { AuthorizerTokens, GivenTokens } from './sql/authorizer-tokens.js';
export type { Authorizer, AuthorizerFilter, AuthorizerState, Grant } from './sql/authorizers.js';
export type { Cancelled } from './sql/cancel.js';
export type { Claim, ClaimedOperation, ClaimRequest } from './sql/claim.js';
export type { Component } from './sql/components.js';
export type { BacklogOf, Delay, Delayed } from './sql/delay.js';
export { CONFIRMATIONS, type Doubt, type RecheckLater } from './sql/doubts.js';
export type { OperationFilter, OperationPage } from './sql/list-operations.js';
export type { Loaded, Room } from './sql/load-backlog.js';
export type { LookUp } from './sql/look-up.js';
export type { KeptMedia } from './sql/media.js';
export {
  bytesToSend,
  MAX_SEND_BYTES,
  type OutboxPage,
  type OutboxRow,
  type SentEvent,
} from './sql/outbox.js';
export type { ReceivedPush } from './sql/push-signatures.js';
export type { PushOutcome } from './sql/record-push.js';
export type { Resolve, Resolved } from './sql/resolve.js';
export { RETAINED, type Retained, type Retention } from './sql/retention.js';
export { rotateSecrets } from './sql/sealed-columns.js';
export type { Settled } from './sql/settle.js';
export type { SettlementWithAudits } from './sql/settle-with-audits.js';
export type { Note } from './sql/snapshot.js';
export type { DueAudit, PollSchedule } from './sql/take-due-audits.js';
export { SchemaBehindError, Store } from './store.js';
export { CODES_CHANNEL, TokenStore } from './token-store.js';
export { isDataFault, isUnavailable } from './unavailable.js';
