import type { AuditDecision, CloudEvent, OperationWithCommand, ToAuditEvent } from '@wxa/contracts';
import type { ClientBase, Pool } from 'pg';
import type { Pools } from '../pools.js';
import { columns } from '../schema/columns.js';
import { bound } from '../statements.js';
import type { OnRecorded } from '../trail.js';

/** The app that wrote an event, and whose relay publishes it. */
export type AppName = 'gateway' | 'release-worker';

/** The `writer` of a row. Platform events have a line of their own, in which no command waits for them. */
export type WriterName = AppName | 'gateway-events';

/** The app that writes an event, and its replica. */
export interface Author {
  writer: WriterName;
  replica: string;
  /** The outbox of the writer has no row with this id or a lower one. */
  floor: { readonly id: string };
}

/** A query of the status of an audit; `auditId` in decimal digits. */
export interface StatusQuery {
  appid: string;
  auditId: string;
  requestId: string;
}

/** The author of events, and how it makes them. */
export interface Publisher extends Author {
  writer: AppName;
  toEvent: ToAuditEvent;
  /** A query of the status of an audit, by which WeChat confirms a callback. Absent: callbacks count without one. */
  toStatusQuery?: (audit: StatusQuery) => OperationWithCommand;
  /** Accepts such queries in the current transaction. */
  askStatus?: (client: ClientBase, audits: StatusQuery[]) => Promise<unknown>;
  /** Stores, in the current transaction, what these operations made live. */
  keepReleases?: (client: ClientBase, operationIds: string[]) => Promise<void>;
  /** Logs the rows of the audit trail. */
  onRecorded?: OnRecorded;
  /** Called with each decision of an audit once it is committed, to count it. */
  onDecided?: (decision: Pick<AuditDecision, 'state' | 'source'>) => void;
  /** Whether the server behind a connection may have lost time. Absent: none has. */
  mayHaveLostTime?: (client: ClientBase) => Promise<boolean>;
}

/**
 * What follows the name of an app in `writer` if the row is a command that was written with its operation. Its value, topic and
 * headers are in the row of the operation. A relay of 0.2.0 reads no row of such a writer: it would publish it empty.
 */
const COMMANDS = '-commands';

/** The `writer` of such commands, in SQL. */
export const commandsOf = (writer: string) => `${writer}::text || '${COMMANDS}'`;

/** The rows of a table `outboxes(app, writer)`, in SQL: those with commands and what follows from them. */
export const OUTBOXES = ['gateway', 'release-worker']
  .flatMap((app) => [app, app + COMMANDS].map((writer) => `('${app}', '${writer}')`))
  .join(', ');

/** The same with platform events. */
export const ALL_OUTBOXES = `${OUTBOXES}, ('gateway-events', 'gateway-events')`;

/** In SQL, the oldest rows of an app, from the index of each of its writers. */
export const oldest = (
  columns: string,
  { writer, where, limit }: Record<'writer' | 'where' | 'limit', string>,
) =>
  [writer, commandsOf(writer)]
    .map(
      (each) =>
        `(select ${columns} from outbox where writer = ${each} and ${where} order by id limit ${limit})`,
    )
    .join(' union all ');

/** An event in the order of the columns of the outbox. */
export const EVENT = columns<CloudEvent>({
  id: ['text', 'event_id'],
  topic: 'text',
  type: 'text',
  source: 'text',
  appid: 'text',
  subject: 'text',
  time: 'timestamptz',
  traceparent: 'text',
  tracestate: 'text',
  value: 'text',
});

const WRITE = `
insert into outbox (writer, ${EVENT.names})
select $1, ${EVENT.from('e')} from ${EVENT.rows('e', 2)} order by e.ord`;

/** Writes events to the outbox, in order, in the transaction with the state change that they describe. */
export async function writeOutbox(
  client: ClientBase,
  writer: WriterName,
  events: readonly CloudEvent[],
): Promise<void> {
  if (events.length === 0) return;
  await client.query({ name: 'write-outbox', text: WRITE, values: [writer, ...EVENT.values(events)] });
}

/** An event in the outbox, with its position. */
export interface OutboxRow extends CloudEvent {
  outboxId: string;
}

/** An event that Kafka acknowledged. Its position alone is ambiguous: after a failover another event can have the same. */
export type SentEvent = Pick<OutboxRow, 'outboxId' | 'id'>;

/**
 * All messages to one partition in one request are one batch, which Kafka permanently rejects if it is over 1 MiB. A single
 * event is smaller; its writer checks that.
 */
export const MAX_SEND_BYTES = 900_000;
/** Size of the key and the headers of a message. */
const ENVELOPE_BYTES = 900;

/** Size of an event in a request to Kafka, in bytes. */
export function bytesToSend({ value }: CloudEvent): number {
  return Buffer.byteLength(value) + ENVELOPE_BYTES;
}

