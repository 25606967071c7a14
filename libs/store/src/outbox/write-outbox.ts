import type { CloudEvent } from '@wxa/contracts';
import type { ClientBase } from 'pg';
import { type AppName, outboxColumns } from './author.js';

const SQL = `
insert into outbox (writer, event_id, topic, type, source, appid, time, traceparent, value)
select $1, e.id, e.topic, e.type, e.source, e.appid, e.time, e.traceparent, e.value
from unnest($2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::timestamptz[], $8::text[], $9::text[])
  with ordinality as e(id, topic, type, source, appid, time, traceparent, value, ord)
order by e.ord`;

/** Writes events to the outbox, in order, in the transaction with the state change that they describe. */
export async function writeOutbox(
  client: ClientBase,
  writer: AppName,
  events: readonly CloudEvent[],
): Promise<void> {
  if (events.length === 0) return;
  await client.query({ name: 'write-outbox', text: SQL, values: [writer, ...outboxColumns(events)] });
}
