import { describe, expect, it } from '@jest/globals';
import { CONTESTS } from '../contenders/workloads.js';
import type { Part, Turn, Usage, WorkloadName } from '../results.js';
import { pageOf } from './page.js';

const told = {
  at: '2026-11-25T15:00:00.000Z',
  machine: '2 cores, a machine',
  loadBefore: 0.5,
  versions: { Kafka: '4' },
};
const done = {
  jobs: 10_000,
  done: 10_000,
  twice: 0,
  outOfOrder: 0,
  tookMs: 4_000,
  storedMs: 2_000,
  efficiency: 0.5,
};

function part(name: WorkloadName, turns: Turn[]): Part {
  return { ...told, workload: CONTESTS[name].workload, turns };
}

function turn(name: string, round: number, perSecond: number, more: Partial<Turn> = {}): Turn {
  return { ...done, name, round, perSecond, ...more };
}

function usage(seconds: number, cpuSeconds: Usage['cpuSeconds']): Usage {
  const postgres = { transactions: 1_000, walBytes: 5_000_000 };
  return { seconds, operations: 10_000, cpuSeconds, residentMiB: {}, postgres, kafkaBytes: 20_000 };
}

function page(...parts: Parameters<typeof pageOf>): string {
  return pageOf(...parts)['RESULTS.md'] ?? '';
}

describe('the targets', () => {
  it('are held against the middle of all rounds, ratios of turns in one round', () => {
    const a = part('a', [
      turn('ours', 1, 1_000, { efficiency: 0.89 }),
      turn('bullmq', 1, 2_000),
      turn('ours', 2, 2_000, { efficiency: 0.92 }),
      turn('bullmq', 2, 1_000),
      turn('ours', 3, 1_500, { efficiency: 0.91 }),
      turn('bullmq', 3, 1_000),
    ]);
    expect(page({ a })).toContain('| ≥ 0.9 | 0.910 (0.890–0.920) | yes |');
    expect(page({ a })).toContain('of BullMQ, unordered | ≥ 1 × | 1.50 (0.50–2.00) × | yes |');
  });

  it('that are not reached say what bounds them', () => {
    const busy = usage(4, { worker: 2, gateway: 3, PostgreSQL: 2.5 });
    const idle = usage(10, { worker: 2, gateway: 3, PostgreSQL: 2.5 });
    const by = (of: Usage) => page({ a: part('a', [turn('ours', 1, 1_000, { usage: of })]) });
    expect(by(busy)).toContain(
      '| **no** | the machine: 1.88 of 2 cores busy; 0.750 ms of CPU for an operation: 2,667/s at most; 2 cores allow 1.333 |',
    );
    expect(by(idle)).toContain('| **no** | waits; not the CPU: 0.75 of 2 cores busy;');
    expect(by({ ...idle, elsewhereCpuSeconds: 11 })).toContain(
      'the machine: 0.75 of 2 cores busy, everything else took 1.10;',
    );
    expect(by(usage(4, { worker: 3.8, gateway: 1 }))).toContain(
      'the worker, which runs on one core: 0.95 of it busy',
    );
  });

  it('tell where the machine is full only while operations are accepted', () => {
    const told = (storing: number, after: number) => {
      const phases = {
        storing: { perSecond: 1_400, coresBusy: storing },
        after: { perSecond: 1_900, coresBusy: after },
      };
      return page({ a: part('a', [turn('ours', 1, 1_000, { usage: usage(10, { worker: 2 }), phases })]) });
    };
    expect(told(1.9, 1.3)).toContain(
      '| **no** | the machine while they are accepted: 1,400/s with 1.90 of 2 cores busy; after that 1,900/s with 1.30;',
    );
    expect(told(1.9, 1.8)).toContain('| **no** | waits;');
    expect(told(1.3, 1.3)).toContain('| **no** | waits;');
  });

  it('of a part that was not measured name its command', () => {
    expect(page({})).toContain('not measured: `--only latency`');
    expect(page({})).toContain('`npm run bench -- --quick`');
  });
});

describe('a workload', () => {
  it('is told by contender, with what a kill did to each and what an operation used', () => {
    const kill = part('kill', [
      turn('ours', 1, 1),
      turn('bullmq', 1, 1, { twice: 3, outOfOrder: 2, done: 9_999 }),
    ]);
    const a = part('a', [
      turn('ours', 1, 1_000, { usage: usage(8, { gateway: 2, PostgreSQL: 1 }) }),
      turn('bullmq', 1, 500, { outOfOrder: 7, storedMs: 900 }),
    ]);
    const text = page({ a, kill });
    expect(text).toContain('PostgreSQL** | 10,000 | 0.500 | 1,000 |  | 2.0 s | yes | 0 | 0 | yes |');
    expect(text).toContain(
      '| 500 | 2.00 × | 0.9 s | no: 7 lanes | 0 | 0 | no: 1 not done, 3 twice, 2 lanes out of order |',
    );
    expect(text).toContain('PostgreSQL** | 0.300 | 0.200 | 0.100 | 0.38 |  | 0.100 | 500 | 2 |');
  });

  it('has charts that are whole pictures', () => {
    const a = part('a', [
      turn('ours', 1, 1_000, { usage: usage(8, { gateway: 2 }) }),
      turn('bullmq', 1, 500),
    ]);
    const { 'RESULTS.md': text, ...charts } = pageOf({ a });
    expect(Object.keys(charts)).toEqual(['charts/a-speed.svg', 'charts/a-cpu.svg']);
    for (const [path, svg] of Object.entries(charts)) {
      expect(text).toContain(`(${path})`);
      expect(svg).toMatch(/^<svg [\s\S]*<\/svg>\n$/);
      expect(svg).not.toMatch(/NaN|undefined|Infinity/);
    }
  });
});
