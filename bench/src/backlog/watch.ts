import { setTimeout as delay } from 'node:timers/promises';
import type { Stack } from '@wxa/stack';
import type { Sql } from '../sql.js';
import { memoryOf } from '../usage/processes.js';

const EVERY_MS = 1_000;
const TELL_EVERY = 10;

/** What the workers hold, over a time. */
export class Watch {
  mostOpenRecords = 0;
  mostInLanes = 0;
  readonly #done = new AbortController();
  readonly #watching: Promise<void>;

  constructor(
    private readonly stack: Stack,
    tell: (line: string) => void,
  ) {
    this.#watching = this.#watch(tell);
  }

  async stop(): Promise<void> {
    this.#done.abort();
    await this.#watching;
  }

  peakMiB(): Promise<number[]> {
    return Promise.all(this.stack.workers.map(async ({ pid }) => (await memoryOf(pid)).peakMiB));
  }

  async #watch(tell: (line: string) => void): Promise<void> {
    const { signal } = this.#done;
    for (let looks = 0; !signal.aborted; looks += 1) {
      const seen = await Promise.all(this.stack.addresses.workers.map(gaugesOf));
      this.mostOpenRecords = Math.max(this.mostOpenRecords, ...seen.map(({ openRecords }) => openRecords));
      this.mostInLanes = Math.max(this.mostInLanes, ...seen.map(({ inLanes }) => inLanes));
      if (looks % TELL_EVERY === 0) {
        const [settled, inLanes, open] = (['settled', 'inLanes', 'openRecords'] as const).map((key) =>
          seen.map((gauges) => gauges[key]).join(' + '),
        );
        tell(
          `  ${settled} settled; ${inLanes} in lanes, ${open} records open, at most ${(await this.peakMiB()).join(' and ')} MiB`,
        );
      }
      await delay(EVERY_MS, undefined, { signal }).catch(() => undefined);
    }
  }
}

async function gaugesOf(address: string): Promise<Record<'openRecords' | 'inLanes' | 'settled', number>> {
  const text = await (await fetch(`${address}/metrics`)).text();
  const all = (name: string) =>
    [...text.matchAll(new RegExp(`^${name}(?:{[^}]*})? (\\S+)$`, 'gm'))].reduce(
      (total, [, value]) => total + Number(value),
      0,
    );
  return {
    openRecords: all('wxa_records_open'),
    inLanes: all('wxa_operations_in_lanes'),
    settled: all('wxa_operations_settled_total'),
  };
}

/** How many operations wait in Postgres, by what they wait for, and how many were loaded from there. */
export async function backlogIn(sql: Sql): Promise<Record<string, number>> {
  const rows = await sql<{ backlog: string; n: number }>(
    `select coalesce(backlog, case when blocked_by is null then 'time' else 'change' end) as backlog, count(*)::int as n
    from operations where parked or backlog is not null group by 1 order by 1`,
  );
  return Object.fromEntries(rows.map(({ backlog, n }) => [backlog, n]));
}
