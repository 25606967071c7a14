import type { Statements } from '@wxa/postgres';
import type { Pool } from 'pg';

/** What a caller of the policy has in progress. */
export interface CallerUsage {
  caller: string;
  /** Operations accepted for the caller that have not ended. */
  unfinished: number;
  /** Bytes of uploaded files that wait for WeChat. */
  uploadBytes: number;
}

// One pass over the unfinished operations. An index by caller would cost each accept and each claim more.
const COUNT = `
with counted as materialized (
  select o.accepted_by as caller, count(*) as unfinished, count(o.rollout_id) as of_rollouts,
    coalesce(sum(octet_length(a.content)), 0) as upload_bytes
  from operations o left join operation_attachments a on a.operation_id = o.id
  where o.ended_at is null and o.accepted_by is not null group by o.accepted_by
), gone as (
  delete from caller_usage u where not exists (select from counted c where c.caller = u.caller)
)
insert into caller_usage (caller, unfinished, of_rollouts, upload_bytes, counted_at)
select caller, unfinished, of_rollouts, upload_bytes, clock_timestamp() from counted
on conflict (caller) do update set unfinished = excluded.unfinished, of_rollouts = excluded.of_rollouts,
  upload_bytes = excluded.upload_bytes, counted_at = excluded.counted_at`;

/** Counts what all callers have in progress and stores the result for `readCallerUsage`. */
export async function countCallerUsage(pool: Pool): Promise<void> {
  await pool.query({ name: 'count-caller-usage', text: COUNT });
}

/** The last counts; a caller without a row has nothing in progress. */
export async function readCallerUsage(pool: Statements): Promise<CallerUsage[]> {
  const { rows } = await pool.query<Record<keyof CallerUsage, string>>({
    name: 'read-caller-usage',
    text: 'select caller, unfinished, upload_bytes as "uploadBytes" from caller_usage',
  });
  return rows.map(({ caller, unfinished, uploadBytes }) => ({
    caller,
    unfinished: Number(unfinished),
    uploadBytes: Number(uploadBytes),
  }));
}
