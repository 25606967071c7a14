import type { Pool } from 'pg';

/** When open audits are asked about, in milliseconds, and how many at most at once. */
export interface PollSchedule {
  /** After the submission, the first time. */
  afterMs: number;
  /** From then on, at least; up to a tenth more, so that audits of one wave do not stay together. */
  intervalMs: number;
  limit: number;
}

/** An open audit that is due; `auditId` in decimal digits. */
export interface DueAudit {
  appid: string;
  auditId: string;
  /** Of the question that is to be asked now. */
  requestId: string;
}

/** The question asked last, by what is in the row of its audit: so another worker can see whether it has ended. */
const REQUEST_ID = `'audit-poll-' || a.audit_id || '-' || floor(extract(epoch from a.next_poll_at) * 1000)::bigint`;

const SQL = `
update audits a
set next_poll_at = clock_timestamp() + $2 * (1 + 0.1 * random()) * interval '1 millisecond'
where a.operation_id in (
  select a.operation_id from audits a
  where a.state = 'OPEN'
    and coalesce(a.next_poll_at, a.submitted_at + $1 * interval '1 millisecond') <= clock_timestamp()
    and not exists (select from operations q
      where q.appid = a.appid and q.request_id = ${REQUEST_ID} and q.ended_at is null)
  order by a.submitted_at limit $3 for update skip locked)
returning a.appid, a.audit_id as "auditId", ${REQUEST_ID} as "requestId"`;

/**
 * Takes the open audits that are due, each for one caller, and sets when they are due again. One whose last question
 * has not ended is not due, however long that takes.
 */
export async function takeDueAudits(pool: Pool, schedule: PollSchedule): Promise<DueAudit[]> {
  const { afterMs, intervalMs, limit } = schedule;
  const { rows } = await pool.query<DueAudit>(SQL, [afterMs, intervalMs, limit]);
  return rows;
}
