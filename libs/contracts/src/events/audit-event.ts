import { type CloudEvent, continueTrace, eventType, TOPICS } from '../cloud-event.js';
import {
  AuditCompleted,
  AuditDelayed,
  type AuditReason,
  AuditResult,
  AuditSource,
} from '../generated/wxa/code/v1/events.js';

/** How an audit ended, or that it is delayed. */
export interface AuditDecision {
  state: 'APPROVED' | 'REJECTED' | 'WITHDRAWN' | 'DELAYED';
  source: 'CALLBACK' | 'POLL' | 'OPERATION';
  /** When WeChat decided; the time of this service if WeChat does not return it. */
  decidedAt: Date;
  /** The text as WeChat sent it. */
  reason: string;
  screenshots: string[];
  /** `gh_…` as named by the callback; if empty, the store adds the one that an earlier callback named. */
  originalId: string;
}

/** An audit submitted by this service; `auditId` in decimal digits. */
export interface SubmittedAudit {
  operationId: string;
  auditId: string;
  userVersion: string;
  /** The trace context of the SubmitAudit; null if that operation was deleted. */
  traceparent: string | null;
}

/** Makes the event of a decision; `audit` is null for an audit made outside this service. */
export type ToAuditEvent = (
  appid: string,
  audit: SubmittedAudit | null,
  decision: AuditDecision,
  id: string,
) => CloudEvent;

/**
 * Makes AuditCompleted and AuditDelayed, equal in every process that learns of a decision: those of a callback are of the
 * gateway, which received it, all others of the worker.
 * @param parseReasons parses WeChat's raw text.
 */
export function auditEvents(parseReasons: (raw: string) => AuditReason[]): ToAuditEvent {
  return (appid, audit, decision, id) => {
    const delayed = decision.state === 'DELAYED';
    const value = delayed
      ? delayedJson(appid, audit, decision)
      : completedJson(appid, audit, decision, parseReasons);
    return {
      topic: TOPICS.audits,
      id,
      type: eventType(delayed ? 'AuditDelayed' : 'AuditCompleted'),
      source: decision.source === 'CALLBACK' ? 'gateway' : 'release-worker',
      appid,
      time: decision.decidedAt,
      traceparent: continueTrace(audit?.traceparent ?? undefined),
      value: fitting(value),
    };
  };
}

/** Maximum size of a message to Kafka. The parsed reasons are about as long as the raw text. */
const MAX_BYTES = 850_000;

function fitting(event: object): string {
  const value = JSON.stringify(event);
  return Buffer.byteLength(value) <= MAX_BYTES ? value : JSON.stringify({ ...event, reasons: undefined });
}

function completedJson(
  appid: string,
  audit: SubmittedAudit | null,
  decision: AuditDecision,
  parseReasons: (raw: string) => AuditReason[],
): object {
  return AuditCompleted.toJSON({
    ...subject(appid, audit, decision),
    result:
      decision.state === 'DELAYED'
        ? AuditResult.AUDIT_RESULT_UNSPECIFIED
        : AuditResult[`AUDIT_RESULT_${decision.state}`],
    reasons: parseReasons(decision.reason),
    screenshots: decision.screenshots,
    decidedTime: decision.decidedAt,
    userVersion: audit?.userVersion ?? '',
  }) as object;
}

function delayedJson(appid: string, audit: SubmittedAudit | null, decision: AuditDecision): object {
  return AuditDelayed.toJSON({
    ...subject(appid, audit, decision),
    delayedTime: decision.decidedAt,
  }) as object;
}

function subject(appid: string, audit: SubmittedAudit | null, { originalId, reason, source }: AuditDecision) {
  return {
    appid,
    originalId,
    auditId: BigInt(audit?.auditId ?? 0),
    operationId: audit?.operationId ?? '',
    reason,
    source: AuditSource[`AUDIT_SOURCE_${source}`],
  };
}
