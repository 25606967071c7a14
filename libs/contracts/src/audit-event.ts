import { type CloudEvent, eventType } from './cloud-event.js';
import {
  AuditCompleted,
  AuditDelayed,
  type AuditReason,
  AuditResult,
  AuditSource,
} from './generated/wxa/code/v1/events.js';
import { TOPICS } from './topics.js';
import { continueTrace } from './trace-context.js';

/** How an audit ended, or that it takes longer. */
export interface AuditDecision {
  state: 'APPROVED' | 'REJECTED' | 'WITHDRAWN' | 'DELAYED';
  source: 'CALLBACK' | 'POLL' | 'OPERATION';
  decidedAt: Date;
  /** WeChat's raw text. */
  reason: string;
  screenshots: string[];
  /** `gh_…`; empty where no push told it. */
  originalId: string;
}

/** An audit submitted by this service; `auditId` in decimal digits. */
export interface SubmittedAudit {
  operationId: string;
  auditId: string;
  userVersion: string;
  /** Of the SubmitAudit; null where that operation is kept no more. */
  traceparent: string | null;
}

/** Makes the event that tells a verdict; `audit` is null for an audit made outside this service. */
export type ToAuditEvent = (
  appid: string,
  audit: SubmittedAudit | null,
  verdict: AuditDecision,
  id: string,
) => CloudEvent;

/**
 * Makes AuditCompleted and AuditDelayed, the same in every process that learns of a verdict.
 * @param source which app writes it, as in `gateway`.
 * @param parseReasons takes WeChat's raw text apart.
 */
export function auditEvents(source: string, parseReasons: (raw: string) => AuditReason[]): ToAuditEvent {
  return (appid, audit, verdict, id) => {
    const delayed = verdict.state === 'DELAYED';
    const value = delayed
      ? delayedJson(appid, audit, verdict)
      : completedJson(appid, audit, verdict, parseReasons);
    return {
      topic: TOPICS.audits,
      id,
      type: eventType(delayed ? 'AuditDelayed' : 'AuditCompleted'),
      source,
      appid,
      time: verdict.decidedAt,
      traceparent: continueTrace(audit?.traceparent ?? undefined),
      value: fitting(value),
    };
  };
}

/** What a message to Kafka has room for. The text taken apart is as long again as the text. */
const MAX_BYTES = 850_000;

function fitting(event: object): string {
  const value = JSON.stringify(event);
  return Buffer.byteLength(value) <= MAX_BYTES ? value : JSON.stringify({ ...event, reasons: undefined });
}

function completedJson(
  appid: string,
  audit: SubmittedAudit | null,
  verdict: AuditDecision,
  parseReasons: (raw: string) => AuditReason[],
): object {
  return AuditCompleted.toJSON({
    ...subject(appid, audit, verdict),
    result:
      verdict.state === 'DELAYED'
        ? AuditResult.AUDIT_RESULT_UNSPECIFIED
        : AuditResult[`AUDIT_RESULT_${verdict.state}`],
    reasons: parseReasons(verdict.reason),
    screenshots: verdict.screenshots,
    decidedTime: verdict.decidedAt,
    userVersion: audit?.userVersion ?? '',
  }) as object;
}

function delayedJson(appid: string, audit: SubmittedAudit | null, verdict: AuditDecision): object {
  return AuditDelayed.toJSON({ ...subject(appid, audit, verdict), delayedTime: verdict.decidedAt }) as object;
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
