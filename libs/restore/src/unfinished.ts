import { operationColumns, type StoredOperation } from '@wxa/operations';
import type { ClientBase } from 'pg';
import { BATCH } from './staged-events.js';

/** The change of a mini-program that is the first to end. `isOnKafka`: its command was published, so a worker may have read it. */
export type FirstUnfinished = StoredOperation & { isOnKafka: boolean };

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

/**
 * The next page of mini-programs with unfinished changes: the first of each.
 * @param after the appid before the page. @param stagedFrom messages from then on are staged.
 */
export async function firstUnfinished(
  client: ClientBase,
  after: string,
  stagedFrom: Date,
): Promise<FirstUnfinished[]> {
  return (await client.query<FirstUnfinished>(FIRST, [after, stagedFrom])).rows;
}

/** An operation whose command is to be published again. */
export type Runnable = Pick<StoredOperation, 'id' | 'appid' | 'method' | 'createdAt' | 'traceparent'> & {
  /** Proto3 JSON. */
  request: unknown;
};

const RUNNABLE = `
select o.id, o.appid, o.method, o.created_at as "createdAt", o.traceparent, o.request from operations o
where o.ended_at is null and o.state <> 'IN_DOUBT' and not o.parked and o.id > $1
  and not exists (select from outbox where event_id = o.id || '.command.0')
order by o.id limit $2`;

/** Operations per page; each has a request of at most 768 KiB. */
const PAGE = 100;

/** The next page of operations that no worker will read from Kafka and that wait for nothing in Postgres, by id. */
export async function runnable(client: ClientBase, after: string): Promise<Runnable[]> {
  return (await client.query<Runnable>(RUNNABLE, [after, PAGE])).rows;
}
