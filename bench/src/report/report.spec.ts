import { expect, it } from '@jest/globals';
import type { Usage } from '../results.js';
import { latencySection } from './other-sections.js';
import { reportOf } from './report.js';
import { rolloutFiguresSection } from './rollouts-section.js';

const ORIGIN = { at: '2026-11-25T15:00:00.000Z', machine: '2 cores', loadBefore: 0.5 };
function usage(cpuSeconds: Usage['cpuSeconds']): Usage {
  const postgres = { transactions: 1_000, walBytes: 5_000_000 };
  return { seconds: 8, operations: 10_000, cpuSeconds, postgres };
}

it('A target of a part that was not measured names its command.', () => {
  expect(reportOf({})).toContain('not measured: `--only latency`');
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
