import { describe, expect, it } from '@jest/globals';
import type { Part, Workload, WorkloadName } from '../results.js';
import { tables, withTables } from './tables.js';
import { CONTESTS } from './workloads.js';

const told = {
  at: '2026-11-25T15:00:00.000Z',
  machine: '2 cores',
  loadBefore: 0.5,
  versions: { bullmq: '6.7.0' },
};
const done = { jobs: 4_000, done: 4_000, twice: 0, outOfOrder: 0, tookMs: 4_000, storedMs: 2_000 };

function part(workload: WorkloadName, turns: Part['turns']): Part {
  return { ...told, workload: CONTESTS[workload]?.workload as Workload, turns };
}

describe('the tables of the contenders', () => {
  it('give the middle of all rounds, its spread, and how fast ours is against it', () => {
    const text = tables({
      a: part('a', [
        { round: 1, name: 'ours', ...done, efficiency: 0.5, perSecond: 1_000 },
        { round: 1, name: 'bullmq', ...done, outOfOrder: 7, efficiency: 0.2, perSecond: 400 },
        { round: 2, name: 'ours', ...done, efficiency: 0.7, perSecond: 1_400 },
      ]),
    });
    expect(text).toContain('PostgreSQL | 4000 | 0.600 (0.500–0.700) | 1200 |  | 2.0 s | 0 | 0 | 0 |');
    expect(text).toContain('by key | 4000 | 0.200 (0.200–0.200) | 400 | 3.00 × | 2.0 s | 7 | 0 | 0 |');
    expect(text).not.toContain('pg-boss');
  });

  it('tell what a kill left undone', () => {
    const turns = [{ round: 1, name: 'ours', ...done, done: 3_990, efficiency: 0, perSecond: 1 }];
    expect(tables({ kill: part('kill', turns) })).toContain('PostgreSQL | 4000 | 10 | 0 | 0 | 4.0 s |');
  });

  it('take the place of the earlier ones on the page', () => {
    const page = 'before\n<!-- contenders: generated -->\n\nold\n<!-- contenders: end -->\nafter\n';
    const once = withTables(page, 'new\n');
    expect(once).toBe('before\n<!-- contenders: generated -->\n\nnew\n\n<!-- contenders: end -->\nafter\n');
    expect(withTables(once, 'new\n')).toBe(once);
    expect(() => withTables('no marks', 'new')).toThrow('lacks');
  });
});
