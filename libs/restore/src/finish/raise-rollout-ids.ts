import type { ClientBase } from 'pg';

// The column `appid` of a staged message holds its key, on this topic the id of the rollout.
const OF_ROLLOUTS = `e.topic = 'wxa.code.rollouts.v1'`;
/** Staged events of rollouts, as `e`: `<rollout>.<seq>`. */
export const OF_JOURNAL = `${OF_ROLLOUTS} and e.type <> 'wxa.code.v1.RolloutTargetCompleted'`;
/** Staged events of their targets, as `e`: `<rollout>.<appid>.<completions>`. */
const OF_TARGETS = `${OF_ROLLOUTS} and e.type = 'wxa.code.v1.RolloutTargetCompleted'`;
/** The seq of an event of `OF_JOURNAL`. */
const SEQ = `split_part(e.ce_id, '.', 2)::bigint`;

/** The highest published seq of each rollout. */
const PUBLISHED = `select e.appid::uuid as id, max(${SEQ}) as seq from restore_events e where ${OF_JOURNAL} group by e.appid`;
/** More than any rollout writes in the time that an asynchronous failover loses. */
const ASSUMED = 'select id, last_seq + 1000000 as seq from rollouts';

// Entries whose event is on Kafka: a turn publishes them with their time, in milliseconds.
const MARK_PUBLISHED = `
update rollout_changes c set published = true from restore_events e
where ${OF_JOURNAL} and c.rollout_id = e.appid::uuid and c.seq = ${SEQ} and not c.published
  and e.time between c.at - interval '1 millisecond' and c.at`;

// Entries that gateways wrote since Postgres lost time have the seqs of forgotten ones. The distance keeps their order.
const moveEntries = (highest: string) => `
update rollout_changes c set seq = c.seq + h.seq + r.last_seq
from (${highest}) h join rollouts r using (id) cross join lateral (
  select coalesce(max(seq), 0) as seq from rollout_changes where rollout_id = h.id and published) p
where c.rollout_id = h.id and not c.published and c.seq > p.seq and exists (
  select from rollout_changes u where u.rollout_id = h.id and not u.published and u.seq > p.seq and u.seq <= h.seq)`;

const raiseLastSeq = (highest: string) => `
update rollouts r set last_seq = greatest(r.last_seq, h.seq,
  (select max(c.seq) from rollout_changes c where c.rollout_id = r.id))
from (${highest}) h where r.id = h.id`;

const RAISE_COMPLETIONS = `
update rollout_targets t set completions = e.completions
from (select appid::uuid as id, split_part(ce_id, '.', 2) as appid, max(split_part(ce_id, '.', 3)::smallint) as completions
  from restore_events e where ${OF_TARGETS} group by 1, 2) e
where t.appid = e.appid and t.rollout_id = e.id and t.completions < e.completions`;

// A newcomer or a target of a draft that Postgres has lost may become one again.
const RAISE_FLOOR = `
update rollouts r set completions_floor = e.completions
from (select appid::uuid as id, max(split_part(ce_id, '.', 3)::smallint) as completions
  from restore_events e where ${OF_TARGETS} group by 1) e
where r.id = e.id and r.completions_floor < e.completions`;

// More than a target completes in the lost time, in which a draft may have been started: each time but the first follows a RetryRollout.
const ASSUMED_TO_COMPLETE = `state not in ('COMPLETED', 'CANCELLED')`;
const ASSUME_COMPLETIONS = `
update rollout_targets set completions = least(completions + 100, 32000)
where rollout_id in (select id from rollouts where ${ASSUMED_TO_COMPLETE})`;
const ASSUME_FLOOR = `
update rollouts set completions_floor = least(completions_floor + 100, 32000) where ${ASSUMED_TO_COMPLETE}`;

/** Raises the numbers in the ids of events above all that are staged, so that no later event has the id of one of them. */
export async function raisePublishedIds(client: ClientBase): Promise<void> {
  await client.query(`select from rollouts r join (${PUBLISHED}) h using (id) for update of r`);
  await client.query(MARK_PUBLISHED);
  await client.query(moveEntries(PUBLISHED));
  await client.query(raiseLastSeq(PUBLISHED));
  await client.query(RAISE_COMPLETIONS);
  await client.query(RAISE_FLOOR);
}

/** The same where Kafka is not read: by more than could have been used. */
export async function raiseAssumedIds(client: ClientBase): Promise<void> {
  await client.query('select from rollouts for update');
  await client.query(moveEntries(ASSUMED));
  await client.query(raiseLastSeq(ASSUMED));
  await client.query(ASSUME_COMPLETIONS);
  await client.query(ASSUME_FLOOR);
}
