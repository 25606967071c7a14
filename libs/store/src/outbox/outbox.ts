import type { CloudEvent } from '@wxa/contracts';
import type { Pool } from 'pg';
import type { AppName, Author } from './author.js';

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
const SQL = `
with sent as materialized (
  select * from unnest($2::bigint[], $3::text[]) as s(id, event_id)
), deleted as (
  delete from outbox o using sent s
  where o.writer = $1 and o.id = any($2) and o.id = s.id and o.event_id = s.event_id
)
select found, id as "outboxId", event_id as id, topic, type, source, appid, time, traceparent, value
from (
  select *, count(*) over () as found, row_number() over line as place, sum(octet_length(value) + ${ENVELOPE_BYTES}) over line as bytes
  from (
    select * from outbox where writer = $1 and id > $5 and (id, event_id) not in (select id, event_id from sent)
    order by id limit $4
  ) oldest
  window line as (order by oldest.id)
) measured where place = 1 or bytes <= ${MAX_SEND_BYTES} order by measured.id`;

/** The oldest events of an outbox; `isAll`: it had no others when it was read. */
export interface OutboxPage {
  rows: OutboxRow[];
  isAll: boolean;
}

/**
 * Deletes the events that Kafka has acknowledged and reads the oldest of the others, in one round trip: at most `limit`, and
 * at most as many bytes as Kafka accepts in one batch.
 */
export async function advanceOutbox(
  pool: Pool,
  { writer, floor }: Author,
  sent: SentEvent[],
  limit: number,
): Promise<OutboxPage> {
  const { rows } = await pool.query<OutboxRow & { found: string }>({
    name: 'advance-outbox',
    text: SQL,
    values: [writer, sent.map(({ outboxId }) => outboxId), sent.map(({ id }) => id), limit, floor.id],
  });
  const found = Number(rows[0]?.found ?? 0);
  return { rows: rows.map(({ found: _, ...row }) => row), isAll: found === rows.length && found < limit };
}

/** More than are pending while events are published as soon as they are written. */
const FEW = 1_000;

/**
 * Whether all pending events of an outbox were written by one replica; the arguments are placeholders. If so, the replica may
 * publish its next event directly: no event of another replica or of an ended process precedes it.
 */
export const allOwn = (writer: string, replica: string, floor: string) => `(
  select count(*) < ${FEW} and bool_and(written_by is not distinct from ${replica}) is not false
  from (select written_by from outbox where writer = ${writer} and id > ${floor} order by id limit ${FEW}) waiting)`;

const QUARANTINE = `
with quarantined as (delete from outbox where writer = $1 and id = $2 and event_id = $3 returning *)
insert into outbox_refused (writer, id, topic, event_id, type, source, appid, time, traceparent, value, reason)
select writer, id, topic, event_id, type, source, appid, time, traceparent, value, $4 from quarantined
on conflict do nothing`;

/** Moves an event that Kafka permanently rejects from the outbox to `outbox_refused`. */
export async function quarantine(
  pool: Pool,
  { writer }: Author,
  { outboxId, id }: OutboxRow,
  reason: string,
): Promise<void> {
  await pool.query(QUARANTINE, [writer, outboxId, id, reason]);
}

/** How many events of an app are pending publication. */
export function countPending(pool: Pool, { writer }: Author): Promise<number> {
  return count(pool, 'outbox', writer);
}

/** How many events of an app are quarantined. */
export function countQuarantined(pool: Pool, { writer }: Author): Promise<number> {
  return count(pool, 'outbox_refused', writer);
}

async function count(pool: Pool, table: 'outbox' | 'outbox_refused', writer: AppName): Promise<number> {
  const { rows } = await pool.query<{ n: string }>(`select count(*) as n from ${table} where writer = $1`, [
    writer,
  ]);
  return Number(rows[0]?.n);
}
