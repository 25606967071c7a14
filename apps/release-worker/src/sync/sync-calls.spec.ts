import { afterEach, beforeEach, expect, it, jest } from '@jest/globals';
import { SyncCalls, type SyncCallTools } from './sync-calls.js';

beforeEach(() => void jest.useFakeTimers({ now: 0 }));
afterEach(() => void jest.useRealTimers());

/** When the infos of 300 accounts are read, 10 at a time, in milliseconds. @param rate of the API, in calls per second. */
async function readAt(rate: number | undefined): Promise<number[]> {
  const times: number[] = [];
  const client = {
    getAuthorizerInfo: async () => {
      times.push(performance.now());
      return { kind: 'ok' };
    },
  };
  const limits = {
    perSecond: () => rate,
    use: async () => undefined,
    stoppedBy: () => undefined,
    learn: () => undefined,
  };
  const tools = {
    ...{ client, limits, componentAppid: 'wxc0de000000000000', timeoutMs: 5_000 },
    platform: { get: async () => ({ kind: 'token', token: 't' }) },
    breaker: { untilClosed: async () => true },
  } as unknown as SyncCallTools;
  const calls = new SyncCalls(tools, new AbortController().signal);
  const accounts = Array.from({ length: 300 }, (_, i) => `wx${i}`).values();
  const lane = async () => {
    for (const appid of accounts) await calls.info(appid);
  };
  const read = Promise.all(Array.from({ length: 10 }, lane));
  await jest.advanceTimersByTimeAsync(60_000);
  await read;
  return times;
}

it.each([
  ['20 a second without a rate', undefined, 20],
  ['20 a second with a rate of more than 40', 100, 20],
  ['half of a lower rate', 10, 5],
])('A sync reads the infos of accounts at %s', async (_, rate, perSecond) => {
  const times = await readAt(rate);
  expect(times).toHaveLength(300);
  const busiest = Math.max(
    ...times.map((from) => times.filter((at) => at >= from && at < from + 1_000).length),
  );
  expect(busiest).toBeLessThanOrEqual(perSecond);
  expect((times.at(-1) ?? 0) / 1_000).toBeCloseTo(299 / perSecond, 1);
});
