import { randomInt } from 'node:crypto';
import type { OperationWithCommand } from '@wxa/contracts';
import type { ClientBase, Pool } from 'pg';
import { v7 as uuidv7 } from 'uuid';
import { type Actor, recordedTransaction } from '../callers/trail.js';
import { type Author, allOwn, outboxColumns, type Publisher } from '../outbox.js';

/** An operation to accept, with the command that is to be published for it. */
export interface NewOperation extends OperationWithCommand {
  /** Name of the caller in the policy. */
  acceptedBy?: string | null;
  /** The person for whom the caller acts, as the caller states it. */
  onBehalfOf?: string | null;
  /** The rollout that it is a step of. */
  rolloutId?: string | null;
}

/**
 * `accepted`: new; its command is in the outbox under `outboxId`, which is null if events of other writers may precede it.
 * `repeated`: accepted before under `id`. `reused`: its request_id was accepted with other content.
 */
export type Accepted =
  | { kind: 'accepted'; id: string; outboxId: string | null }
  | { kind: 'repeated' | 'reused'; id: string };

const INSERT = `
with input as (
  select * from unnest($1::uuid[], $2::text[], $3::text[], $4::bytea[], $5::text[], $6::boolean[], $7::text[],
      $8::timestamptz[], $9::text[], $10::text[], $11::text[], $12::text[], $13::text[], $14::text[],
      $15::text[], $16::text[], $17::timestamptz[], $18::text[], $19::text[], $20::text[], $24::uuid[]) with ordinality
    as i(id, appid, request_id, request_hash, method, is_change, request, created_at, traceparent,
      accepted_by, on_behalf_of, event_id, topic, type, source, event_appid, time, event_traceparent, tracestate, value, rollout_id, ord)
), inserted as (
  insert into operations
    (id, appid, request_id, request_hash, method, is_change, request, created_at, traceparent,
      tracestate, accepted_by, on_behalf_of, rollout_id)
  select id, appid, request_id, request_hash, method, is_change, request::json, created_at, traceparent,
    tracestate, accepted_by, on_behalf_of, rollout_id
  from input order by ord
  on conflict (appid, request_id) do nothing
  returning id
), published as (
  insert into outbox (writer, written_by, event_id, topic, type, source, appid, time, traceparent, tracestate, value)
  select $21, $22::uuid, event_id, topic, type, source, i.appid, time, traceparent, tracestate, value
  from input i join inserted using (id) order by ord
  returning id, event_id
), before as materialized (
  select ${allOwn('$21', '$22::uuid', '$23')} as own
)
select i.id, case when own then p.id end as "outboxId" from before, inserted join input i using (id) join published p using (event_id)`;

const FIND_EARLIER = `
select o.id, o.appid, o.request_id as "requestId", o.request_hash as "requestHash"
from unnest($1::text[], $2::text[]) as i(appid, request_id)
cross join lateral (
  select * from operations where appid = i.appid and request_id = i.request_id limit 1) o`;

interface Earlier {
  id: string;
  appid: string;
  requestId: string;
  requestHash: Buffer;
}

/** Whether a request was accepted before, whatever its content. */
export async function hasAccepted(pool: Pool, appid: string, requestId: string): Promise<boolean> {
  const { rowCount } = await pool.query('select from operations where appid = $1 and request_id = $2', [
    appid,
    requestId,
  ]);
  return rowCount === 1;
}

/** Accepts operations in one statement. Each is durable, with its command in the outbox, when it resolves. */
export async function accept(
  pool: ClientBase | Pool,
  { writer, replica, floor }: Author,
  operations: NewOperation[],
): Promise<Accepted[]> {
  const { rows } = await pool.query<{ id: string; outboxId: string | null }>({
    name: 'accept',
    text: INSERT,
    values: [
      ...columns(operations),
      ...outboxColumns(operations.map((o) => o.command)),
      ...[writer, replica, floor.id, operations.map((o) => o.rolloutId ?? null)],
    ],
  });
  const inserted = new Map(rows.map((row) => [row.id, row.outboxId]));
  const conflicting = operations.filter((o) => !inserted.has(o.id));
  const earlier = conflicting.length === 0 ? [] : await findEarlier(pool, conflicting);
  return operations.map((o) => {
    const outboxId = inserted.get(o.id);
    return outboxId === undefined ? classify(o, earlier) : { kind: 'accepted', id: o.id, outboxId };
  });
}

