import { afterEach, beforeEach, expect, it, jest } from '@jest/globals';
import { Poller } from './poller.js';

beforeEach(() => void jest.useFakeTimers({ now: 0 }));
afterEach(() => void jest.useRealTimers());

/** A poller that is started at 0 ms, and when it polled. @param takesMs how long the next poll takes. */
function polling(everyMs: number | (() => number), failsAt = Number.NaN) {
  const seen = { polls: [] as number[], failures: [] as unknown[], takesMs: 0 };
  const poll = async () => {
    seen.polls.push(Date.now());
    if (seen.takesMs > 0) await new Promise((resolve) => setTimeout(resolve, seen.takesMs));
    if (Date.now() === failsAt) throw new Error('of a test');
  };
  const poller = new Poller(everyMs, poll, (error) => seen.failures.push(error));
  poller.start();
  return { poller, seen };
}

it('A poller polls at its interval, which a wake-up does not change, and continues after a failure.', async () => {
  const { poller, seen } = polling(100, 200);
  await jest.advanceTimersByTimeAsync(150);
  poller.wakeUp();
  await jest.advanceTimersByTimeAsync(200);
  expect(seen.polls).toEqual([100, 150, 200, 300]);
  expect(seen.failures).toHaveLength(1);
  await poller.stop();
});

it('An interval or a wake-up during a poll causes one more poll right after it.', async () => {
  const { poller, seen } = polling(100);
  seen.takesMs = 150;
  await jest.advanceTimersByTimeAsync(120);
  poller.wakeUp();
  poller.wakeUp();
  seen.takesMs = 0;
  await jest.advanceTimersByTimeAsync(200);
  expect(seen.polls).toEqual([100, 250]);
  await jest.advanceTimersByTimeAsync(100);
  expect(seen.polls).toEqual([100, 250, 350]);
  await poller.stop();
});

it('An interval that a poll shortens is kept from then on.', async () => {
  let everyMs = 1_000;
  const { poller, seen } = polling(() => everyMs);
  await jest.advanceTimersByTimeAsync(250);
  everyMs = 100;
  poller.wakeUp();
  await jest.advanceTimersByTimeAsync(200);
  expect(seen.polls).toEqual([250, 250, 350, 450]);
  await poller.stop();
});

it('run waits for the running poll, and stop too, after which the poller polls only when it is run.', async () => {
  const { poller, seen } = polling(100);
  seen.takesMs = 50;
  await jest.advanceTimersByTimeAsync(100);
  const ends: number[] = [];
  const end = () => void ends.push(Date.now());
  void poller.run().then(end);
  void poller.stop().then(end);
  poller.wakeUp();
  await jest.advanceTimersByTimeAsync(500);
  expect([seen.polls, ends]).toEqual([[100], [150, 150]]);
  void poller.run();
  expect(seen.polls).toEqual([100, 600]);
  await jest.advanceTimersByTimeAsync(500);
  expect(seen.polls).toHaveLength(2);
});
