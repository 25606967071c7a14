import type { Pool } from 'pg';
import type { AppName, Author, OutboxEvent } from '../outbox-event.js';

/** An event in the outbox, with its place in line. */
export interface OutboxRow extends OutboxEvent {
  outboxId: string;
}

/** An event that Kafka acknowledged. Its place alone does not name it: a failover can give the same one out again. */
export type SentEvent = Pick<OutboxRow, 'outboxId' | 'id'>;

/**
 * What goes to one partition in one request is one batch to Kafka, refused for ever where it is over 1 MiB. A
 * single event is never that large: whoever writes one sees to it.
 */
export const MAX_SEND_BYTES = 900_000;
/** Key and headers of a message. */
const ENVELOPE_BYTES = 900;

/** What an event takes of a request to Kafka. */
export function bytesToSend({ value }: OutboxEvent): number {
  return Buffer.byteLength(value) + ENVELOPE_BYTES;
}

// By the order of ids, never "after the last seen": ids commit out of order. OutboxFloor waits for those that do.
const SQL = `
with sent as materialized (
  select * from unnest($2::bigint[], $3::text[]) as s(id, event_id)
), gone as (
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

/** The oldest events of an outbox; `isAll`: when it was read it had no others. */
export interface OutboxPage {
  rows: OutboxRow[];
  isAll: boolean;
}

/**
 * Deletes the events that Kafka has acknowledged and reads the oldest that remain, in one round trip: at most
 * `limit`, and no more than Kafka takes at once.
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

/** More than wait where each is sent as soon as it is written. */
const FEW = 1_000;

/**
 * Whether all that waits in an outbox was written by one replica, given as parameters. What it commits then comes after
 * nothing else: neither what another replica answered before, nor what was written by a process that is no more.
 */
export const allOwn = (writer: string, replica: string, floor: string) => `(
  select count(*) < ${FEW} and bool_and(written_by is not distinct from ${replica}) is not false
  from (select written_by from outbox where writer = ${writer} and id > ${floor} order by id limit ${FEW}) waiting)`;

const QUARANTINE = `
with refused as (delete from outbox where writer = $1 and id = $2 and event_id = $3 returning *)
insert into outbox_refused (writer, id, topic, event_id, type, source, appid, time, traceparent, value, reason)
select writer, id, topic, event_id, type, source, appid, time, traceparent, value, $4 from refused
on conflict do nothing`;

/** Takes an event that Kafka refuses for ever out of the outbox, and keeps it beside it. */
export async function quarantine(
  pool: Pool,
  writer: AppName,
  { outboxId, id }: OutboxRow,
  reason: string,
): Promise<void> {
  await pool.query(QUARANTINE, [writer, outboxId, id, reason]);
}
