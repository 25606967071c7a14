import { describe, expect, it } from '@jest/globals';
import { gapsMs, outcomeOf, shortestMs, skewOf } from './figures.js';
import { jobsOf } from './workloads.js';

const call = (appid: string, userVersion: string, effectAt: number | null) => ({
  appid,
  body: JSON.stringify({ user_version: userVersion }),
  effectAt,
});
const jobs = jobsOf({ miniPrograms: 2, each: 2 }).flat();
const [first = '', second = ''] = jobs.map(({ appid }) => appid);
const instants = { turnStartedAt: 1_000, storedAt: 1_010 };

it.each([
  ['that of all calls if there are more lanes than permits', 2_000, 200, 20, {}],
  ['that of the longest lane if there are fewer lanes than permits', 10_000, 1, 200, {}],
  ['longer by a further call for each one that returns -1', 2_500, 200, 20, { busy: 0.2 }],
])('The shortest time is %s.', (_, expected, miniPrograms, each, more) => {
  const all = jobsOf({ miniPrograms, each }).flat();
  expect(shortestMs({ latencyMs: 50, inFlight: 100, ...more }, all)).toBe(expected);
});

describe('outcomeOf', () => {
  it('A ledger with each job once and in order has neither repetitions nor lanes out of order.', () => {
    const calls = [
      call(first, '1.0', 1_060),
      call(first, '1.1', 1_120),
      call(second, '1.0', 1_060),
      call(second, '1.1', 1_200),
    ];
    const counts = { jobs: 4, done: 4, twice: 0, outOfOrder: 0 };
    expect(outcomeOf(jobs, calls, instants)).toEqual({ ...counts, tookMs: 200, storedMs: 10 });
  });

  it('A job that took effect before an earlier one counts as out of order, regardless of the order in which the calls started.', () => {
    const calls = [call(first, '1.0', 1_120), call(first, '1.1', 1_060)];
    expect(outcomeOf(jobs, calls, instants)).toMatchObject({ done: 2, twice: 0, outOfOrder: 1 });
  });

  it('A job that was executed twice is counted, and is out of order if it restored an older version.', () => {
    const calls = [call(first, '1.0', 1_060), call(first, '1.1', 1_070), call(first, '1.0', 1_080)];
    expect(outcomeOf(jobs, calls, instants)).toMatchObject({ done: 2, twice: 1, outOfOrder: 1 });
    const again = [call(first, '1.0', 1_060), call(first, '1.0', 1_070), call(first, '1.1', 1_080)];
    expect(outcomeOf(jobs, again, instants)).toMatchObject({ done: 2, twice: 1, outOfOrder: 0 });
  });

  it('A call without an effect is not counted.', () => {
    expect(outcomeOf(jobs, [call(first, '1.0', null)], instants)).toMatchObject({ done: 0, twice: 0 });
  });
});

it('A gap is the time from the end of a call to the start of the next, regardless of the order of the entries.', () => {
  const calls = [
    { startedAt: 210, endedAt: 260 },
    { startedAt: 100, endedAt: 150 },
    { startedAt: 155, endedAt: 205 },
  ];
  expect(gapsMs(calls)).toEqual([5, 5]);
});

it('The times of the skewed lane and of the others each end with their own last effect.', () => {
  const calls = [call(first, '1.0', 1_060), call(first, '1.1', 1_125), call(second, '1.0', 1_070)];
  const skew = { jobs: 2, tookMs: 125, efficiency: 0.8, othersMs: 70 };
  expect(skewOf({ latencyMs: 50 }, first, calls, instants)).toEqual(skew);
});
