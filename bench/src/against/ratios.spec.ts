import { expect, it } from '@jest/globals';
import { FIGURES, type Round, ratiosOf, ratioTable } from './ratios.js';

const roundOf = (seconds: number, gateway: number, p99 = 10): Round => ({
  usage: {
    ...{ seconds, operations: 1_000, cpuSeconds: { gateway, worker: 1, caller: 1 } },
    postgres: { transactions: 200, walBytes: 4_000_000 },
  },
  startMs: { p50: 5, p99, p999: 20 },
});
const ROUNDS = {
  theirs: [roundOf(2, 1), roundOf(1, 1), roundOf(4, 1)],
  ours: [roundOf(1, 0.5), roundOf(1, 1), roundOf(1, 2)],
};
const figure = (name: string) => FIGURES[name] ?? (() => Number.NaN);

it('A ratio is that of two turns of one round, whatever the other rounds were like', () => {
  expect(ratiosOf(ROUNDS, figure('operations per second'))).toEqual({ median: 2, min: 1, max: 4 });
  expect(ratiosOf(ROUNDS, figure('CPU of the gateway, ms'))).toEqual({ median: 1, min: 0.5, max: 2 });
  expect(ratiosOf(ROUNDS, figure('WAL bytes per operation'))).toEqual({ median: 1, min: 1, max: 1 });
});

it('A round that only one build has finished counts in no ratio', () => {
  const rounds = { theirs: ROUNDS.theirs.slice(0, 1), ours: ROUNDS.ours };
  expect(ratiosOf(rounds, figure('operations per second'))).toEqual({ median: 2, min: 2, max: 2 });
});

it('The table has the median and the range of both builds and of their ratio', () => {
  const text = ratioTable('0123abcd', ROUNDS);
  expect(text).toContain('|  | 0123abcd | working tree | ratio |');
  expect(text).toContain(
    '| operations per second | 500 (250–1,000) | 1,000 (1,000–1,000) | 2.00 (1.00–4.00) |',
  );
  expect(text).toContain('| CPU of all processes, ms per operation | 3.00 (3.00–3.00) | 3.00 (2.50–4.00) |');
});
