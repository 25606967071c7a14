import type { Pool } from 'pg';

/** When open audits are asked about, in milliseconds, and how many at most at once. */
export interface PollSchedule {
  /** After the submission, the first time. */
  afterMs: number;
  /** From then on; a tenth more or less, so that audits of one wave do not stay together. */
  intervalMs: number;
  limit: number;
}

/** An open audit that is due; `auditId` in decimal digits. */
export interface DueAudit {
  appid: string;
  auditId: string;
}

const SQL = `
update audits a
set next_poll_at = clock_timestamp() + $2 * (0.9 + 0.2 * random()) * interval '1 millisecond'
where a.operation_id in (
  select operation_id from audits
  where state = 'OPEN'
    and coalesce(next_poll_at, submitted_at + $1 * interval '1 millisecond') <= clock_timestamp()
  order by submitted_at limit $3 for update skip locked)
returning a.appid, a.audit_id as "auditId"`;

/** Takes the open audits that are due, each for one caller, and sets when they are due again. */
export async function takeDueAudits(pool: Pool, schedule: PollSchedule): Promise<DueAudit[]> {
  const { afterMs, intervalMs, limit } = schedule;
  const { rows } = await pool.query<DueAudit>(SQL, [afterMs, intervalMs, limit]);
  return rows;
}
