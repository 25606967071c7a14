import { afterEach, expect, it, jest } from '@jest/globals';
import type { Logger } from '@wxa/service';
import type { Store } from '@wxa/store';
import { OperationFeed } from './operation-feed.js';
import { Demand } from './pending-queries.js';

afterEach(() => void jest.useRealTimers());

it.each([20_000, 0, -20_000])(
  'A feed whose clock is %i ms ahead reads the changes of the last 5 s of Postgres.',
  async (aheadMs) => {
    jest.useFakeTimers();
    const reads: Date[] = [];
    const store = {
      probe: {
        onStatus: (listener: (status: object) => void) => listener({ server: { clockSkewMs: -aheadMs } }),
      },
      operations: {
        listChanged: async ({ since }: { since: Date }) => {
          reads.push(since);
          return [];
        },
      },
    };
    const feed = new OperationFeed(store as never as Store, {} as Logger, new Demand());
    const postgresNow = Date.now() - aheadMs;
    const watcher = { appid: '', sees: () => true, push: () => undefined, end: () => undefined };
    feed.add(watcher);
    await jest.advanceTimersByTimeAsync(400);
    feed.remove(watcher);
    expect(reads.map((since) => since.getTime() - postgresNow)).toEqual([-5_000]);
  },
);
