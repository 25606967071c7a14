import type { AuditCounts, AuditFilter, ListedAudit, AuditSummary as StoredSummary } from '@wxa/audits';
import {
  type Audit,
  AuditState,
  type AuditSummary,
  type ListAuditsRequest,
  type ListAuditsResponse,
} from '@wxa/contracts';
import type { Visible } from '@wxa/postgres/lists';
import type { Store } from '@wxa/store';
import { durationOf } from './duration.js';
import { ListPage } from './list-page.js';

const STATES: Record<ListedAudit['state'], AuditState> = {
  OPEN: AuditState.AUDIT_STATE_PENDING,
  APPROVED: AuditState.AUDIT_STATE_APPROVED,
  REJECTED: AuditState.AUDIT_STATE_REJECTED,
  WITHDRAWN: AuditState.AUDIT_STATE_WITHDRAWN,
};

/** Returns one page of audits, in the order of their submission or from the latest. */
export async function listAudits(
  store: { audits: Pick<Store['audits'], 'list'> },
  request: ListAuditsRequest,
  signal: AbortSignal,
  visible?: Visible,
): Promise<ListAuditsResponse> {
  const page = new ListPage(request, auditsOf(request));
  const filter = { ...filterOf(request), ...page.after('after'), ...(visible && { visible }) };
  const { audits, examinedTo } = await store.audits.list({ ...filter, limit: page.limit }, signal);
  const { messages, nextPageToken } = page.of(audits, ({ position }) => position, toAudit, { examinedTo });
  return { audits: messages, nextPageToken };
}

function filterOf(request: ListAuditsRequest): Omit<AuditFilter, 'limit'> {
  const { appid, auditId, delayed, submittedBefore, newestFirst } = request;
  const state = storedStateOf(request.state);
  return {
    ...(appid !== '' && { appid }),
    ...(auditId !== 0n && { auditId: String(auditId) }),
    ...(state !== undefined && { state }),
    ...(delayed && { delayed }),
    ...(submittedBefore !== undefined && { submittedBefore }),
    ...(newestFirst && { newestFirst }),
  };
}

function storedStateOf(state: AuditState): ListedAudit['state'] | undefined {
  return (Object.keys(STATES) as ListedAudit['state'][]).find((stored) => STATES[stored] === state);
}

/** The list that a page token is bound to. */
export function auditsOf(request: ListAuditsRequest): string[] {
  const { appid, auditId, state, delayed, submittedBefore, newestFirst } = request;
  const filters = [appid, state, String(delayed), String(submittedBefore?.getTime()), String(auditId)];
  return ['audits', ...filters, ...(newestFirst ? ['newest'] : [])];
}

/** Converts a stored audit to its message. */
export function toAudit(stored: ListedAudit): Audit {
  return {
    appid: stored.appid,
    auditId: BigInt(stored.auditId),
    operationId: stored.operationId,
    rolloutId: stored.rolloutId ?? '',
    userVersion: stored.userVersion,
    state: STATES[stored.state],
    delayed: stored.state === 'OPEN' && stored.delayedAt !== null,
    reason: stored.reason,
    screenshots: stored.screenshots,
    submitTime: stored.submittedAt,
    decideTime: stored.decidedAt ?? undefined,
    delayTime: stored.delayedAt ?? undefined,
  };
}

/** Converts counts of decided audits to the message. */
export function toAuditSummary({ total, days, templates, reasons }: StoredSummary): AuditSummary {
  return {
    ...toCounts(total),
    days: days.map(({ day: time, ...counts }) => ({ time, ...toCounts(counts) })),
    templates: templates.map(({ template, ...counts }) => ({
      templateId: template === null ? undefined : BigInt(template),
      ...toCounts(counts),
    })),
    reasons: reasons.map(({ reason, count, latestAt }) => ({
      ...{ reason, count: BigInt(count), latestTime: latestAt },
    })),
  };
}

function toCounts({ approved, rejected, seconds }: AuditCounts) {
  return {
    approved: BigInt(approved),
    rejected: BigInt(rejected),
    medianTime: seconds === null ? undefined : durationOf(seconds * 1000),
  };
}
