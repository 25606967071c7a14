export type { StoredAudit, StoredAuditState } from './audits/audit.entity.js';
export type { AuditEffect, ObservedAudit } from './audits/audit-effects.js';
export { auditOfPush } from './audits/audit-of-push.js';
export type { StoredAuditPush } from './audits/audits.js';
export type { AuditFilter, AuditPage, ListedAudit } from './audits/list-audits.js';
export type { ReceivedPush } from './audits/push-signatures.js';
export type { PushOutcome } from './audits/record-push.js';
export { type DueAudit, type PollSchedule, STATUS_QUERY } from './audits/take-due-audits.js';
export type { AuthorizationPush, ImportConflict, OfferedAuthorizer } from './authorizers/authorizations.js';
export type { AuthorizerTokens, GivenTokens } from './authorizers/authorizer-tokens.js';
export type { Authorizer, AuthorizerFilter, AuthorizerState, Grant } from './authorizers/authorizers.js';
export type { Component } from './authorizers/components.js';
export { recheckAuthorizers } from './authorizers/recheck.js';
export { rotateSecrets } from './authorizers/sealed-columns.js';
export { MissingKeyError, readSecretsKey, Secrets } from './authorizers/secrets.js';
export { isEndingSoon, mayBeUsed } from './authorizers/token-life.js';
export { CODES_CHANNEL, TokenStore } from './authorizers/token-store.js';
export type { BacklogOf, Delay, Delayed } from './backlog/delay.js';
export type { Loaded, Room } from './backlog/load-backlog.js';
export type { BacklogCounts } from './backlog/read-backlog.js';
export type { CallerUsage } from './callers/caller-usage.js';
export {
  type Actor,
  type DeniedCount,
  type LoadedPolicy,
  NOBODY,
  type Recording,
  recordReplay,
  type TrailEntry,
} from './callers/trail.js';
export { MAX_EXAMINED, type Visible } from './callers/visible.js';
export { createDataSource, type DataSourceOptions, POOLS, poolOf } from './data-source.js';
export type { Evidence, PublishedOutcome } from './history/evidence.js';
export type { History } from './history/history.js';
export type { HeldClaim, Verdict } from './history/history-state.js';
export { type ApiLimit, type ApiStop, readApiLimits, type StopSource } from './limits/api-limits.js';
export { liftStops, type OperatorStop, stopApis } from './limits/api-stop.js';
export type { AuditQuota, QuotaUse, StoredQuota } from './limits/audit-quota.js';
export type { PlatformState } from './limits/platform-state.js';
export { EVERY_API, setRate, USED_SHARE } from './limits/rates.js';
export type { QuotaLook, QuotaState } from './limits/read-quota.js';
export type { Reservations } from './limits/reservations.js';
export type { BatchName, StoreObserver } from './observer.js';
export {
  type Accepted,
  acceptedAtMs,
  askStatus,
  type NewOperation,
  operationId,
} from './operations/accept.js';
export type { Attachment } from './operations/attachments.js';
export type { Cancelled } from './operations/cancel.js';
export {
  type Claim,
  type ClaimedOperation,
  type ClaimOf,
  type ClaimRequest,
  CONFIRMATIONS,
} from './operations/claim.js';
export type { Doubt, RecheckLater } from './operations/doubts.js';
export { type Lane, type LaneFilter, type LanePage, MAX_LENGTH } from './operations/list-lanes.js';
export type { OperationFilter, OperationPage } from './operations/list-operations.js';
export type { StoredOperation } from './operations/operation.entity.js';
export { type LookUp, templatesOf } from './operations/read-operations.js';
export type { Resolve, Resolved } from './operations/resolve.js';
export type { Settled, SettlementWithAudits } from './operations/settle.js';
export type { Snapshot } from './operations/snapshot.js';
export {
  type AppName,
  bytesToSend,
  MAX_SEND_BYTES,
  type OutboxPage,
  type OutboxRow,
  type Publisher,
  type SentEvent,
  writeOutbox,
} from './outbox.js';
export { type QuarantinedEvent, quarantinedEvents, releaseQuarantined } from './quarantined-events.js';
export {
  type ChangedRollout,
  changedRollouts,
  type NamedRollout,
  type StrayOperation,
  strayOperations,
} from './restore/changed-rollouts.js';
export {
  doubtLost,
  type Finished,
  finishLost,
  type MayBeSent,
  type PublishedDoubt,
  type PublishedEnd,
  putInDoubt,
  reconcileBeforeCall,
  withoutContent,
} from './restore/finish-lost.js';
export { acceptHistory, finishRestore, unexplainedMissing } from './restore/finish-restore.js';
export {
  hasEarlierUnfinished,
  insertLost,
  type LostOperation,
  lockByRequestId,
  type SameRequestId,
} from './restore/insert-lost.js';
export { raisePublishedIds } from './restore/raise-rollout-ids.js';
export {
  countPendingUpTo,
  type DecidedAudit,
  type DeletedUntil,
  decidedAudits,
  type PublishedOperation,
  publishedOperations,
  type Republication,
  readDeletedUntil,
  republish,
} from './restore/republish.js';
export {
  applyPublishedAudits,
  matchDeferred,
  openAudits,
  type PublishedAudit,
  withDeferredCallbacks,
} from './restore/restore-audits.js';
export { RestoreRefusedError, RestoreSession } from './restore/restore-session.js';
export {
  BEGINNING,
  lastStagedOf,
  type Position,
  type StagedEvent,
  stagedByPosition,
  stagedOutcomeOf,
  stagedWithoutOperation,
  stageEvents,
  withTwoEnds,
} from './restore/staged-events.js';
export type { Stopped } from './restore/stop-changes.js';
export { type FirstUnfinished, firstUnfinished, type Runnable, runnable } from './restore/unfinished.js';
export { RETAINED, type Retained, type Retention, tableOf } from './retention.js';
export { assignWaves, openGates } from './rollouts/calls/assign-waves.js';
export {
  lockRollout,
  MAX_LIVE_ROLLOUTS,
  type RolloutActor,
  type RolloutColumns,
  type RolloutEdit,
  rolloutUse,
  storeEdit,
} from './rollouts/calls/change-rollout.js';
export {
  type CreatedRollout,
  MAX_TARGETS,
  type NewRollout,
  type TargetSelection,
} from './rollouts/calls/create-rollout.js';
export {
  addTargets,
  cancelDraftTargets,
  highestWave,
  moveToStep,
  type NewTarget,
  patchBytes,
  removeTargets,
} from './rollouts/calls/draft-targets.js';
export { forbiddenTargets } from './rollouts/calls/forbidden-targets.js';
export { type CountedProblem, listedTemplates, type Problem } from './rollouts/calls/plan-facts.js';
export type { FailureGroup, StoredChange } from './rollouts/calls/read-journal.js';
export type {
  ChangedVersion,
  KnownRollout,
  RolloutFilter,
  RunningRollout,
  TargetPosition,
  TargetQuery,
  WatchedRollout,
} from './rollouts/calls/read-rollouts.js';
export { addBegunTargets, type NewRollback } from './rollouts/calls/rollback-rollout.js';
export type { JournalEntry, RolloutChangeTypeName } from './rollouts/journal.js';
export {
  LIVE_STATES,
  type RolloutStateName,
  type StoredCount,
  type StoredRollout,
  type StoredWave,
} from './rollouts/stored-rollout.js';
export type { StoredTarget, TargetFilter } from './rollouts/stored-target.js';
export { ROLLOUTS_CHANNEL } from './rollouts/wakeups.js';
export { backfill } from './schema/backfill.js';
export { buildIndex, dropIndex } from './schema/build-index.js';
export { migrate, rejectIfBehind, SchemaBehindError, UnknownRoleError } from './schema/schema.js';
export type { PostgresProbe, PostgresStatus } from './server/postgres-probe.js';
export type { ServerState } from './server/server-reader.js';
export { storable } from './server/storable.js';
export { Store } from './store.js';
export type { StoredEntry } from './turns/open-entries.js';
export { TURN_SIZE, type TurnCommand, type TurnRollout, type TurnWave } from './turns/take-turn.js';
export { type Turn, TurnError, type TurnResult } from './turns/turn.js';
export type { TargetWithFacts, TurnFacts, TurnTarget } from './turns/turn-targets.js';
export type { WrittenRollout, WrittenTarget } from './turns/write-turn.js';
export {
  failureOf,
  isDataFault,
  isLockTimeout,
  isUnavailable,
  type StoreFailure,
  UnverifiedServerError,
} from './unavailable.js';
