import { poolOf, quarantinedEvents, releaseQuarantined } from '@wxa/postgres';
import { readConfig } from '@wxa/service/settings';
import type pg from 'pg';
import { parsedArguments } from '../calls/parsed-arguments.js';
import { limitOf } from '../calls/units.js';
import { databaseCommand, withDatabase } from '../database.js';
import { EXIT, UsageError } from '../exit-codes.js';
import { print } from '../output/print.js';
import { table } from '../output/table.js';
import { recording } from '../recording.js';

/** `wxa outbox`: lists the events that Kafka permanently rejected, or puts them back. */
export async function run([command, ...args]: string[]): Promise<number> {
  const use = command === 'list' ? list(args) : release(args);
  return withDatabase(readConfig(databaseCommand, process.env), 'outbox', (dataSource) =>
    use(poolOf(dataSource)),
  );
}

type Use = (pool: pg.Pool) => Promise<number>;

const HEAD = ['event_id', 'writer', 'type', 'appid', 'bytes', 'quarantined_at', 'reason'];

function list(args: string[]): Use {
  const { values } = parsedArguments({ limit: { type: 'string' }, json: { type: 'boolean' } }, args);
  const limit = limitOf(values.limit);
  return async (pool) => {
    const found = await quarantinedEvents(pool, limit + 1);
    const events = found.slice(0, limit);
    const rows = events.map(({ eventId, writer, type, appid, bytes, quarantinedAt, reason }) => {
      return [eventId, writer, type, appid, String(bytes), quarantinedAt.toISOString(), reason];
    });
    print(values.json, { events }, table(HEAD, rows));
    if (found.length > limit) console.error(`only the first ${limit}; --limit N shows more`);
    return EXIT.ok;
  };
}

function release(args: string[]): Use {
  const options = { all: { type: 'boolean' }, json: { type: 'boolean' } } as const;
  const { values, positionals } = parsedArguments(options, args, { max: 1_000 });
  if (positionals.length > 0 === (values.all ?? false))
    throw new UsageError('give one of EVENT_ID... and --all');
  return async (pool) => {
    const released = await releaseQuarantined(pool, recording(), values.all ? null : positionals);
    const missing = positionals.filter((id) => !released.includes(id));
    print(values.json, { released, missing }, `${released.length} events released`);
    if (missing.length === 0) return EXIT.ok;
    console.error(`not quarantined: ${missing.join(', ')}`);
    return EXIT.notFound;
  };
}
