import { operationColumns, type StoredOperation, wokenBy } from '@wxa/operations';
import { releaseBlocked } from '@wxa/operations/backlog';
import { columns } from '@wxa/postgres';
import type { ClientBase } from 'pg';
import { eachPage, pages } from '../session/each-page.js';
import type { RestoreTools } from '../session/report.js';
import { doubtOf, type PublishedDoubt } from '../stage/published.js';
import { BATCH, lastStaged } from '../stage/staged-events.js';
import { errorText, publishOutcomes } from './outcomes.js';

/** Puts operations in doubt whose last message says so. */
export function restoreDoubts(tools: RestoreTools): Promise<void> {
  return eachPage(tools, 'doubts', lastStaged('OperationInDoubt'), async (client, events) => {
    const doubts = events.flatMap((event) => doubtOf(event) ?? []);
    tools.report.counts.inDoubt += await doubtLost(client, doubts);
  });
}

/**
 * The deadline starts now: it did not run while Postgres was being restored. The time of the first attempt stays, because
 * reconciliation compares it with WeChat's times.
 */
export const RESTART_DEADLINE = (startedAt: string) => `greatest(o.throttled_ms,
  extract(epoch from clock_timestamp() - coalesce(${startedAt}, o.created_at))::float8 * 1000)`;

const WAITS_FOR_NOTHING = `next_attempt_at = null, lease_until = null, parked = false, backlog = null, blocked_by = null,
  waits_for_api = null, updated_at = clock_timestamp()`;

const PUBLISHED_DOUBT = columns<PublishedDoubt>({
  id: 'uuid',
  fence: 'int',
  attempts: 'int',
  startedAt: 'timestamptz',
  error: 'json text',
});

// A doubt with the number of the present claim is news only while that claim runs: it was settled since, otherwise. At most one
// change of a mini-program has begun. Another one that stays may have acted: it is reconciled before its call, if a read can show that.
const DOUBT = `
with doubted as (
  update operations o set
  state = case when b.other then o.state else 'IN_DOUBT' end, fence = greatest(o.fence, i.fence),
  attempts = greatest(o.attempts, i.attempts), started_at = coalesce(i.started_at, o.started_at), error = i.error::json,
  may_have_acted = true, ask_at = case when not b.other then clock_timestamp() end, asks = 0, said_not_done = 0,
  throttled_ms = ${RESTART_DEADLINE('i.started_at')}, ${WAITS_FOR_NOTHING}
from ${PUBLISHED_DOUBT.rows('i', 1)}
cross join lateral (
  select exists (select from operations p join operations own on own.id = i.id
    where p.appid = own.appid and p.id <> own.id and p.is_change and p.ended_at is null
      and (p.state <> 'QUEUED' or p.id = any($1) and p.seq < own.seq)) as other
) b
  where o.id = i.id and o.ended_at is null and (o.fence < i.fence or o.fence = i.fence and o.state = 'RUNNING')
  returning o.rollout_id, o.appid
), ${wokenBy('doubted')}
select from doubted`;

/** Puts operations in doubt as published, without an event. Returns how many. */
export async function doubtLost(client: ClientBase, doubts: PublishedDoubt[]): Promise<number> {
  if (doubts.length === 0) return 0;
  const { rowCount } = await client.query(DOUBT, PUBLISHED_DOUBT.values(doubts));
  return rowCount ?? 0;
}

/** The change of a mini-program that is the first to end. `isOnKafka`: its command was published, so a worker may have read it. */
type FirstUnfinished = StoredOperation & { isOnKafka: boolean };

// A change that has begun goes first, then the order of acceptance. The command of an operation from before the staged time is
// on Kafka unless it is still in the outbox.
const FIRST = `
with firsts as materialized (
  select distinct on (appid) id from operations where is_change and ended_at is null and appid > $1
  order by appid, (state in ('RUNNING', 'RETRYING', 'IN_DOUBT')) desc, seq limit ${BATCH}
)
select ${operationColumns('o')}, exists (
    select from restore_events c where c.operation_id = o.id and c.type = 'wxa.code.v1.CodeCommand')
  or o.state <> 'QUEUED'
  or o.created_at < $2 and not exists (select from outbox where event_id = o.id || '.command.0') as "isOnKafka"
from operations o join firsts using (id) order by o.appid for update of o`;

