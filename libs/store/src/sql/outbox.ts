import type { ClientBase } from 'pg';
import type { OutboxEvent, Writer } from '../outbox-event.js';

/** An event in the outbox, with its place in line. */
export interface OutboxRow extends OutboxEvent {
  outboxId: string;
}

/** The oldest events of a writer. Read by the order of ids, never "after the last seen": ids commit out of order. */
export async function readOutbox(client: ClientBase, writer: Writer, limit: number): Promise<OutboxRow[]> {
  const { rows } = await client.query<OutboxRow>({
    name: 'read-outbox',
    text: `select id as "outboxId", event_id as id, topic, type, source, appid, time, traceparent, value
      from outbox where writer = $1 order by id limit $2`,
    values: [writer, limit],
  });
  return rows;
}

/** Deletes events that Kafka has acknowledged. */
export async function deleteOutbox(client: ClientBase, writer: Writer, ids: string[]): Promise<void> {
  await client.query({
    name: 'delete-outbox',
    text: 'delete from outbox where writer = $1 and id = any($2::bigint[])',
    values: [writer, ids],
  });
}
