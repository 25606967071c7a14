import type { Pool } from 'pg';

/** Operations that are read of each API at most: a count of this many is a lower bound. */
const MAX_ROWS = 200_000;

// The condition of waitUntil, which makes these operations due.
const COUNT = `
select a.api, (select count(*)::int from (
    select from operations o where o.waits_for_api = a.api and o.parked and o.backlog is null and o.blocked_by is null
    limit ${MAX_ROWS}) w) as waiting
from unnest($1::text[]) a(api)`;

/** How many operations wait until the stop of each API ends. */
export async function countWaitingByApi(pool: Pool, apis: string[]): Promise<Map<string, number>> {
  const { rows } = await pool.query<{ api: string; waiting: number }>({
    name: 'count-waiting-for-api',
    text: COUNT,
    values: [apis],
  });
  return new Map(rows.map(({ api, waiting }) => [api, waiting]));
}
