import type { RolloutStateName } from '@wxa/rollouts/core';
import type { ClientBase } from 'pg';

// The column `appid` of a staged message holds its key, on this topic the id of the rollout.
const OF_ROLLOUTS = `e.topic = 'wxa.code.rollouts.v1'`;
/** Staged events of rollouts, as `e`: `<rollout>.<seq>`. */
export const OF_JOURNAL = `${OF_ROLLOUTS} and e.type <> 'wxa.code.v1.RolloutTargetCompleted'`;
/** Staged events of their targets, as `e`: `<rollout>.<appid>.<completions>`. */
export const OF_TARGETS = `${OF_ROLLOUTS} and e.type = 'wxa.code.v1.RolloutTargetCompleted'`;
/** The seq of an event of `OF_JOURNAL`. */
export const SEQ = `split_part(e.ce_id, '.', 2)::bigint`;

/** A rollout that an operator must look at after a restore. */
export interface ChangedRollout {
  id: string;
  name: string;
  /** In Postgres; null: only Kafka knows the rollout. */
  state: RolloutStateName | null;
  rollbackOf: string | null;
  /** The type and time of its last event on Kafka, without `wxa.code.v1.`; null if it has none of the time that was read. */
  lastEvent: string | null;
  lastEventAt: Date | null;
}

/** What is kept of the value of a staged event of a rollout. */
export interface NamedRollout {
  name?: string;
  rollbackOf?: string;
}

const CHANGED = `
with last as (
  select distinct on (e.appid) e.appid::uuid as id, e.type, e.time from restore_events e where ${OF_JOURNAL}
  order by e.appid, e.at_offset desc
), named as (
  select distinct on (e.appid) e.appid::uuid as id, e.value::json as value from restore_events e
  where ${OF_JOURNAL} and e.value <> '{}' order by e.appid, e.at_offset desc
)
select id, coalesce(r.spec ->> 'name', n.value ->> 'name', '') as name, r.state,
  coalesce(r.rollback_of, (n.value ->> 'rollbackOf')::uuid) as "rollbackOf",
  substr(l.type, length('wxa.code.v1.') + 1) as "lastEvent", l.time as "lastEventAt"
from rollouts r full join last l using (id) left join named n using (id)
where r.state = 'RUNNING' or l.id is not null and (r.id is null or l.time >= $1) order by id`;

/** The rollouts that are RUNNING, those with events since a time, and those that only the staged events know. */
export async function changedRollouts(client: ClientBase, since: Date): Promise<ChangedRollout[]> {
  return (await client.query<ChangedRollout>(CHANGED, [since])).rows;
}

/** An unfinished operation of a rollout that Postgres does not have. */
export interface StrayOperation {
  operationId: string;
  appid: string;
  method: string;
  rolloutId: string;
}

/** Operations that are reported at most. */
const MAX_STRAY = 1_000;

const STRAY = `
select id as "operationId", appid, method, rollout_id as "rolloutId" from operations o
where ended_at is null and rollout_id is not null and not exists (select from rollouts r where r.id = o.rollout_id)
order by rollout_id, id limit ${MAX_STRAY}`;

/** The unfinished operations, 1,000 at most, whose rollout is not in Postgres. */
export async function strayOperations(client: ClientBase): Promise<StrayOperation[]> {
  return (await client.query<StrayOperation>(STRAY)).rows;
}