/** Reads mini-programs with unfinished changes: the first of each. @param stagedFrom messages from then on are staged. */
export const firstUnfinished = (stagedFrom: Date) =>
  pages<FirstUnfinished>(FIRST, (last) => [last?.appid ?? '', stagedFrom]);

/**
 * Puts the first unfinished change of each mini-program in doubt: changes of a mini-program run one at a time, so only that one
 * can have been sent.
 */
export function doubtFirstUnfinished(tools: RestoreTools): Promise<void> {
  const read = firstUnfinished(tools.stagedFrom);
  return eachPage(tools, 'unfinished changes', read, async (client, firsts) => {
    const sent = firsts.filter(({ state, isOnKafka }) => isOnKafka && state !== 'IN_DOUBT');
    const doubts = sent.map(({ id }) => ({ id, startedAt: null }));
    tools.report.counts.inDoubt += await putInDoubt(client, doubts);
  });
}

/** An operation whose call may have been sent; `startedAt`: not before then, null: not before it was accepted. */
export type MayBeSent = Pick<StoredOperation, 'id' | 'startedAt'>;

const MAY_BE_SENT = columns<MayBeSent>({ id: 'uuid', startedAt: 'timestamptz' });

const PUT_IN_DOUBT = `
with doubted as (
  update operations o set state = 'IN_DOUBT', fence = o.fence + 1, attempts = o.attempts + (o.state = 'RUNNING')::int,
  error = $1::json, may_have_acted = true, ask_at = clock_timestamp(), asks = 0, said_not_done = 0,
  started_at = least(o.started_at, i.started_at),
  throttled_ms = ${RESTART_DEADLINE('least(o.started_at, i.started_at)')}, ${WAITS_FOR_NOTHING}
from ${MAY_BE_SENT.rows('i', 2)}
  where o.id = i.id returning o.*
), ${wokenBy('doubted')}
select ${operationColumns('o')} from doubted o`;

/** Puts operations in doubt and publishes that. Their claim number is new, so that the id of the event is. Returns how many. */
export async function putInDoubt(client: ClientBase, operations: MayBeSent[]): Promise<number> {
  if (operations.length === 0) return 0;
  const error = errorText('restored', 'Postgres was restored; whether the call was sent is not known');
  const values = [error, ...MAY_BE_SENT.values(operations)];
  const { rows } = await client.query<StoredOperation>(PUT_IN_DOUBT, values);
  await publishOutcomes(client, rows, new Date());
  return rows.length;
}

// Only an operator leaves an operation RETRYING without an error, and says that it was not executed.
const WITHDRAW = `
with queued as (
  update operations o set state = 'QUEUED', may_have_acted = attempts > 0 and error is not null, error = null, ask_at = null, said_not_done = 0,
    started_at = case when attempts > 0 then started_at end, noted = case when attempts > 0 then noted end,
    ${WAITS_FOR_NOTHING}
  where id = any($1) and (state in ('RETRYING', 'IN_DOUBT') and error ->> 'reason' = 'RESTORED' or state = 'RETRYING' and error is null)
  returning id, rollout_id, appid
), ${wokenBy('queued')}
select id from queued`;

/**
 * Queues changes again that an earlier run put in doubt because it did not know of those before them, or that an operator retries,
 * unless they were sent since. One that proves to be first is put in doubt again.
 */
export async function withdrawDoubts(client: ClientBase, ids: string[]): Promise<void> {
  const { rows } = await client.query<{ id: string }>(WITHDRAW, [ids]);
  // Among these may be one that is before them now.
  await releaseBlocked(
    client,
    rows.map(({ id }) => id),
  );
}
