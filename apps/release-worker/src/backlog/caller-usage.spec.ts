import { setTimeout as delay } from 'node:timers/promises';
import { expect, it } from '@jest/globals';
import { CallerUsageWriter } from './caller-usage.js';

/** One lease, and a count that takes `countMs` and is repeated until `until` counts have been made. */
class FakeStore {
  holder: string | undefined;
  counts = 0;
  released = 0;
  readonly leasesMs: number[] = [];
  readonly #waiting: { until: number; resolve: () => void }[] = [];
  constructor(private readonly countMs = 0) {}

  readonly leases = {
    hold: async (_name: string, holder: string, ms: number) => {
      this.holder ??= holder;
      if (this.holder === holder) this.leasesMs.push(ms);
      return this.holder === holder;
    },
    release: async (_name: string, holder: string) => {
      if (this.holder === holder) this.released += 1;
    },
  };

  readonly callers = {
    count: async () => {
      await delay(this.countMs);
      this.counts += 1;
      for (const { until, resolve } of this.#waiting) if (this.counts >= until) resolve();
      if (this.counts === 1) throw new Error('Postgres is unavailable');
    },
  };

  counted(until: number): Promise<void> {
    return new Promise((resolve) => this.#waiting.push({ until, resolve }));
  }
}

it('CallerUsageWriter counts only while it holds the lease, continues after a failure and releases the lease', async () => {
  const store = new FakeStore();
  const failures: unknown[] = [];
  const onFailure = (error: unknown) => failures.push(error);
  const held: boolean[] = [];
  const onLease = (isHeld: boolean) => held.push(isHeld);
  const [first, second] = [1, 2].map(() => new CallerUsageWriter({ store, onFailure, onLease }, 1));
  const counted = store.counted(3);
  first?.start();
  second?.start();
  await counted;
  await first?.stop();
  const { counts } = store;
  await second?.stop();
  expect([store.counts, store.released]).toEqual([counts, 1]);
  expect(new Set(held)).toEqual(new Set([true, false]));
  expect(failures.map(String)).toEqual(['Error: Postgres is unavailable']);
});

it('After a slow count the lease covers a pause of twenty times as long, so that no other worker counts', async () => {
  const store = new FakeStore(30);
  const writer = new CallerUsageWriter({ store, onFailure: () => undefined, onLease: () => undefined }, 1);
  const counted = store.counted(2);
  writer.start();
  await counted;
  await writer.stop();
  const [beforeFirst = 0, , afterSecond = 0] = store.leasesMs;
  expect(afterSecond - beforeFirst).toBeGreaterThanOrEqual(20 * 29);
});
