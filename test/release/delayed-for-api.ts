import { eventually } from '../eventually.js';
import { readMetric } from '../metrics/exposition.js';
import { type World } from '../world.js';

/** Waits until an operation is delayed in Postgres because its API is stopped. */
export function delayedFor(world: World, api: string, id: string): Promise<unknown> {
  const delayed = 'select from operations where id = $1 and parked and waits_for_api = $2';
  return eventually(async () => (await world.sql(delayed, [id, api])).length === 1);
}

/** Whether each worker knows that an API is stopped. */
export async function pausedBy(world: World, api: string): Promise<boolean[]> {
  const { workers } = world.stack.addresses;
  const paused = workers.map((url) => readMetric(url, `wxa_api_paused{api="${api}"}`));
  return (await Promise.all(paused)).map((value) => value === 1);
}

/** The end of an API's stop by WeChat: the first minute of next month in China (UTC+8), or 10 minutes after a stop in the first hour of a month. */
export async function stopEnd(world: World, api: string): Promise<Date> {
  const [stop] = await world.sql<{ from: Date; until: Date }>(
    'select stopped_at as from, stopped_until as until from api_limits where api = $1',
    [api],
  );
  if (!stop) throw new Error(`${api} is not stopped`);
  const china = new Date(stop.from.getTime() + 8 * 3_600_000);
  const isFirstHour = china.getUTCDate() === 1 && china.getUTCHours() === 0;
  const inTenMinutes = Math.abs(stop.until.getTime() - stop.from.getTime() - 600_000) < 1_000;
  const monthTurns = Date.UTC(china.getUTCFullYear(), china.getUTCMonth() + 1, 1, -8, 1);
  if (isFirstHour ? !inTenMinutes : stop.until.getTime() !== monthTurns)
    throw new Error(
      `${api}, stopped at ${stop.from.toISOString()}, is stopped until ${stop.until.toISOString()}`,
    );
  return stop.until;
}
