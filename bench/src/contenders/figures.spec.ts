import { describe, expect, it } from '@jest/globals';
import { gapsMs, judge, retryWaits, shortestMs, skewOf } from './figures.js';
import { jobsOf } from './workloads.js';

const call = (appid: string, userVersion: string, effectAt: number | null) => ({
  appid,
  body: JSON.stringify({ user_version: userVersion }),
  effectAt,
});
const jobs = jobsOf({ miniPrograms: 2, each: 2 }).flat();
const [first = '', second = ''] = jobs.map(({ appid }) => appid);
const asked = { begunAt: 1_000, storedAt: 1_010 };

describe('the shortest possible time', () => {
  it('is that of all calls where many lanes share the slots', () => {
    expect(shortestMs({ latencyMs: 50, inFlight: 100 }, jobsOf({ miniPrograms: 200, each: 20 }).flat())).toBe(
      2_000,
    );
  });

  it('is that of the longest lane where there are fewer lanes than slots', () => {
    expect(shortestMs({ latencyMs: 50, inFlight: 100 }, jobsOf({ miniPrograms: 1, each: 200 }).flat())).toBe(
      10_000,
    );
  });
});

describe('the shortest possible time with a busy WeChat', () => {
  it('has a call more for each that is answered -1', () => {
    const all = jobsOf({ miniPrograms: 200, each: 20 }).flat();
    expect(shortestMs({ latencyMs: 50, inFlight: 100, busy: 0.2 }, all)).toBe(2_500);
  });
});

describe('the ledger of a turn', () => {
  it('with each job once and in order has nothing against it', () => {
    const calls = [
      call(first, '1.0', 1_060),
      call(first, '1.1', 1_120),
      call(second, '1.0', 1_060),
      call(second, '1.1', 1_200),
    ];
    expect(judge(jobs, calls, asked)).toEqual({
      jobs: 4,
      done: 4,
      twice: 0,
      outOfOrder: 0,
      tookMs: 200,
      storedMs: 10,
    });
  });

  it('shows what ran too early, whatever order the calls began in', () => {
    const calls = [call(first, '1.0', 1_120), call(first, '1.1', 1_060)];
    expect(judge(jobs, calls, asked)).toMatchObject({ done: 2, twice: 0, outOfOrder: 1 });
  });

  it('shows what ran twice, and that an older version came back by it', () => {
    const calls = [call(first, '1.0', 1_060), call(first, '1.1', 1_070), call(first, '1.0', 1_080)];
    expect(judge(jobs, calls, asked)).toMatchObject({ done: 2, twice: 1, outOfOrder: 1 });
    const again = [call(first, '1.0', 1_060), call(first, '1.0', 1_070), call(first, '1.1', 1_080)];
    expect(judge(jobs, again, asked)).toMatchObject({ done: 2, twice: 1, outOfOrder: 0 });
  });

  it('does not count a call without effect', () => {
    expect(judge(jobs, [call(first, '1.0', null)], asked)).toMatchObject({ done: 0, twice: 0 });
  });
});

describe('the gaps of a chain', () => {
  it('are between the end of a call and the start of the next, in whatever order they are told', () => {
    const calls = [
      { startedAt: 210, endedAt: 260 },
      { startedAt: 100, endedAt: 150 },
      { startedAt: 155, endedAt: 205 },
    ];
    expect(gapsMs(calls)).toEqual([5, 5]);
  });
});

describe('the waits after -1', () => {
  it('are to the next call of the same mini-program, and summed up by mini-program', () => {
    const at = (appid: string, startedAt: number, errcode: number) => {
      return { appid, startedAt, endedAt: startedAt + 50, errcode };
    };
    const calls = [at('a', 100, -1), at('b', 100, 0), at('a', 350, -1), at('b', 160, -1), at('a', 500, 0)];
    expect(retryWaits([...calls, at('b', 220, 0), at('a', 900, 0)])).toEqual({
      waitsMs: [10, 200, 100],
      longestLaneMs: 300,
    });
  });
});

describe('the skew', () => {
  it('is told of the lane and of the others, each by its own last effect', () => {
    const calls = [call(first, '1.0', 1_060), call(first, '1.1', 1_125), call(second, '1.0', 1_070)];
    expect(skewOf({ latencyMs: 50 }, first, calls, asked)).toEqual({
      jobs: 2,
      tookMs: 125,
      efficiency: 0.8,
      othersMs: 70,
    });
  });
});
