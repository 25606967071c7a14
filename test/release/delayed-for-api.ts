import { eventually } from '../eventually.js';
import { type World } from '../world.js';

/** Waits until an operation is delayed in Postgres because its API is stopped. */
export function delayedFor(world: World, api: string, id: string): Promise<unknown> {
  return eventually(async () => {
    const [row] = await world.sql<{ parked: boolean; waits_for_api: string }>(
      'select parked, waits_for_api from operations where id = $1',
      [id],
    );
    return row?.parked === true && row.waits_for_api === api;
  });
}

/** The first minute of next month in China (UTC+8), which is 16:01 UTC of the previous day. */
export function monthTurns(): Date {
  const china = new Date(Date.now() + 8 * 3_600_000);
  return new Date(Date.UTC(china.getUTCFullYear(), china.getUTCMonth() + 1, 1, -8, 1));
}
