import { expect, it } from '@jest/globals';
import type { Usage } from '../results.js';
import { FIGURES, ratiosOf, ratioTable } from './ratios.js';

function usageOf(seconds: number, gateway: number): Usage {
  const postgres = { transactions: 200, walBytes: 4_000_000 };
  return { seconds, operations: 1_000, cpuSeconds: { gateway, worker: 1, caller: 1 }, postgres };
}
const roundOf = (seconds: number, gateway: number) => ({
  wave: usageOf(seconds, gateway),
  startMs: { p50: 5, p99: 10, p999: 20 },
});
const NAMES = { theirs: '0123abcd', ours: 'working tree' };
const ROUNDS = {
  theirs: [roundOf(2, 1), roundOf(1, 1), roundOf(4, 1)],
  ours: [roundOf(1, 0.5), roundOf(1, 1), roundOf(1, 2)],
};

it('A ratio is that of two turns of one round, whatever the other rounds were like', () => {
  expect(ratiosOf(ROUNDS, FIGURES['operations per second'])).toEqual([2, 1, 4]);
  expect(ratiosOf(ROUNDS, FIGURES['CPU of the gateway, ms per operation'])).toEqual([0.5, 1, 2]);
  expect(ratiosOf(ROUNDS, FIGURES['WAL bytes per operation'])).toEqual([1, 1, 1]);
});

it('A round that only one build has finished has no ratio', () => {
  const rounds = { theirs: ROUNDS.theirs.slice(0, 1), ours: ROUNDS.ours };
  expect(ratiosOf(rounds, FIGURES['operations per second'])).toEqual([2]);
});

it('The table has the median and the range of both builds and of their ratio', () => {
  const text = ratioTable(NAMES, ROUNDS);
  expect(text).toContain('|  | 0123abcd | working tree | ratio |');
  expect(text).toContain(
    '| operations per second | 500 (250–1,000) | 1,000 (1,000–1,000) | 2.00 (1.00–4.00) |',
  );
  expect(text).toContain('| CPU of all processes, ms per operation | 3.00 (3.00–3.00) | 3.00 (2.50–4.00) |');
});

it('The table has the figures of rollouts only if both builds have rollouts', () => {
  const ours = ROUNDS.ours.map((round) => ({ ...round, rollout: usageOf(10, 1) }));
  const theirs = ROUNDS.theirs.map((round) => ({ ...round, rollout: usageOf(20, 1) }));
  expect(ratioTable(NAMES, { ...ROUNDS, ours })).not.toContain('rollout');
  expect(ratioTable(NAMES, { theirs, ours })).toContain(
    '| rollout: targets per second | 50.0 (50.0–50.0) | 100 (100–100) | 2.00 (2.00–2.00) |',
  );
});
