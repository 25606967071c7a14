import { describe, expect, it } from '@jest/globals';
import { contendersOf, jobsOf, SCENARIOS, SKEWED, takesPart } from './workloads.js';

const names = (jobs: { appid: string; userVersion: string }[]) =>
  jobs.map(({ appid, userVersion }) => `${appid.slice(-1)} ${userVersion}`);

describe('jobsOf', () => {
  it('The commits of a workload are in rounds of one commit of each mini-program.', () => {
    expect(jobsOf({ miniPrograms: 2, each: 2 }).map(names)).toEqual([
      ['0 1.0', '1 1.0'],
      ['0 1.1', '1 1.1'],
    ]);
  });

  it('A share has fewer rounds of commits, or a part of one round if it is less than a round.', () => {
    expect(jobsOf({ miniPrograms: 200, each: 50 }, 1 / 8)).toHaveLength(7);
    expect(jobsOf({ miniPrograms: 200, each: 50 }, 1 / 100).map((jobs) => jobs.length)).toEqual([100]);
  });

  it('The commits of a skewed mini-program are spread over those of the others.', () => {
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

describe('contendersOf and takesPart', () => {
  it('The contenders of a workload can be limited by name, and are never extended.', () => {
    const contenders = (named: string[]) => contendersOf(SCENARIOS.d, named).map(({ name }) => name);
    expect(contenders([])).toEqual(['ours', 'nest-each-message', 'graphile-worker', 'pg-boss']);
    expect(contenders(['bullmq', 'ours'])).toEqual(['ours']);
  });

  it('Without a ratio, the alternatives take part in the first round only and this product in every round.', () => {
    const [ours, other] = contendersOf(SCENARIOS.d, []);
    if (!ours || !other) throw new Error('no contender takes part');
    expect([1, 2].map((round) => takesPart(SCENARIOS.d, ours, round))).toEqual([true, true]);
    expect([1, 2].map((round) => takesPart(SCENARIOS.d, other, round))).toEqual([true, false]);
    expect([1, 2].map((round) => takesPart(SCENARIOS.a, other, round))).toEqual([true, true]);
  });
});
