import { MAX_EXAMINED, unlessAborted, type Visible, whereVisible } from '@wxa/postgres';
import type { Pool } from 'pg';
import type { StoredAudit, StoredAuditState } from './stored-audit.js';

/** An audit as callers see it; `auditId` in decimal digits. */
export interface ListedAudit extends Omit<StoredAudit, 'source' | 'pushKey'> {
  rolloutId: string | null;
  reason: string;
  screenshots: string[];
}

/** Which audits to list, in the order of their submission. */
export interface AuditFilter {
  appid?: string;
  /** In decimal digits. */
  auditId?: string;
  state?: StoredAuditState;
  /** Only open audits that WeChat has reported as delayed. */
  delayed?: boolean;
  submittedBefore?: Date;
  /** Only those after this position. */
  after?: string;
  /** Only those of mini-programs that the caller may see. */
  visible?: Visible;
  limit: number;
}

/** `examinedTo`: the page has fewer audits than requested because it ends at this position; the next page starts after it. */
export interface AuditPage {
  audits: (ListedAudit & { position: string })[];
  examinedTo: string | undefined;
}

/** A page of 500 audits has at most 3 MiB. In characters and elements. */
const LISTED = { reason: 1_000, screenshots: 20 };

const columns = (
  reason: string,
  screenshots: string,
) => `operation_id as "operationId", rollout_id as "rolloutId", appid,
  audit_id as "auditId", user_version as "userVersion", state, delayed_at as "delayedAt", ${reason} as reason,
  ${screenshots} as screenshots, submitted_at as "submittedAt", decided_at as "decidedAt"`;

const COLUMNS = columns('reason', 'screenshots');
const LISTED_COLUMNS = columns(`left(reason, ${LISTED.reason})`, `screenshots[1:${LISTED.screenshots}]`);

type Row = ListedAudit & { position: string; isVisible: boolean; isLast: boolean };

/**
 * One page of audits. Examines at most MAX_EXAMINED audits that match the other filters to find those that the caller may see.
 * Rejects with the signal's reason if the signal is aborted before the statement begins.
 */
export async function listAudits(pool: Pool, filter: AuditFilter, signal?: AbortSignal): Promise<AuditPage> {
  const values: unknown[] = [];
  const bind = (value: unknown) => `$${values.push(value)}`;
  const conditions = conditionsOf(filter, bind);
  // The numbers are assigned while the index is read, so that reading ends with the page.
  const text = `select ${LISTED_COLUMNS}, submitted_at::text || ' ' || operation_id as position, "isVisible", "isLast"
    from (
      select *, row_number() over (order by submitted_at, operation_id) = ${MAX_EXAMINED} as "isLast",
        ${whereVisible('appid', filter.visible, bind)} as "isVisible"
      from audits where ${conditions} order by submitted_at, operation_id limit ${MAX_EXAMINED}
    ) examined
    where "isVisible" or "isLast" order by submitted_at, operation_id limit ${bind(filter.limit)}`;
  const { rows } = await unlessAborted(pool, signal, (client) => client.query<Row>(text, values));
  return {
    audits: rows.filter(({ isVisible }) => isVisible).map(({ isVisible: _, isLast: __, ...audit }) => audit),
    examinedTo: rows.find(({ isLast }) => isLast)?.position,
  };
}

function conditionsOf(filter: AuditFilter, bind: (value: unknown) => string): string {
  const { appid, auditId, delayed = false, submittedBefore, after } = filter;
  const state = delayed ? 'OPEN' : filter.state;
  const last = after?.lastIndexOf(' ') ?? 0;
  return [
    'true',
    ...(appid === undefined ? [] : [`appid = ${bind(appid)}`]),
    ...(auditId === undefined ? [] : [`audit_id = ${bind(auditId)}`]),
    // As literals, so that a partial index matches.
    ...(state === undefined ? [] : [`state = '${state}'`]),
    ...(delayed ? ['delayed_at is not null'] : []),
    ...(submittedBefore === undefined ? [] : [`submitted_at < ${bind(submittedBefore)}`]),
    ...(after === undefined
      ? []
      : [
          `(submitted_at, operation_id) > (${bind(after.slice(0, last))}::timestamptz, ${bind(after.slice(last + 1))}::uuid)`,
        ]),
  ].join(' and ');
}

/** An audit with its whole reason; undefined if it is unknown. @param auditId in decimal digits. */
export async function findAudit(
  pool: Pool,
  appid: string,
  auditId: string,
  signal?: AbortSignal,
): Promise<ListedAudit | undefined> {
  const text = `select ${COLUMNS} from audits where appid = $1 and audit_id = $2 order by submitted_at desc limit 1`;
  const { rows } = await unlessAborted(pool, signal, (client) =>
    client.query<ListedAudit>({ name: 'find-audit', text, values: [appid, auditId] }),
  );
  return rows[0];
}
