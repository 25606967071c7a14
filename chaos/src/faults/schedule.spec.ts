import { expect, it } from '@jest/globals';
import { Random } from '../random.js';
import { schedule, withMilestones } from './schedule.js';

const KINDS = { killed: { ms: [0, 10] }, stopped: { ms: [500, 4000] }, busy: { ms: [7, 7] } } as const;

const first = (seed: number, count: number) => {
  const row = schedule(new Random(seed), KINDS, [100, 200]);
  return Array.from({ length: count }, () => row.next().value);
};

it('schedule yields the same faults for the same seed and others for another seed', () => {
  expect(first(7, 30)).toEqual(first(7, 30));
  expect(first(7, 30)).not.toEqual(first(8, 30));
});

it('schedule yields every kind once a round, each with a duration within its bounds', () => {
  const names = first(1, 3).map(({ name }) => name);
  expect(names.sort()).toEqual(['busy', 'killed', 'stopped']);
  for (const { name, ms, pauseMs } of first(1, 99)) {
    const [least, most] = KINDS[name as keyof typeof KINDS].ms;
    expect(ms).toBeGreaterThanOrEqual(least);
    expect(ms).toBeLessThanOrEqual(most);
    expect(pauseMs).toBeGreaterThanOrEqual(100);
    expect(pauseMs).toBeLessThanOrEqual(200);
  }
});

it('withMilestones inserts each milestone once, when its share of the run has passed', () => {
  const shares = [0.1, 0.4, 0.6, 0.9];
  const milestones = [
    { name: 'failover', share: 0.3 },
    { name: 'restore', share: 0.5 },
  ];
  const faults = schedule(new Random(1), { killed: KINDS.killed }, [0, 1]);
  const row = withMilestones(faults, milestones, () => shares.shift() ?? 1);
  const names = Array.from({ length: 6 }, () => row.next().value?.name);
  expect(names).toEqual(['killed', 'failover', 'killed', 'restore', 'killed', 'killed']);
});
