import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { Batcher, QueueFullError } from './batcher.js';

const OPTIONS = { maxBatch: 3, maxWaiting: 100, parallel: 1 };
const IN_CHARACTERS = { bytesOf: (item: string) => item.length };

describe('Batcher', () => {
  afterEach(() => void jest.useRealTimers());

  it('Items that arrive together share a batch, and the next batch fills while one is running', async () => {
    const batches: number[][] = [];
    const batcher = new Batcher(
      async (items: number[]) => {
        batches.push(items);
        await new Promise((resolve) => setImmediate(resolve));
        return items.map((item) => item * 10);
      },
      { ...OPTIONS, maxBatch: 100 },
    );
    const first = batcher.add(1);
    await new Promise((resolve) => setImmediate(resolve));
    const rest = [2, 3, 4, 5].map((item) => batcher.add(item));
    expect(await Promise.all([first, ...rest])).toEqual([10, 20, 30, 40, 50]);
    expect(batches).toEqual([[1], [2, 3, 4, 5]]);
  });

  it('Batches keep the order of the items and the maximum batch size', async () => {
    const batches: number[][] = [];
    const batcher = new Batcher(async (items: number[]) => {
      batches.push(items);
      return items;
    }, OPTIONS);
    await Promise.all([1, 2, 3, 4, 5, 6, 7].map((item) => batcher.add(item)));
    expect(batches).toEqual([[1, 2, 3], [4, 5, 6], [7]]);
  });

  it('Items that arrive within the minimum interval after the start of a batch share the next one', async () => {
    const batches: { at: number; items: number[] }[] = [];
    const batcher = new Batcher(
      async (items: number[]) => {
        batches.push({ at: performance.now(), items });
        return items;
      },
      { ...OPTIONS, minIntervalMs: 50 },
    );
    await batcher.add(1);
    await Promise.all([2, 3].map((item) => batcher.add(item)));
    expect(batches.map(({ items }) => items)).toEqual([[1], [2, 3]]);
    const [first, second] = batches.map(({ at }) => at) as [number, number];
    // Timers may be a millisecond early.
    expect(second - first).toBeGreaterThan(45);
  });

  it.each([
    // The shortest wait of a timer.
    { batch: 'quick', ms: 0, after: 1 },
    { batch: 'slow', ms: 20, after: 100 },
  ])(
    'After a $batch batch the next one waits until batches ran for the maximum share of the time',
    async ({ ms, after }) => {
      jest.useFakeTimers();
      const starts: number[] = [];
      const batcher = new Batcher(
        async (items: number[]) => {
          starts.push(performance.now());
          if (ms > 0) await new Promise((resolve) => setTimeout(resolve, ms));
          return items;
        },
        { ...OPTIONS, minIntervalMs: 10_000, maxShare: 0.2 },
      );
      const both = batcher.add(1).then(() => batcher.add(2));
      await jest.advanceTimersByTimeAsync(1_000);
      await both;
      const [first, second] = starts as [number, number];
      expect(second - first).toBe(after);
    },
  );

  it('A failed batch fails no other batch', async () => {
    const batcher = new Batcher(async (items: string[]) => {
      if (items.includes('bad')) throw new Error('no');
      return items;
    }, OPTIONS);
    const results = await Promise.allSettled(['a', 'bad', 'c', 'd'].map((item) => batcher.add(item)));
    expect(results.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected', 'fulfilled']);
  });

  it('Only the item at fault fails if the error is that of one item', async () => {
    const batcher = new Batcher(
      async (items: string[]) => {
        if (items.includes('bad')) throw new Error('no');
        return items;
      },
      { ...OPTIONS, splitOn: () => true },
    );
    const results = await Promise.allSettled(['a', 'bad', 'c'].map((item) => batcher.add(item)));
    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
  });

  it('An item whose signal is aborted before its batch begins is not run', async () => {
    const run: number[] = [];
    const batcher = new Batcher(async (items: number[]) => {
      run.push(...items);
      return items;
    }, OPTIONS);
    const aborted = new AbortController();
    const results = [1, 2, 3, 4, 5].map((item) => batcher.add(item, item < 5 ? aborted.signal : undefined));
    aborted.abort(new Error('aborted'));
    expect(await Promise.allSettled(results)).toEqual([
      ...[1, 2, 3, 4].map(() => ({ status: 'rejected', reason: new Error('aborted') })),
      { status: 'fulfilled', value: 5 },
    ]);
    expect(run).toEqual([5]);
  });

  it('An item is rejected with QueueFullError while the queue is full', async () => {
    const batcher = new Batcher(async (items: number[]) => items, { ...OPTIONS, maxWaiting: 2 });
    const results = await Promise.allSettled([batcher.add(1), batcher.add(2), batcher.add(3)]);
    expect(results[2]).toMatchObject({ status: 'rejected', reason: new QueueFullError() });
    expect(await batcher.add(4)).toBe(4);
  });

  it('An item that exceeds the byte limit together with the running batch is rejected until that batch has ended', async () => {
    let goOn = () => {};
    const stalled = new Promise<void>((resolve) => {
      goOn = resolve;
    });
    const run = (items: string[]) => stalled.then(() => items);
    const batcher = new Batcher(run, { ...OPTIONS, ...IN_CHARACTERS, maxBytes: 10 });
    const first = batcher.add('12345');
    await new Promise((resolve) => setImmediate(resolve));
    const second = batcher.add('1234');
    await expect(batcher.add('12')).rejects.toEqual(new QueueFullError());
    const third = batcher.add('1');
    goOn();
    expect(await Promise.all([first, second, third])).toEqual(['12345', '1234', '1']);
    expect(await batcher.add('1234567890')).toBe('1234567890');
  });

  it('A batch ends before the item that would exceed its byte limit, and a larger item is a batch by itself', async () => {
    const batches: string[][] = [];
    const batcher = new Batcher(
      async (items: string[]) => {
        batches.push(items);
        return items;
      },
      { ...OPTIONS, ...IN_CHARACTERS, maxBatchBytes: 4 },
    );
    await Promise.all(['1', '12', '12', 'a long one', '1'].map((item) => batcher.add(item)));
    expect(batches).toEqual([['1', '12'], ['12'], ['a long one'], ['1']]);
  });

  it('The bytes of a failed batch no longer count towards the byte limit', async () => {
    const fail = async (): Promise<string[]> => {
      throw new Error('no');
    };
    const batcher = new Batcher(fail, { ...OPTIONS, ...IN_CHARACTERS, maxBytes: 3 });
    for (let n = 0; n < 3; n += 1) await expect(batcher.add('123')).rejects.toThrow('no');
  });
});
