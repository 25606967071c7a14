import { afterEach, expect, it, jest } from '@jest/globals';
import { Batcher, QueueFullError } from './batcher.js';

const IN_CHARACTERS = { bytesOf: (item: string) => item.length };
const tick = () => new Promise((resolve) => setImmediate(resolve));

/** A batcher that returns its items after `work`, and the batches that it began, with their times. */
function recording<T>(
  options: Partial<ConstructorParameters<typeof Batcher<T, T>>[1]> = {},
  work: (items: T[]) => unknown = () => undefined,
) {
  const batches: T[][] = [];
  const starts: number[] = [];
  const run = async (items: T[]) => {
    batches.push(items);
    starts.push(performance.now());
    await work(items);
    return items;
  };
  const batcher = new Batcher(run, { maxBatch: 3, maxWaiting: 100, parallel: 1, ...options });
  return {
    batcher,
    batches,
    starts,
    addAll: (items: T[]) => Promise.all(items.map((item) => batcher.add(item))),
  };
}

const refuseBad = (items: string[]) => {
  if (items.includes('bad')) throw new Error('no');
};

afterEach(() => void jest.useRealTimers());

it('Items that arrive together share a batch, and the next batch fills while one is running', async () => {
  const { batcher, batches, addAll } = recording<number>({ maxBatch: 100 }, tick);
  const first = batcher.add(1);
  await tick();
  expect([await addAll([2, 3, 4, 5]), await first]).toEqual([[2, 3, 4, 5], 1]);
  expect(batches).toEqual([[1], [2, 3, 4, 5]]);
});

it('Batches keep the order of the items and the maximum batch size', async () => {
  const { batches, addAll } = recording<number>();
  expect(await addAll([1, 2, 3, 4, 5, 6, 7])).toEqual([1, 2, 3, 4, 5, 6, 7]);
  expect(batches).toEqual([[1, 2, 3], [4, 5, 6], [7]]);
});

it('Items that arrive within the minimum interval after the start of a batch share the next one', async () => {
  const { batches, starts, addAll } = recording<number>({ minIntervalMs: 50 });
  await addAll([1]);
  await addAll([2, 3]);
  expect(batches).toEqual([[1], [2, 3]]);
  const [first = 0, second = 0] = starts;
  // Timers may be a millisecond early.
  expect(second - first).toBeGreaterThan(45);
});

it.each([
  // The shortest wait of a timer after its end.
  { batch: 'quick', ms: 20, after: 21 },
  { batch: 'slow', ms: 1_000, after: 100 },
])(
  'The next batch starts after a $batch batch, or beside it after the overlap time',
  async ({ ms, after }) => {
    jest.useFakeTimers();
    const work = () => new Promise((resolve) => setTimeout(resolve, ms));
    const { batches, starts, addAll } = recording<number>({ parallel: 2, overlapAfterMs: 100 }, work);
    const all = [addAll([1])];
    for (const item of [2, 3]) {
      await jest.advanceTimersByTimeAsync(5);
      all.push(addAll([item]));
    }
    await jest.advanceTimersByTimeAsync(3_000);
    await Promise.all(all);
    expect(batches).toEqual([[1], [2, 3]]);
    const [first = 0, second = 0] = starts;
    expect(second - first).toBe(after);
  },
);

it.each([
  // The shortest wait of a timer.
  { batch: 'quick', ms: 0, after: 1 },
  { batch: 'slow', ms: 20, after: 100 },
])(
  'After a $batch batch the next one waits until batches ran for the maximum share of the time',
  async ({ ms, after }) => {
    jest.useFakeTimers();
    const work = () => (ms > 0 ? new Promise((resolve) => setTimeout(resolve, ms)) : undefined);
    const { starts, addAll } = recording<number>({ minIntervalMs: 10_000, maxShare: 0.2 }, work);
    const both = addAll([1]).then(() => addAll([2]));
    await jest.advanceTimersByTimeAsync(1_000);
    await both;
    const [first = 0, second = 0] = starts;
    expect(second - first).toBe(after);
  },
);

it('A failed batch fails no other batch, and only the item at fault if the error is that of one item', async () => {
  const outcomes = async ({ batcher }: ReturnType<typeof recording<string>>, items: string[]) =>
    (await Promise.allSettled(items.map((item) => batcher.add(item)))).map(({ status }) => status);
  const [ok, no] = ['fulfilled', 'rejected'];
  expect(await outcomes(recording({}, refuseBad), ['a', 'bad', 'c', 'd'])).toEqual([no, no, no, ok]);
  const splitting = recording<string>({ splitOn: () => true }, refuseBad);
  expect(await outcomes(splitting, ['a', 'bad', 'c'])).toEqual([ok, no, ok]);
});

it('An item whose signal is aborted before its batch begins is not run', async () => {
  const { batcher, batches } = recording<number>();
  const aborted = new AbortController();
  const results = [1, 2, 3, 4, 5].map((item) => batcher.add(item, item < 5 ? aborted.signal : undefined));
  aborted.abort(new Error('aborted'));
  expect(await Promise.allSettled(results)).toEqual([
    ...Array(4).fill({ status: 'rejected', reason: new Error('aborted') }),
    { status: 'fulfilled', value: 5 },
  ]);
  expect(batches.flat()).toEqual([5]);
});

it('An item is rejected with QueueFullError while the queue is full', async () => {
  const { batcher } = recording<number>({ maxWaiting: 2 });
  const results = await Promise.allSettled([batcher.add(1), batcher.add(2), batcher.add(3)]);
  expect(results[2]).toMatchObject({ status: 'rejected', reason: new QueueFullError() });
  expect(await batcher.add(4)).toBe(4);
});

it('An item that exceeds the byte limit together with the running batch is rejected until that batch has ended', async () => {
  let goOn = () => {};
  const stalled = new Promise<void>((resolve) => {
    goOn = resolve;
  });
  const { batcher, addAll } = recording<string>({ ...IN_CHARACTERS, maxBytes: 10 }, () => stalled);
  const first = batcher.add('12345');
  await tick();
  const second = batcher.add('1234');
  await expect(batcher.add('12')).rejects.toEqual(new QueueFullError());
  const third = batcher.add('1');
  goOn();
  expect(await Promise.all([first, second, third])).toEqual(['12345', '1234', '1']);
  expect(await addAll(['1234567890'])).toEqual(['1234567890']);
});

it('A batch ends before the item that would exceed its byte limit, and a larger item is a batch by itself', async () => {
  const { batches, addAll } = recording<string>({ ...IN_CHARACTERS, maxBatchBytes: 4 });
  await addAll(['1', '12', '12', 'a long one', '1']);
  expect(batches).toEqual([['1', '12'], ['12'], ['a long one'], ['1']]);
});

it('The bytes of a failed batch no longer count towards the byte limit', async () => {
  const { batcher } = recording<string>({ ...IN_CHARACTERS, maxBytes: 3 }, refuseBad);
  for (let n = 0; n < 3; n += 1) await expect(batcher.add('bad')).rejects.toThrow('no');
});