// The oldest ids, never "after the last seen": ids commit out of order. OutboxFloor waits for those that do.
const ADVANCE = `
with sent as materialized (
  select * from unnest($2::bigint[], $3::text[]) as s(id, event_id)
), deleted as (
  delete from outbox o using sent s
  where o.writer in ($1, ${commandsOf('$1')}) and o.id = any($2) and o.id = s.id and o.event_id = s.event_id
)
select found, id as "outboxId", value_bytes is not null as "isOfOperation", ${EVENT.select('measured')}
from (
  select *, count(*) over () as found, row_number() over line as place,
    sum(coalesce(value_bytes, octet_length(value)) + ${ENVELOPE_BYTES}) over line as bytes
  from (
    select * from (${oldest('*', {
      writer: '$1',
      where: 'id > $5 and (id, event_id) not in (select id, event_id from sent)',
      limit: '$4',
    })}) pending order by id limit $4
  ) oldest
  window line as (order by oldest.id)
) measured where place = 1 or bytes <= ${MAX_SEND_BYTES} order by measured.id`;

/** The commands of operations by their `ce_id`; those of unknown operations are missing. @param source the `ce_source`. */
export type FindCommands = (
  pool: Pool,
  eventIds: string[],
  source: WriterName,
) => Promise<Map<string, CloudEvent>>;

/** The oldest events of an outbox; `isAll`: it had no others when it was read. */
export interface OutboxPage {
  rows: OutboxRow[];
  isAll: boolean;
}

/**
 * Deletes the events that Kafka has acknowledged and reads the oldest of the others, in one round trip: at most `limit`, and
 * at most as many bytes as Kafka accepts in one batch. Commands that were written with their operations are read from those.
 */
async function advanceOutbox(
  pool: Pool,
  author: Author,
  findCommands: FindCommands,
  sent: SentEvent[],
  limit: number,
): Promise<OutboxPage> {
  type Row = OutboxRow & { found: string; isOfOperation: boolean };
  const { writer, floor } = author;
  const { rows } = await pool.query<Row>({
    name: 'advance-outbox',
    text: ADVANCE,
    values: [writer, sent.map(({ outboxId }) => outboxId), sent.map(({ id }) => id), limit, floor.id],
  });
  const found = Number(rows[0]?.found ?? 0);
  const isAll = found === rows.length && found < limit;
  const short = rows.filter(({ isOfOperation }) => isOfOperation).map(({ id }) => id);
  const commands =
    short.length === 0 ? new Map<string, CloudEvent>() : await findCommands(pool, short, writer);
  // Retention deletes only operations that have ended: nobody needs their commands.
  const orphans = rows.filter(({ id, isOfOperation }) => isOfOperation && !commands.has(id));
  if (orphans.length > 0) return advanceOutbox(pool, author, findCommands, orphans, limit);
  return {
    rows: rows.map(({ found: _, isOfOperation: __, ...row }) => ({ ...row, ...commands.get(row.id) })),
    isAll,
  };
}

/** More than are pending while events are published as soon as they are written. */
const FEW = 1_000;

/**
 * Whether all pending events of an outbox were written by one replica; the arguments are placeholders. If so, the replica may
 * publish its next event directly: no event of another replica or of an ended process precedes it.
 */
export const allOwn = (writer: string, replica: string, floor: string) => `(
  select count(*) < ${FEW} and bool_and(written_by is not distinct from ${replica}) is not false
  from (${oldest('written_by', { writer, where: `id > ${floor}`, limit: String(FEW) })}) waiting)`;

const QUARANTINE = `
with quarantined as (
  delete from outbox where writer in ($1, ${commandsOf('$1')}) and id = $2 and event_id = ($4::text[])[1] returning id)
insert into outbox_refused (writer, id, reason, ${EVENT.names})
select $1, q.id, $3, ${EVENT.from('e')} from quarantined q, ${EVENT.rows('e', 4)}
on conflict do nothing`;

/** Moves an event that Kafka permanently rejects from the outbox to `outbox_refused`. */
async function quarantine(pool: Pool, { writer }: Author, row: OutboxRow, reason: string): Promise<void> {
  await pool.query(QUARANTINE, [writer, row.outboxId, reason, ...EVENT.values([row])]);
}

/** Counts stop here, so that a backlog does not make them slow. */
const MAX_COUNT = 100_001;

/** How many events of an app are quarantined; at most 100,001. */
async function countQuarantined(pool: Pool, { writer }: Author): Promise<number> {
  const { rows } = await pool.query<{ n: string }>(
    `select count(*) as n from (select from outbox_refused where writer = $1 limit ${MAX_COUNT}) counted`,
    [writer],
  );
  return Number(rows[0]?.n);
}

export type Outbox = ReturnType<typeof outboxOn>;

/** The statements of the outbox. */
export function outboxOn(
  { batches, relay, counts }: Pools,
  author: Author & { floor: { raise(): Promise<void> } },
  findCommands: FindCommands,
) {
  return {
    ...bound([batches, author, findCommands], { advance: advanceOutbox }),
    ...bound([relay, author], { quarantine }),
    ...bound([counts, author], { quarantined: countQuarantined }),
    raiseFloor: () => author.floor.raise(),
  };
}
