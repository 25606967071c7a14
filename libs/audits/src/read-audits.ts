import { unlessAborted } from '@wxa/postgres';
import { MAX_EXAMINED, type Visible, whereVisible } from '@wxa/postgres/lists';
import type { Pool } from 'pg';
import type { StoredAudit, StoredAuditState } from './stored-audit.js';

/** An audit as callers see it; `auditId` in decimal digits. */
export interface ListedAudit extends Omit<StoredAudit, 'source' | 'pushKey'> {
  rolloutId: string | null;
  reason: string;
  screenshots: string[];
}

/** Which audits to list, in the order of their submission, the first or the last ones first. */
export interface AuditFilter {
  appid?: string;
  /** In decimal digits. */
  auditId?: string;
  state?: StoredAuditState;
  /** Only open audits that WeChat has reported as delayed. */
  delayed?: boolean;
  submittedBefore?: Date;
  newestFirst?: boolean;
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
  const direction = filter.newestFirst ? 'desc' : 'asc';
  const order = `order by submitted_at ${direction}, operation_id ${direction}`;
  // The numbers are assigned while the index is read, so that reading ends with the page.
  const text = `select ${LISTED_COLUMNS}, submitted_at::text || ' ' || operation_id as position, "isVisible", "isLast"
    from (
      select *, row_number() over (${order}) = ${MAX_EXAMINED} as "isLast",
        ${whereVisible('appid', filter.visible, bind)} as "isVisible"
      from audits where ${conditions} ${order} limit ${MAX_EXAMINED}
    ) examined
    where "isVisible" or "isLast" ${order} limit ${bind(filter.limit)}`;
  const { rows } = await unlessAborted(pool, signal, (client) => client.query<Row>(text, values));
  return {
    audits: rows.filter(({ isVisible }) => isVisible).map(({ isVisible: _, isLast: __, ...audit }) => audit),
    examinedTo: rows.find(({ isLast }) => isLast)?.position,
  };
}

function conditionsOf(filter: AuditFilter, bind: (value: unknown) => string): string {
  const { appid, auditId, delayed = false, submittedBefore, newestFirst, after } = filter;
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
          `(submitted_at, operation_id) ${newestFirst ? '<' : '>'} (${bind(after.slice(0, last))}::timestamptz, ${bind(after.slice(last + 1))}::uuid)`,
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

/** Decided audits: `seconds` is the median time from submission to decision, null without any. */
export interface AuditCounts {
  approved: number;
  rejected: number;
  seconds: number | null;
}

/** The audits that WeChat decided in the last 30 days. */
export interface AuditSummary {
  total: AuditCounts;
  /** By the start of their day in China, the oldest first, without empty days. */
  days: (AuditCounts & { day: Date })[];
  /** The most frequent first. `template`: in decimal digits; null if it is not known. */
  templates: (AuditCounts & { template: string | null })[];
  /** Titles of WeChat's reasons, the most frequent first. `latestAt`: the last rejection with it. */
  reasons: { reason: string; count: number; latestAt: Date }[];
}

/** What is counted, so that any number of audits takes a limited time: the newest. */
const COUNTED = { decided: 200_000, rejected: 10_000 };

/** Rows of each list. In characters: a reason. */
const MOST = { templates: 100, reasons: 20, reason: 200 };

const DAY = (at: string) => `date_bin('1 day', ${at}, timestamptz '2000-01-01T00:00:00+08')`;
const DECIDED = `decided_at >= ${DAY('now()')} - interval '29 days'`;

// Those that JSON writes as \u are a NUL or half a surrogate pair, with which Postgres fails, or other control characters.
const REASONS = `case when strpos(decided_event::text, '\\u') = 0 then decided_event -> 'reasons' end`;

type Grouped = AuditCounts & { day: Date | null; template: string | null; by: 'day' | 'template' | 'all' };

/** Counts decided audits. @param template only those of this template, in decimal digits. */
export async function countAudits(
  pool: Pool,
  { template, visible }: { template?: string; visible?: Visible },
): Promise<AuditSummary> {
  const values: unknown[] = [];
  const bind = (value: unknown) => `$${values.push(value)}`;
  const ofTemplate = template === undefined ? 'true' : `template_id = ${bind(template)}`;
  const conditions = `${whereVisible('appid', visible, bind)} and ${ofTemplate}`;
  const { rows } = await pool.query<Grouped>(
    `with decided as (
      select ${DAY('decided_at')} as day, template_id, state = 'APPROVED' as approved, decided_at - submitted_at as took
      from (select decided_at, submitted_at, state, template_id, appid from audits where state <> 'OPEN' and ${DECIDED}
        order by decided_at desc limit ${COUNTED.decided}) newest
      where state <> 'WITHDRAWN' and ${conditions}
    )
    select day, template_id::text as template, count(*) filter (where approved)::int as approved,
      count(*) filter (where not approved)::int as rejected,
      extract(epoch from percentile_disc(0.5) within group (order by took))::float8 as seconds,
      case when grouping(day) = 0 then 'day' when grouping(template_id) = 0 then 'template' else 'all' end as by
    from decided group by grouping sets ((day), (template_id), ()) order by day, count(*) desc`,
    values,
  );
  const { rows: reasons } = await pool.query<AuditSummary['reasons'][number]>(
    `select reason, count(*)::int as count, max(decided_at) as "latestAt" from (
      select decided_at, ${REASONS} as reasons
      from (select decided_at, decided_event, template_id, appid from audits where state = 'REJECTED' and ${DECIDED}
        order by decided_at desc limit ${COUNTED.rejected}) newest
      where ${conditions}
    ) rejected, lateral (
      select distinct left(coalesce(nullif(one ->> 'title', ''), one -> 'details' ->> 0), ${MOST.reason}) as reason
      from json_array_elements(reasons) one) titles
    where reason <> '' group by reason order by count desc, reason limit ${MOST.reasons}`,
    values,
  );
  const by = (what: Grouped['by']) => rows.filter((row) => row.by === what);
  const [total = { approved: 0, rejected: 0, seconds: null }] = by('all');
  return {
    total,
    days: by('day') as AuditSummary['days'],
    templates: by('template').slice(0, MOST.templates),
    reasons,
  };
}
