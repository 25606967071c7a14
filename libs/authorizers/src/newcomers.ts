import type { ClientBase } from 'pg';

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

/**
 * A newer rollout that has taken it in, and that it still matches, keeps it, also after its own end: an older one would bring back an
 * older version. `since`: when the older one began to take in.
 */
export const TAKEN_IN_BY_NEWER = (since = 'r.intake_since'): string =>
  `exists (select from rollouts n where n.intake_since > ${since} and n.id <> r.id and a.labels @> n.intake_labels and (
    exists (select from rollout_targets o where o.appid = a.appid and o.rollout_id = n.id)
    or exists (select from rollout_candidates c where c.appid = a.appid and c.rollout_id = n.id)))`;

// Also if it authorized before the intake, and WeChat accepts that again.
const WAS_SKIPPED = `exists (select from rollout_targets t where t.rollout_id = r.id and t.appid = a.appid
    and t.state = 'SKIPPED' and t.reason = 'NOT_AUTHORIZED')`;
const TAKEN_IN = {
  authorization: `(${NEWCOMER.authorization('r.intake_since')} or ${WAS_SKIPPED})`,
  labels: NEWCOMER.labels('r.intake_since'),
};

const takingIn = (cause: keyof typeof NEWCOMER) => `
with taken as (
  insert into rollout_candidates (rollout_id, appid)
  select newest.id, a.appid from authorizers a cross join lateral (
    select r.id from rollouts r where ${TAKES_IN()} and ${MATCHES()} and ${TAKEN_IN[cause]} and not ${TAKEN_IN_BY_NEWER()}
    order by r.intake_since desc limit 1) newest
  where a.appid = any($1)
  on conflict do nothing
  returning rollout_id, appid
)
insert into rollout_wakeups (rollout_id, appid) select rollout_id, appid from taken`;

/**
 * Mini-programs have authorized, or got labels: those that are newcomers, or were skipped without an authorization, become candidates
 * of the newest rollout that takes in and matches, whatever has happened to them before.
 */
export async function takeIn(
  client: ClientBase,
  appids: readonly string[],
  cause: keyof typeof NEWCOMER,
): Promise<void> {
  await client.query({ name: `take-in-by-${cause}`, text: takingIn(cause), values: [appids] });
}
