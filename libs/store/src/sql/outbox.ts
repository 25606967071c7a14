import type { Pool } from 'pg';
import type { OutboxEvent, Writer } from '../outbox-event.js';

/** An event in the outbox, with its place in line. */
export interface OutboxRow extends OutboxEvent {
  outboxId: string;
}

// By the order of ids, never "after the last seen": ids commit out of order.
const SQL = `
with gone as (
  delete from outbox where writer = $1 and id = any($2::bigint[])
)
select id as "outboxId", event_id as id, topic, type, source, appid, time, traceparent, value
from outbox where writer = $1 and id <> all($2::bigint[]) order by outbox.id limit $3`;

/** Deletes the events that Kafka has acknowledged and reads the oldest that remain, in one round trip. */
export async function advanceOutbox(
  pool: Pool,
  writer: Writer,
  sent: string[],
  limit: number,
): Promise<OutboxRow[]> {
  const { rows } = await pool.query<OutboxRow>({
    name: 'advance-outbox',
    text: SQL,
    values: [writer, sent, limit],
  });
  return rows;
}
