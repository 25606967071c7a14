import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import { steadily } from './caller.js';

const jobs = ['a1', 'b1', 'c1', 'a2', 'b2', 'c2', 'a3'];
const laneOf = (job: string) => job.slice(0, 1);

describe('a steady caller', () => {
  it('has so many asks under way all the time, those of one lane one after the other', async () => {
    const underWay = new Set<string>();
    const most: number[] = [];
    const ended: string[] = [];
    await steadily(jobs, { laneOf, count: 2 }, async (job) => {
      expect([...underWay].map(laneOf)).not.toContain(laneOf(job));
      most.push(underWay.add(job).size);
      // The first is slow: the others go on, but for those of its lane.
      for (let n = job === 'a1' ? 10 : 1; n > 0; n -= 1) await turn();
      underWay.delete(job);
      ended.push(job);
    });
    expect(Math.max(...most)).toBe(2);
    expect(ended).toEqual(['b1', 'c1', 'b2', 'c2', 'a1', 'a2', 'a3']);
  });

  it('asks for all where there are fewer lanes than asks at once', async () => {
    const asked: string[] = [];
    await steadily(jobs, { laneOf, count: 400 }, async (job) => asked.push(job));
    expect(asked.sort()).toEqual([...jobs].sort());
  });
});
