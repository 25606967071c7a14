import { describe, expect, it } from '@jest/globals';
import { CONTESTS, fieldOf, jobsOf, SKEWED, takesPart } from './workloads.js';

const names = (jobs: { appid: string; userVersion: string }[]) =>
  jobs.map(({ appid, userVersion }) => `${appid.slice(-1)} ${userVersion}`);

describe('the commits of a workload', () => {
  it('come in rounds of one of each mini-program', () => {
    expect(jobsOf({ miniPrograms: 2, each: 2 }).map(names)).toEqual([
      ['0 1.0', '1 1.0'],
      ['0 1.1', '1 1.1'],
    ]);
  });

  it('are fewer rounds for a share, and a part of one round where it is less than that', () => {
    expect(jobsOf({ miniPrograms: 200, each: 50 }, 1 / 8)).toHaveLength(7);
    expect(jobsOf({ miniPrograms: 200, each: 50 }, 1 / 100).map((jobs) => jobs.length)).toEqual([100]);
  });

  it('of a skewed mini-program are spread over those of the others', () => {
    const rounds = jobsOf({ miniPrograms: 4, each: 2, skewed: 4 });
    expect(rounds.map(names)).toEqual([
      ['0 1.0', 'f 1.0', '1 1.0', '2 1.0'],
      ['f 1.1', '3 1.0', '0 1.1'],
      ['f 1.2', '1 1.1', '2 1.1'],
      ['f 1.3', '3 1.1'],
    ]);
    expect(rounds.flat().filter(({ appid }) => appid === SKEWED)).toHaveLength(4);
  });
});

describe('those who take part', () => {
  it('are the named ones of those the workload is for', () => {
    const field = (named: string[]) => fieldOf(CONTESTS.d, named).map(({ name }) => name);
    expect(field([])).toEqual(['ours', 'nest-each-message', 'graphile-worker', 'pg-boss']);
    expect(field(['bullmq', 'ours'])).toEqual(['ours']);
  });

  it('do so in the first round alone where no ratio is asked for, but for ours', () => {
    const [ours, other] = fieldOf(CONTESTS.d, []);
    if (!ours || !other) throw new Error('nobody takes part');
    expect([1, 2].map((round) => takesPart(CONTESTS.d, ours, round))).toEqual([true, true]);
    expect([1, 2].map((round) => takesPart(CONTESTS.d, other, round))).toEqual([true, false]);
    expect([1, 2].map((round) => takesPart(CONTESTS.a, other, round))).toEqual([true, true]);
  });
});
