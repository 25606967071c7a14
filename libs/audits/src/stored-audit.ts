import type { AuditDecision } from '@wxa/contracts';

/** The state of an audit; all but OPEN are final. */
export type StoredAuditState = 'OPEN' | 'APPROVED' | 'REJECTED' | 'WITHDRAWN';

/** One audit submitted by this service. */
export interface StoredAudit {
  /** The SubmitAudit operation. */
  operationId: string;
  appid: string;
  /** WeChat's audit id, in decimal digits: it may exceed 2^53. */
  auditId: string;
  userVersion: string;
  state: StoredAuditState;
  submittedAt: Date;
  decidedAt: Date | null;
  source: AuditDecision['source'] | null;
  /** When AuditDelayed was published. */
  delayedAt: Date | null;
  /** The key of the callback with its decision. */
  pushKey: string | null;
}
