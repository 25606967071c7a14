import type { StatusQuery } from '@wxa/postgres/outbox';
import type { Pool } from 'pg';

/** When open audits are polled, in milliseconds, and the maximum number at once. */
export interface PollSchedule {
  /** After the submission, the first time. */
  afterMs: number;
  /** Between later polls, at least; up to 10 % more, so that audits submitted together spread. */
  intervalMs: number;
  limit: number;
}

/** An open audit that is due, and the status query that is due now. */
export interface DueAudit extends StatusQuery {
  /** A callback waits for a read, and reads fail: it counts without one. */
  trustsPush: boolean;
}

/** Consecutive failures after which an audit is not polled any more: about twelve days at the default interval. */
const MAX_FAILURES = 30;

/** Consecutive failures after which a callback counts without a read: at the default interval about 20 minutes. */
const MAX_UNCONFIRMED = 2;

/** How the request_ids of status queries of this service begin. */
export const STATUS_QUERY = 'audit-poll-';

/** Request id of the last status query, computed from the row of the audit, so that any worker can see whether it has ended. */
export const STATUS_REQUEST_ID = `'${STATUS_QUERY}' || a.audit_id || '-' || floor(extract(epoch from a.next_poll_at) * 1000)::bigint`;

// Maximum back-off, unless the interval itself is longer. Shorter than a day, the default retention of the query, whose row
// shows whether it failed.
const LONGEST_WAIT = `greatest(interval '12 hours', $2 * interval '1 millisecond')`;
const WAIT = `least($2 * power(2, due.failures) * interval '1 millisecond', ${LONGEST_WAIT}) * (1 + 0.1 * random())`;

// Audits that were never polled and the others are each in the order of their due time in the index. Both are locked, so that
// two workers do not take the same; rows beyond the limit are unlocked when the statement ends.
const SQL = `
with never_polled as materialized (
  select a.operation_id, a.submitted_at + $1 * interval '1 millisecond' as due_at, 0 as failures from audits a
  where a.state = 'OPEN' and a.next_poll_at is null
    and a.submitted_at <= statement_timestamp() - $1 * interval '1 millisecond'
  order by a.submitted_at limit $3 for update skip locked
), polled as materialized (
  select a.operation_id, a.next_poll_at as due_at,
    -- A query whose row was deleted before its result was read counts as the ones before it.
    case q.state when 'FAILED' then a.poll_failures + 1 when 'SUCCEEDED' then 0
      else a.poll_failures + (q.id is null and a.poll_failures > 0)::int end as failures
  from audits a left join operations q on q.appid = a.appid and q.request_id = ${STATUS_REQUEST_ID}
  where a.state = 'OPEN' and a.next_poll_at <= statement_timestamp() and (q.id is null or q.ended_at is not null)
  order by a.next_poll_at limit $3 for update of a skip locked
), due as (
  select * from never_polled union all select * from polled order by due_at limit $3
), taken as (
  update audits a set poll_failures = due.failures, next_poll_at =
    case when due.failures < ${MAX_FAILURES} then clock_timestamp() + ${WAIT} else 'infinity' end
  from due where a.operation_id = due.operation_id
  returning a.appid, a.audit_id, a.next_poll_at, a.push_key is not null and due.failures >= ${MAX_UNCONFIRMED} as trusts_push
)
select a.appid, a.audit_id as "auditId", ${STATUS_REQUEST_ID} as "requestId", a.trusts_push as "trustsPush" from taken a where a.next_poll_at < 'infinity'`;

/**
 * Takes the open audits that are due, the longest due first and each for one caller, and sets when they are due again. An
 * audit whose last status query has not ended is not due. After failures it is polled with exponential back-off, and after
 * 30 failures not at all (`next_poll_at` is infinity).
 */
export async function takeDueAudits(pool: Pool, schedule: PollSchedule): Promise<DueAudit[]> {
  const { afterMs, intervalMs, limit } = schedule;
  const { rows } = await pool.query<DueAudit>(SQL, [afterMs, intervalMs, limit]);
  return rows;
}
