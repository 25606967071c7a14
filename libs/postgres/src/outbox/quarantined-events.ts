import type { Pool } from 'pg';
import { type Recording, recordedTransaction } from '../trail.js';
import type { WriterName } from './outbox.js';

/** An event that Kafka permanently rejected. */
export interface QuarantinedEvent {
  writer: WriterName;
  /** Its `ce_id`. */
  eventId: string;
  type: string;
  topic: string;
  appid: string;
  time: Date;
  bytes: number;
  /** Kafka's reason. */
  reason: string;
  quarantinedAt: Date;
}

const LIST = `
select writer, event_id as "eventId", type, topic, appid, time, octet_length(value) as bytes, reason, refused_at as "quarantinedAt"
from outbox_refused order by refused_at, id limit $1`;

/** The quarantined events of both apps, oldest first. */
export async function quarantinedEvents(pool: Pool, limit: number): Promise<QuarantinedEvent[]> {
  return (await pool.query<QuarantinedEvent>(LIST, [limit])).rows;
}

/** Events in one transaction: one may have 1 MiB. */
const BATCH = 200;

const RELEASE = `
with chosen as (
  select writer, event_id from outbox_refused where $1::text[] is null or event_id = any($1)
  order by id limit ${BATCH} for update),
released as (delete from outbox_refused r using chosen c where (r.writer, r.event_id) = (c.writer, c.event_id) returning r.*)
insert into outbox (writer, topic, event_id, type, source, appid, subject, time, traceparent, tracestate, value)
select writer, topic, event_id, type, source, appid, subject, time, traceparent, tracestate, value from released order by id
returning event_id as "eventId"`;

/**
 * Puts quarantined events back into the outbox, in their order, with a row of the trail for each transaction.
 * @param ids their `ce_id`s; null: all. @returns the ids of those that were quarantined.
 */
export async function releaseQuarantined(
  pool: Pool,
  recording: Recording,
  ids: string[] | null,
): Promise<string[]> {
  const released: string[] = [];
  for (;;) {
    const batch = await recordedTransaction(pool, recording, async (client, record) => {
      const { rows } = await client.query<{ eventId: string }>(RELEASE, [ids]);
      const events = rows.map(({ eventId }) => eventId);
      if (events.length > 0) await record({ action: 'events.released', detail: { events } });
      return events;
    });
    released.push(...batch);
    if (batch.length < BATCH) return released;
  }
}
