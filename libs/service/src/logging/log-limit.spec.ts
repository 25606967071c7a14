import { expect, it, jest } from '@jest/globals';
import { LogLimit } from './log-limit.js';

it('Of five lines in a second one is written, and the next one says that four were left out', () => {
  jest.useFakeTimers({ now: 0 });
  const limit = new LogLimit();
  expect(Array.from({ length: 5 }, () => limit.take())).toEqual([{}, ...Array(4).fill(undefined)]);
  jest.advanceTimersByTime(1000);
  expect(limit.take()).toEqual({ suppressed: 4 });
  jest.advanceTimersByTime(1000);
  expect(limit.take()).toEqual({});
  jest.useRealTimers();
});
