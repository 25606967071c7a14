import { type ApiLimit, EVERY_API, readApiLimits } from '@wxa/limits';
import type { Pool } from 'pg';
import { type BacklogCounts, readBacklog } from './read-backlog.js';
import { countWaitingByApi } from './waiting-operations.js';

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
