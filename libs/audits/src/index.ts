export { type AuditEffect, applyAuditEffects, type ObservedAudit } from './audit-effects.js';
export { lockAudits, type NewAudit, openSubmitted, type StoredAuditPush, wokenByAudits } from './audits.js';
export { type Audits, auditsOn } from './audits-on.js';
export { matchDeferred, withDeferredCallbacks } from './match-deferred.js';
export type { ReceivedPush } from './push-signatures.js';
export type { AuditCounts, AuditFilter, AuditSummary, ListedAudit } from './read-audits.js';
export type { PushOutcome } from './record-push.js';
export { type DueAudit, STATUS_QUERY } from './take-due-audits.js';
