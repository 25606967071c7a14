import type { ClientBase, Pool } from 'pg';

/** The channel on which a rollout that becomes live is announced: while none is live, conductors look once a second. */
export const ROLLOUTS_CHANNEL = 'wxa_rollouts';

/** Of the rows that `wokenBy` reads. */
export const ENDED_OR_IN_DOUBT = `(ended_at is not null or state = 'IN_DOUBT')`;

/**
 * A common table expression, for a statement that ends an operation or brings it into or out of doubt: it wakes the rollouts of
 * the operations in the same transaction, so that none can have ended unnoticed. A wake-up says only: look at this target.
 * @param changed the expression that returns the operations: `rollout_id`, `appid`, and what `condition` names.
 */
export const wokenBy = (changed: string, condition = 'true') => `woken as (
  insert into rollout_wakeups (rollout_id, appid)
  select rollout_id, appid from ${changed} where rollout_id is not null and ${condition}
)`;

/**
 * The same for audits: also wakes the target that holds the mini-program, because it may wait for an audit which its rollout did
 * not submit, or a turn may just let it wait.
 */
export const wokenByAudits = (ended: string) => `woken as (
  insert into rollout_wakeups (rollout_id, appid)
  select rollout_id, appid from ${ended} where rollout_id is not null
  union
  select t.rollout_id, t.appid from ${ended} e join rollout_targets t on t.appid = e.appid and t.holds_appid
)`;

// Likewise for the inventory of mini-programs: a read is due, whatever has happened.
const MARK = `
insert into mini_programs as m (appid, due_at, due_parts, versions_due_at)
select appid, clock_timestamp(), '{}', clock_timestamp() + interval '1 day' from authorizers where appid = any($1)
on conflict (appid) do update set due_at = excluded.due_at, due_parts = '{}', updated_at = clock_timestamp()`;

/** The authorization of mini-programs has changed: all parts of them are to be read, for the rows that exist or are made here. */
export async function readAllOf(client: ClientBase, appids: readonly string[]): Promise<void> {
  await client.query({ name: 'read-all-of', text: MARK, values: [appids] });
}

// `due_parts` is null for a scheduled read of all parts, and empty for a requested one: both stay if they are due already.
const LOOK = `
update mini_programs set due_at = least(due_at, greatest(clock_timestamp(), read_at + interval '1 minute')),
  due_parts = case when due_parts = '{}' or due_parts is null and due_at <= clock_timestamp() then due_parts
    else due_parts || $2::text end, updated_at = clock_timestamp()
where appid = $1 and not coalesce(due_parts @> array[$2::text], false)`;

/** WeChat reported that something has changed: that part is read, at most once a minute. */
export async function readPartOf(pool: Pool, appid: string, part: string): Promise<void> {
  await pool.query({ name: 'read-part-of', text: LOOK, values: [appid, part] });
}
