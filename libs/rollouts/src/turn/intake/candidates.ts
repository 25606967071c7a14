import { MATCHES, NEWCOMER, TAKEN_IN_BY_NEWER, TAKES_IN } from '@wxa/authorizers';
import type { ClientBase } from 'pg';
import type { TurnRollout } from '../../rows/take-turn.js';

// Positions are not reused, so that they stay in the order in which targets came.
const TAKE = `
with taken as (
  delete from rollout_candidates where rollout_id = $1 and appid = any(array(
    select appid from rollout_candidates where rollout_id = $1 order by created_at, appid limit $2))
  returning appid, created_at
), added as (
  insert into rollout_targets (rollout_id, position, appid, wave, step, completions, updated_at)
  select $1, (select coalesce(max(position), 0) from rollout_targets where rollout_id = $1)
    + row_number() over (order by created_at, appid), appid, $3, $4, $5, $6
  from taken where not exists (select from rollout_targets t where t.appid = taken.appid and t.rollout_id = $1)
  returning appid
)
select appid, added.appid is not null as "isNew" from taken left join added using (appid)`;

/** A candidate that is a target now; `isNew`: it was none before. */
export interface Taken {
  appid: string;
  isNew: boolean;
}

/** Makes the oldest candidates of a rollout targets in a wave and step, and deletes them. */
export async function takeCandidates(
  client: ClientBase,
  { id, completionsFloor, now }: Pick<TurnRollout, 'id' | 'completionsFloor' | 'now'>,
  { limit, wave, step }: Record<'limit' | 'wave' | 'step', number>,
): Promise<Taken[]> {
  const values = [id, limit, wave, step, completionsFloor, now];
  return (await client.query<Taken>({ name: 'take-candidates', text: TAKE, values })).rows;
}

/** Wakes the targets of other rollouts that have no operation in progress: this one may be newer. */
export async function wakeOthers(client: ClientBase, id: string, appids: string[]): Promise<void> {
  if (appids.length === 0) return;
  await client.query({
    name: 'wake-targets-of-others',
    text: `insert into rollout_wakeups (rollout_id, appid) select rollout_id, appid from rollout_targets
      where appid = any($2::text[]) and rollout_id <> $1 and state in ('PENDING', 'WAITING')`,
    values: [id, appids],
  });
}

/** Deletes the candidates of a rollout that makes no more targets. */
export async function discardCandidates(client: ClientBase, id: string): Promise<void> {
  const text = 'delete from rollout_candidates where rollout_id = $1';
  await client.query({ name: 'discard-candidates', text, values: [id] });
}

const isNewcomer = (since: string, r: string) =>
  `(${NEWCOMER.authorization(since, r)} or ${NEWCOMER.labels(since, r)})`;

// This service has skipped it without an authorization; a refusal of WeChat has an errcode. It matches now, so it is authorized: the
// transaction that authorized it did not see the skip, which a turn had not committed yet.
const IS_AUTHORIZED_AGAIN = `t.state = 'SKIPPED' and t.reason = 'NOT_AUTHORIZED' and t.errcode is null`;

// $2: since when they are newcomers; $3: since when the rollout takes in.
const MISSED = `
with missed as (
  select r.id, a.appid from rollouts r join authorizers a on ${MATCHES()}
    left join rollout_targets t on t.appid = a.appid and t.rollout_id = r.id
  where r.id = $1 and not exists (select from rollout_candidates c where c.rollout_id = r.id and c.appid = a.appid)
    and (${IS_AUTHORIZED_AGAIN} or ${isNewcomer('$2::timestamptz', 'r')} and (t.appid is null
      or t.state = 'SKIPPED' and t.reason in ('NOT_AUTHORIZED', 'NOT_READY') and a.authorized_at > t.updated_at))
    and not exists (select from rollouts n where ${TAKES_IN('n')} and n.intake_since > $3 and n.id <> r.id and ${MATCHES('n')}
      and ${isNewcomer('n.intake_since', 'n')})
    and not ${TAKEN_IN_BY_NEWER('$3')}
  limit $4
), added as (
  insert into rollout_candidates (rollout_id, appid) select id, appid from missed on conflict do nothing
)
select count(*)::int as found from missed`;

/** At most so many in one turn. */
const MISSED_AT_ONCE = 5_000;

/**
 * Takes in the newcomers that no transaction has: those that did not see the rollout begin, or that the one that it replaces took in.
 */
export async function takeInMissed(
  client: ClientBase,
  id: string,
  { since, intakeSince }: Record<'since' | 'intakeSince', Date>,
): Promise<{ isAny: boolean; isMore: boolean }> {
  const values = [id, since, intakeSince, MISSED_AT_ONCE];
  const { rows } = await client.query<{ found: number }>({ name: 'take-in-missed', text: MISSED, values });
  const { found = 0 } = rows[0] ?? {};
  return { isAny: found > 0, isMore: found === MISSED_AT_ONCE };
}

// Only what matches: the others stay with the rollout that took them in.
const HAND_OVER = `
with taken as (
  insert into rollout_candidates (rollout_id, appid)
  select r.id, a.appid from rollouts r join authorizers a on a.labels @> r.intake_labels
  where r.id = $1 and ${TAKES_IN()} and a.appid = any($2)
  on conflict do nothing
  returning rollout_id, appid
), woken as (
  insert into rollout_wakeups (rollout_id, appid) select rollout_id, appid from taken
)
select a.appid from rollouts r join authorizers a on a.labels @> r.intake_labels
where r.id = $1 and ${TAKES_IN()} and a.appid = any($2)`;

/** Makes mini-programs candidates of a rollout that takes over; returns those that match it, none if it takes in no more. */
export async function handOver(client: ClientBase, to: string, appids: string[]): Promise<Set<string>> {
  if (appids.length === 0) return new Set();
  const { rows } = await client.query<{ appid: string }>({
    ...{ name: 'hand-over', text: HAND_OVER, values: [to, appids] },
  });
  return new Set(rows.map(({ appid }) => appid));
}
