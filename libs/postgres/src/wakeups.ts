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

const WAKE = `
insert into rollout_wakeups (rollout_id, appid)
select rollout_id, appid from rollout_targets where appid = $1 and waits_for in ('READINESS', 'READ', 'INTERFACE')`;

/** A read of a mini-program was stored: wakes the targets that wait for what it shows. */
export async function wakeForRead(client: ClientBase, appid: string): Promise<void> {
  await client.query({ name: 'wake-for-read', text: WAKE, values: [appid] });
}

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
export async function readPartOf(on: Pool | ClientBase, appid: string, part: string): Promise<void> {
  await on.query({ name: 'read-part-of', text: LOOK, values: [appid, part] });
}

// In the order of appids, so that two turns do not wait for each other. A read that is running meanwhile ends the scheduled read, and
// not one that an event asked for.
const SOON = `
insert into mini_programs as m (appid, due_at, versions_due_at)
select appid, clock_timestamp(), clock_timestamp() + interval '1 day' from authorizers where appid = any($1) order by appid
on conflict (appid) do update set due_parts = case when m.due_parts is not null then '{}'::text[] end,
  due_at = least(m.due_at, greatest(clock_timestamp(), m.read_at + interval '1 minute')), updated_at = clock_timestamp()`;

/** Targets of rollouts wait for what is known of these mini-programs: all parts are read, at most once a minute. */
export async function readSoon(client: ClientBase, appids: readonly string[]): Promise<void> {
  if (appids.length > 0) await client.query({ name: 'read-soon', text: SOON, values: [appids] });
}

/** What makes a mini-program, table alias `a`, a newcomer of a rollout, alias `r`, since a time. WeChat's times are whole seconds. */
export const NEWCOMER = {
  authorization: (since: string, _r = 'r') => `a.authorized_at >= date_trunc('second', ${since})`,
  labels: (since: string, r = 'r') =>
    `a.labels_changed_at >= ${since} and a.labels_added && ${r}.intake_labels`,
};
/**
 * Whether it matches. Its permission sets are unknown while a code is to be exchanged; those of one without tokens stay unknown and
 * count as sufficient, as in selections.
 */
export const MATCHES = (r = 'r'): string => `a.state = 'AUTHORIZED' and a.code is null
  and case when a.permission_sets is null then a.refresh_token is null else 18 = any(a.permission_sets) end
  and a.labels @> ${r}.intake_labels`;
/** Whether the rollout takes in newcomers. */
export const TAKES_IN = (r = 'r'): string => `${r}.open and ${r}.intake_since is not null`;

const takingIn = (cause: keyof typeof NEWCOMER) => `
with taken as (
  insert into rollout_candidates (rollout_id, appid)
  select newest.id, a.appid from authorizers a cross join lateral (
    select r.id from rollouts r where ${TAKES_IN()} and ${MATCHES()} and ${NEWCOMER[cause]('r.intake_since')}
    order by r.intake_since desc limit 1) newest
  where a.appid = any($1)
  on conflict do nothing
  returning rollout_id, appid
)
insert into rollout_wakeups (rollout_id, appid) select rollout_id, appid from taken`;

/**
 * Mini-programs have authorized, or got labels: those that are newcomers become candidates of the newest rollout that takes in and
 * matches, whatever has happened to them before.
 */
export async function takeIn(
  client: ClientBase,
  appids: readonly string[],
  cause: keyof typeof NEWCOMER,
): Promise<void> {
  await client.query({ name: `take-in-by-${cause}`, text: takingIn(cause), values: [appids] });
}