/**
 * Accepts the import of a mini-program and records who did it, in a transaction of its own: imports are rare, and the statement
 * of all other operations records nothing.
 */
export function acceptImport(
  pool: Pool,
  publisher: Publisher,
  operation: NewOperation,
  { appid, by }: { appid: string; by: Actor },
): Promise<Accepted> {
  return recordedTransaction(pool, { ...publisher, by }, async (client, record) => {
    const [accepted] = await accept(client, publisher, [operation]);
    if (accepted === undefined) throw new Error('an accept returned nothing');
    if (accepted.kind === 'accepted')
      await record({ action: 'authorizer.imported', appid, operationId: operation.id });
    return accepted;
  });
}

/** How a publisher accepts queries of the status of audits; empty if it makes none. */
export function askStatus(publisher: Publisher): Pick<Publisher, 'askStatus'> {
  const { toStatusQuery } = publisher;
  if (toStatusQuery === undefined) return {};
  return { askStatus: (client, audits) => accept(client, publisher, audits.map(toStatusQuery)) };
}

/** In the order of the parameters of the statement. */
function columns(operations: NewOperation[]): unknown[][] {
  return [
    operations.map((o) => o.id),
    operations.map((o) => o.appid),
    operations.map((o) => o.requestId),
    operations.map((o) => o.requestHash),
    operations.map((o) => o.method),
    operations.map((o) => o.isChange),
    operations.map((o) => o.request),
    operations.map((o) => o.createdAt),
    operations.map((o) => o.traceparent),
    operations.map((o) => o.acceptedBy ?? null),
    operations.map((o) => o.onBehalfOf ?? null),
  ];
}

async function findEarlier(pool: ClientBase | Pool, operations: NewOperation[]): Promise<Earlier[]> {
  const { rows } = await pool.query<Earlier>({
    text: FIND_EARLIER,
    values: [operations.map((o) => o.appid), operations.map((o) => o.requestId)],
  });
  return rows;
}

function classify(operation: NewOperation, earlier: Earlier[]): Accepted {
  const found = earlier.find((e) => e.appid === operation.appid && e.requestId === operation.requestId);
  // Deleted by retention between the two statements: a retry is accepted as a new operation.
  if (found === undefined)
    throw new Error(
      `the operation of request_id ${operation.requestId} was deleted by retention just now; retry`,
    );
  const same = found.requestHash.equals(operation.requestHash);
  return { kind: same ? 'repeated' : 'reused', id: found.id };
}

const RANDOM_SEQ = 2 ** 31;
const MAX_TIME_MS = 2 ** 48 - 1;

let last = { msecs: Number.NaN, seq: 0 };

/**
 * The id of an operation that is accepted at `createdAt`: a UUIDv7 of exactly that time, so that a range of times is a range
 * of ids. The ids that a process makes within a millisecond sort in the order in which they were made.
 */
export function operationId(createdAt: Date): string {
  const msecs = createdAt.getTime();
  last = { msecs, seq: msecs === last.msecs ? last.seq + 1 : randomInt(RANDOM_SEQ) };
  return uuidv7(last);
}

/** When an operation was accepted, by its id; epoch milliseconds. */
export function acceptedAtMs(id: string): number {
  return Number.parseInt(id.slice(0, 8) + id.slice(9, 13), 16);
}

/** The lower bound of the ids of this time: no id of this time or later is below it, and every earlier one is. */
export function lowestId(ms: number): string {
  const hex = Math.min(Math.max(0, Math.ceil(ms)), MAX_TIME_MS)
    .toString(16)
    .padStart(12, '0');
  return `${hex.slice(0, 8)}-${hex.slice(8)}-0000-0000-000000000000`;
}
