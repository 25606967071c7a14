import { type ApiLimit, EVERY_API, readApiLimits } from '@wxa/limits';
import type { Pool } from 'pg';
import { type BacklogCounts, readBacklog } from './read-backlog.js';

/** The state of the whole platform. */
export interface PlatformState extends BacklogCounts {
  /** By name; `waiting`: operations that wait until the stop ends. */
  apis: (ApiLimit & { waiting: number })[];
}

/** Reads the state of the platform once for all given callers. @param asked the APIs that each asks for, besides limited ones. */
export async function readPlatformState(pool: Pool, asked: string[][]): Promise<PlatformState[]> {
  const backlog = await readBacklog(pool);
  const limits = await readApiLimits(pool, 0, [...new Set(asked.flat())]);
  const apis = limits.filter(({ api }) => api !== EVERY_API);
  const waiting = await countWaitingByApi(
    pool,
    apis.map(({ api }) => api),
  );
  const state = {
    ...backlog,
    apis: apis.map((limit) => ({ ...limit, waiting: waiting.get(limit.api) ?? 0 })),
  };
  return asked.map(() => state);
}

/** Operations that are read of each API at most: a count of this many is a lower bound. */
const MAX_ROWS = 200_000;

// The condition of `waitUntil` of libs/limits, which makes these operations due.
const COUNT = `
select a.api, (select count(*)::int from (
    select from operations o where o.waits_for_api = a.api and o.parked and o.backlog is null and o.blocked_by is null
    limit ${MAX_ROWS}) w) as waiting
from unnest($1::text[]) a(api)`;

/** How many operations wait until the stop of each API ends. */
async function countWaitingByApi(pool: Pool, apis: string[]): Promise<Map<string, number>> {
  const { rows } = await pool.query<{ api: string; waiting: number }>({
    name: 'count-waiting-for-api',
    text: COUNT,
    values: [apis],
  });
  return new Map(rows.map(({ api, waiting }) => [api, waiting]));
}
