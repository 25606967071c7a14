import { describe, expect, it } from '@jest/globals';
import { Turns } from './turns.js';

describe('Turns', () => {
  it('runs no more at once than it may, in order, and goes on after one that fails', async () => {
    const turns = new Turns(2);
    const begun: number[] = [];
    let running = 0;
    let most = 0;
    const work = (n: number) =>
      turns.run(async () => {
        begun.push(n);
        running += 1;
        most = Math.max(most, running);
        await new Promise((resolve) => setImmediate(resolve));
        running -= 1;
        if (n === 1) throw new Error('no');
        return n;
      });
    const ended = await Promise.allSettled([0, 1, 2, 3, 4, 5].map(work));
    expect(ended.map(({ status }) => status === 'fulfilled')).toEqual([true, false, true, true, true, true]);
    expect(begun).toEqual([0, 1, 2, 3, 4, 5]);
    expect(most).toBe(2);
  });
});
