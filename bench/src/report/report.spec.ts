import { describe, expect, it } from '@jest/globals';
import { SCENARIOS } from '../contenders/workloads.js';
import type { Part, Turn, Usage, WorkloadName } from '../results.js';
import { latencySection } from './other-sections.js';
import { reportOf } from './report.js';
import { rolloutFiguresSection } from './rollouts-section.js';

const ORIGIN = {
  at: '2026-11-25T15:00:00.000Z',
  machine: '2 cores',
  loadBefore: 0.5,
};
const DONE = { jobs: 10_000, done: 10_000, twice: 0, outOfOrder: 0, tookMs: 4_000, storedMs: 2_000 };

function part(name: WorkloadName, turns: Turn[]): Part {
  return { ...ORIGIN, workload: SCENARIOS[name].workload, turns };
}

function turn(name: string, round: number, perSecond: number, more: Partial<Turn> = {}): Turn {
  return { ...DONE, efficiency: 0.5, name, round, perSecond, ...more };
}

function usage(cpuSeconds: Usage['cpuSeconds']): Usage {
  const postgres = { transactions: 1_000, walBytes: 5_000_000 };
  return { seconds: 8, operations: 10_000, cpuSeconds, postgres };
}

describe('reportOf', () => {
  it('The median of all rounds decides whether a target is reached; a ratio is that of two turns in one round.', () => {
    const a = part('a', [
      turn('ours', 1, 1_000, { efficiency: 0.89 }),
      turn('bullmq', 1, 2_000),
      turn('ours', 2, 2_000, { efficiency: 0.92 }),
      turn('bullmq', 2, 1_000),
      turn('ours', 3, 1_500, { efficiency: 0.91 }),
      turn('bullmq', 3, 1_000),
    ]);
    const report = reportOf({ a });
    expect(report).toContain('| ≥ 0.9 | 0.910 (0.890–0.920) | yes |');
    expect(report).toContain('BullMQ, unordered | ≥ 1 | 1.50 (0.50–2.00) × | yes |');
  });

  it('A target of a part that was not measured names its command.', () => {
    expect(reportOf({})).toContain('not measured: `--only latency`');
  });

  it('A workload has a row for each contender, with order, repetitions and the CPU of an operation.', () => {
    const a = part('a', [
      turn('ours', 1, 1_000, { usage: usage({ gateway: 2, PostgreSQL: 1 }) }),
      turn('bullmq', 1, 500, { outOfOrder: 7, storedMs: 900, twice: 3, done: 9_999 }),
    ]);
    const report = reportOf({ a });
    expect(report).toContain('PostgreSQL** | 10,000 | 0.500 | 1,000 |  | 2.0 s | yes | 0 | 0 |');
    expect(report).toContain('| 500 | 2.00 × | 0.9 s | no: 7 lanes | 3 | 1 |');
    expect(report).toContain('PostgreSQL** | 0.300 | 0.200 | 0.100 | 0.38 | 0.100 | 500 |');
  });

  it('A latency at a given rate has a row with that rate and does not call it half load.', () => {
    const measured = { round: 1, perSecond: 400, operations: 4_000, ms: { p50: 5, p99: 20, p999: 30 } };
    const part = {
      ...ORIGIN,
      workload: { latencyMs: 50, inFlight: 100 },
      wavesPerSecond: [1_000],
      turns: [{ ...measured, load: 'given' as const, usage: usage({ gateway: 2 }) }],
    };
    const section = latencySection(part).join('\n');
    expect(section).toContain('| given load, 400/s | 5.0 ms | 20.0 ms | 30.0 ms |');
    expect(section).toContain('Waves of (a)\nreached just before: 1,000/s.');
    expect(section).not.toContain('alf load');
  });

  it('A rollout under a rate limit has a row with CPU and WAL per operation for each build.', () => {
    const [before, after] = [usage({ worker: 5 }), usage({ worker: 2 })];
    const usages = [
      { title: 'baseline', turns: [{ usage: before }, { usage: before }, { usage: after }] },
      { title: 'this commit', turns: [{ usage: after }] },
    ];
    const part = { ...ORIGIN, workload: '', figures: [], usages };
    const section = rolloutFiguresSection('rollout-rate', part).join('\n');
    expect(section).toContain('| baseline | 0.500 | 0.500 | 0.63 | 0.100 | 500 |');
    expect(section).toContain('| this commit | 0.200 | 0.200 | 0.25 | 0.100 | 500 |');
  });
});
