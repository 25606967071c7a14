import { wokenBy } from '@wxa/operations';
import { releaseBlocked } from '@wxa/operations/backlog';
import { columns } from '@wxa/postgres';
import type { ClientBase } from 'pg';
import { eachPage } from '../session/each-page.js';
import type { RestoreTools } from '../session/report.js';
import { type PublishedEnd, publishedEnd } from '../stage/published.js';
import { lastStaged } from '../stage/staged-events.js';

/** Ends operations as published. */
export function finishOperations(tools: RestoreTools): Promise<void> {
  const { counts, left, missing } = tools.report;
  return eachPage(tools, 'outcomes', lastStaged('OperationCompleted'), async (client, events) => {
    const ends = events.flatMap((event) => publishedEnd(event) ?? []);
    for (const { id, appid, state, kind } of await finishLost(client, ends)) {
      if (kind === 'finished') counts.finished += 1;
      if (kind === 'missing') missing.push(id);
      if (kind !== 'other') continue;
      const why = `it was published as ${state} and has ended otherwise in Postgres`;
      left.push({ operationId: id, storedId: id, appid, why });
    }
  });
}

const END = columns<PublishedEnd>({
  id: 'uuid',
  appid: 'text',
  isChange: 'boolean',
  state: 'text',
  attempts: 'int',
  startedAt: 'timestamptz',
  endedAt: 'timestamptz',
  error: 'json text',
  result: 'json text',
  acceptedBy: 'text',
  onBehalfOf: 'text',
});

// Retention may have deleted a finished operation, and a tool those of an exempt mini-program.
const MAY_BE_MISSING = `i.ended_at <= coalesce(
    case when i.is_change then h.changes_deleted_until else h.queries_deleted_until end, '-infinity')
  or exists (select from history_exempt e where e.appid = i.appid)
  or exists (select from restore_events c where c.operation_id = i.id and c.type = 'wxa.code.v1.CodeCommand')`;

// The waits of rollouts begin at `updated_at` of an operation that has ended.
const FINISH = `
with input as (
  select * from ${END.rows('i', 1)}
), finished as (
  update operations o set state = i.state, attempts = greatest(o.attempts, i.attempts),
    started_at = coalesce(i.started_at, o.started_at), ended_at = i.ended_at, error = i.error::json,
    result = i.result::json, accepted_by = coalesce(o.accepted_by, i.accepted_by),
    on_behalf_of = coalesce(o.on_behalf_of, i.on_behalf_of), next_attempt_at = null,
    lease_until = null, ask_at = null, parked = false, backlog = null, blocked_by = null, waits_for_api = null,
    updated_at = least(i.ended_at, clock_timestamp())
  from input i where o.id = i.id and o.ended_at is null
  returning o.id, o.rollout_id, o.appid
), ${wokenBy('finished')}, sent as (
  delete from operation_attachments m using finished f where m.operation_id = f.id
)
select i.id, i.appid, i.state, case when f.id is not null then 'finished'
  when o.ended_at is not null and o.state <> i.state then 'other'
  when o.id is not null or ${MAY_BE_MISSING} then 'known' else 'missing' end as kind
from input i cross join history_state h left join operations o on o.id = i.id left join finished f on f.id = i.id`;

/**
 * `other`: Postgres has another end. `missing`: the operation should be in Postgres, and is not on the commands topic either.
 * `known`: nothing is to be done.
 */
type Finished = Pick<PublishedEnd, 'id' | 'appid' | 'state'> & {
  kind: 'finished' | 'known' | 'other' | 'missing';
};

/** Ends operations as published, without an event. */
export async function finishLost(client: ClientBase, ends: PublishedEnd[]): Promise<Finished[]> {
  if (ends.length === 0) return [];
  const { rows } = await client.query<Finished>(FINISH, END.values(ends));
  const finished = rows.filter(({ kind }) => kind === 'finished');
  await releaseBlocked(
    client,
    finished.map(({ id }) => id),
  );
  return rows;
}

/** Operations that are reported at most. */
const MAX_TWO_ENDS = 1_000;

const TWO_ENDS = `
with repeated as (
  select operation_id from restore_events where type = 'wxa.code.v1.OperationCompleted' group by operation_id having count(*) > 1
)
select e.operation_id as id, min(e.appid) as appid from restore_events e join repeated using (operation_id)
where e.type = 'wxa.code.v1.OperationCompleted' group by e.operation_id having count(distinct e.value) > 1
order by e.operation_id limit ${MAX_TWO_ENDS}`;

/** Reports operations that were published as ended with two different values, as after an earlier loss of time. */
export async function reportTwoEnds({ session, report }: RestoreTools): Promise<void> {
  const { rows } = await session.transaction((client) =>
    client.query<Pick<PublishedEnd, 'id' | 'appid'>>(TWO_ENDS),
  );
  for (const { id, appid } of rows) {
    const why = 'it was published as ended with different values';
    report.left.push({ operationId: id, storedId: id, appid, why });
  }
}
