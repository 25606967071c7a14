import { quarantinedEvents, releaseQuarantined } from '@wxa/postgres/outbox';
import { idsOrAll, limitOf } from '../calls/units.js';
import { withPool } from '../database.js';
import { EXIT } from '../exit-codes.js';
import { counted, print } from '../output/print.js';
import { table } from '../output/table.js';
import { recording } from '../recording.js';

const HEAD = ['event_id', 'writer', 'type', 'appid', 'bytes', 'quarantined_at', 'reason'];

/** `wxa outbox list`: lists the events that Kafka permanently rejected. */
export async function listQuarantined(values: { limit?: string; json?: boolean }): Promise<number> {
  const limit = limitOf(values.limit);
  return withPool('outbox', async (pool) => {
    const found = await quarantinedEvents(pool, limit + 1);
    const events = found.slice(0, limit);
    const rows = events.map(({ eventId, writer, type, appid, bytes, quarantinedAt, reason }) => {
      return [eventId, writer, type, appid, String(bytes), quarantinedAt.toISOString(), reason];
    });
    print(values.json, { events }, table(HEAD, rows));
    if (found.length > limit) console.error(`only the first ${limit}; --limit N shows more`);
    return EXIT.ok;
  });
}

/** `wxa outbox release`: puts them back. */
export async function releaseEvents(
  ids: string[],
  values: { all?: boolean; json?: boolean },
): Promise<number> {
  const chosen = idsOrAll('EVENT_ID', ids, values.all);
  return withPool('outbox', async (pool) => {
    const released = await releaseQuarantined(pool, recording(), chosen);
    const missing = ids.filter((id) => !released.includes(id));
    print(values.json, { released, missing }, `${counted(released.length, 'event')} released`);
    if (missing.length === 0) return EXIT.ok;
    console.error(`not quarantined: ${missing.join(', ')}`);
    return EXIT.notFound;
  });
}
