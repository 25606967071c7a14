import { withoutNul } from '@wxa/postgres';
import type { ClientBase } from 'pg';
import type { ChangedRollout, RestoreTools, StrayOperation } from '../session/report.js';
import { informTargets } from './inform-targets.js';
import { OF_JOURNAL, raisePublishedIds } from './raise-rollout-ids.js';

/**
 * Rollouts are not restored: reports those that an operator must look at. Their targets learn of releases, and the numbers in the
 * ids of their events rise, so that subscribers take later events for new ones.
 */
export async function reviewRollouts({ session, report, since }: RestoreTools): Promise<void> {
  await session.transaction(async (client) => {
    report.rollouts = await changedRollouts(client, since);
    report.strayOperations = await strayOperations(client);
    await informTargets(client);
    await raisePublishedIds(client);
  });
}

// The value of a staged event of a rollout has only its name and what it rolls back.
const CHANGED = `
with last as (
  select distinct on (e.appid) e.appid::uuid as id, e.type, e.time from restore_events e where ${OF_JOURNAL}
  order by e.appid, e.at_offset desc
), named as (
  select distinct on (e.appid) e.appid::uuid as id, e.value::json as value from restore_events e
  where ${OF_JOURNAL} and e.value <> '{}' order by e.appid, e.at_offset desc
)
select id, coalesce(${withoutNul('r.spec')} ->> 'name', n.value ->> 'name', '') as name, r.state,
  coalesce(r.rollback_of, (n.value ->> 'rollbackOf')::uuid) as "rollbackOf",
  substr(l.type, length('wxa.code.v1.') + 1) as "lastEvent", l.time as "lastEventAt"
from rollouts r full join last l using (id) left join named n using (id)
where r.state = 'RUNNING' or l.id is not null and (r.id is null or l.time >= $1) order by id`;

/** The rollouts that are RUNNING, those with events since a time, and those that only the staged events know. */
async function changedRollouts(client: ClientBase, since: Date): Promise<ChangedRollout[]> {
  return (await client.query<ChangedRollout>(CHANGED, [since])).rows;
}

/** Operations that are reported at most. */
const MAX_STRAY = 1_000;

const STRAY = `
select id as "operationId", appid, method, rollout_id as "rolloutId" from operations o
where ended_at is null and rollout_id is not null and not exists (select from rollouts r where r.id = o.rollout_id)
order by rollout_id, id limit ${MAX_STRAY}`;

async function strayOperations(client: ClientBase): Promise<StrayOperation[]> {
  return (await client.query<StrayOperation>(STRAY)).rows;
}
