import { randomBytes, randomInt } from 'node:crypto';
import { continueTrace, type Method, newOperation, type OperationWithCommand } from '@wxa/contracts';
import { columns, transaction } from '@wxa/postgres';
import { type Author, allOwn, commandsOf, type Publisher, type StatusQuery } from '@wxa/postgres/outbox';
import { type Actor, recordedTransaction } from '@wxa/postgres/trail';
import type { ClientBase, Pool } from 'pg';
import { v7 as uuidv7 } from 'uuid';

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

/** An operation as it is inserted, without its command. */
export const NEW = columns<Omit<NewOperation, 'command'>>({
  id: 'uuid',
  appid: 'text',
  requestId: 'text',
  requestHash: 'bytea',
  method: 'text',
  isChange: 'boolean',
  request: 'json text',
  createdAt: 'timestamptz',
  traceparent: 'text',
  tracestate: 'text',
  acceptedBy: 'text',
  onBehalfOf: 'text',
  rolloutId: 'uuid',
});

/** The longest value of a command has so many bytes more than its request. */
const COMMAND_BYTES = 400;

// A command has nothing that its operation has not: the relay makes it of that, unless it is passed to it.
// The default of updated_at is the begin of the transaction, which WatchOperations may have read past by then.
const INSERT = `
with input as (
  select * from ${NEW.rows('i', 4)}
), inserted as (
  insert into operations (${NEW.names}, updated_at) select ${NEW.from('i')}, clock_timestamp() from input i order by ord
  on conflict (appid, request_id) do nothing
  returning id
), published as (
  insert into outbox (writer, written_by, event_id, appid, time, topic, type, source, traceparent, value, value_bytes)
  select ${commandsOf('$1')}, $2::uuid, i.id || '.command.0', i.appid, i.created_at, '', '', '', '', '',
    octet_length(i.request) + ${COMMAND_BYTES}
  from input i join inserted using (id) order by ord
  returning id, event_id
), before as materialized (
  select ${allOwn('$1', '$2::uuid', '$3')} as own
)
select i.id, case when own then p.id end as "outboxId"
from before, inserted i join published p on p.event_id = i.id || '.command.0'`;

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
    values: [writer, replica, floor.id, ...NEW.values(operations)],
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

/** Accepts a listed call with its path, by which stops and rates find it. The statement of all other operations writes no path. */
export function acceptCall(
  pool: Pool,
  publisher: Publisher,
  operation: NewOperation,
  api: string,
): Promise<Accepted> {
  return transaction(pool, async (client) => {
    const [accepted] = await accept(client, publisher, [operation]);
    if (accepted === undefined) throw new Error('an accept returned nothing');
    if (accepted.kind === 'accepted')
      await client.query('update operations set api = $2 where id = $1', [operation.id, api]);
    return accepted;
  });
}

/** How a publisher accepts queries of the status of audits; empty if it makes none. */
export function askStatus(publisher: Publisher): Pick<Publisher, 'askStatus'> {
  const { toStatusQuery } = publisher;
  if (toStatusQuery === undefined) return {};
  return { askStatus: (client, audits) => accept(client, publisher, audits.map(toStatusQuery)) };
}

/** The operations that were accepted before under the request ids of these. */
export async function findEarlier(pool: ClientBase | Pool, operations: NewOperation[]): Promise<Earlier[]> {
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

/** The `ce_source` of the worker's events. */
export const WORKER_SOURCE = 'release-worker';

/**
 * An operation of this service itself, such as a query of the AuditPoller or a step of a rollout: an ordinary one, in its
 * mini-program's lane and under its limits.
 * @param request proto3 JSON. @param source the `ce_source` of its command.
 */
export function ownOperation(
  method: Method,
  request: { appid: string; requestId: string; [field: string]: unknown },
  source = WORKER_SOURCE,
): NewOperation {
  const createdAt = new Date();
  const trace = { traceparent: continueTrace(undefined) };
  return newOperation({ id: operationId(createdAt), createdAt, method, request, ...trace }, source);
}

/** Makes queries of the status of audits. @param source the `ce_source` of their commands. */
export const statusQueriesOf = (source: string) => (audit: StatusQuery) =>
  ownOperation('GetAuditStatus', { ...audit }, source);

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
  return uuidv7({ ...last, random: randomOfId() });
}

const ID_BYTES = 16;
let random = Buffer.alloc(0);

/** The system makes the random bytes of many ids at once in hardly more time than those of one. */
function randomOfId(): Buffer {
  if (random.length === 0) random = randomBytes(256 * ID_BYTES);
  const taken = random.subarray(0, ID_BYTES);
  random = random.subarray(ID_BYTES);
  return taken;
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
