import { setImmediate as turn } from 'node:timers/promises';
import { expect, it } from '@jest/globals';
import { runConcurrently } from './caller.js';

const jobs = ['a1', 'b1', 'c1', 'a2', 'b2', 'c2', 'a3'];
const laneOf = (job: string) => job.slice(0, 1);

it('The given number of calls is always in flight, and those of one lane run one after the other.', async () => {
  const inFlight = new Set<string>();
  const counts: number[] = [];
  const ended: string[] = [];
  await runConcurrently(jobs, { laneOf, count: 2 }, async (job) => {
    expect([...inFlight].map(laneOf)).not.toContain(laneOf(job));
    counts.push(inFlight.add(job).size);
    // The first one is slow: the others continue, except those of its lane.
    for (let n = job === 'a1' ? 10 : 1; n > 0; n -= 1) await turn();
    inFlight.delete(job);
    ended.push(job);
  });
  expect(Math.max(...counts)).toBe(2);
  expect(ended).toEqual(['b1', 'c1', 'b2', 'c2', 'a1', 'a2', 'a3']);
});

it('All items run if there are fewer lanes than concurrent calls.', async () => {
  const called: string[] = [];
  await runConcurrently(jobs, { laneOf, count: 400 }, async (job) => called.push(job));
  expect(called.sort()).toEqual([...jobs].sort());
});
