import { expect, it } from '@jest/globals';
import { check } from '../checker/check.js';
import { cleanHistory } from '../checker/fixtures/clean-history.js';
import type { RunHistory } from '../history.js';
import type { FleetBacklog } from '../run.js';
import { report } from './report.js';

const ARGS = {
  ...{ minutes: 1, seed: 7, brokers: 1, fleet: 0 },
  ...{ rollout: 0, recovery: false, otherVersion: undefined, report: undefined, history: undefined },
} as const;

const reportOf = (history: RunHistory, brokers: 1 | 3 = 1, backlog?: FleetBacklog) => {
  const run = { history, unexpected: [], settledMs: 0, backlog };
  return report({ ...ARGS, brokers }, run, check(history));
};

it('The report has the command to repeat the run and all checks, and passes without findings', () => {
  const { text, passed } = reportOf(cleanHistory());
  expect(passed).toBe(true);
  expect(text).toContain('npm run chaos -- --minutes 1 --seed 7 --brokers 1 --fleet 0');
  expect(text).toMatch(/\| confirmed twice +\| 0 +\| 0 /);
  expect(text).toMatch(/PASSED\n$/);
});

it('The report has the whole history of one incorrect operation, from all four sources and with the faults around it', () => {
  const history = cleanHistory();
  const [release] = history.calls.slice(2);
  if (release) history.calls.push({ ...release, seq: 99, effectAt: (release.effectAt ?? 0) + 50 });
  history.faults.push({ name: 'worker killed', target: 'worker-1', from: 2100, to: 2200 });
  const { text, passed } = reportOf(history);
  expect(passed).toBe(false);
  for (const line of [
    /confirmed twice: wx0000000000000001 operation-2 /,
    /caller {3}calls gateway 1 with Release r2/,
    /WeChat {3}call 99 executes: release 1.0/,
    /table {4}THIS Release r2 \(seq 2\) ended SUCCEEDED/,
    /Kafka {4}wxa.code.v1.OperationCompleted operation-2.completed at wxa.code.outcomes.v1\/0\/2/,
    /fault {4}worker killed: worker-1/,
    /FAILED\n$/,
  ])
    expect(text).toMatch(line);
});

it.each([
  [20_000, true],
  [20_001, false],
])('With no outcome for %d ms around a killed broker, the report passes: %s', (pauseMs, passed) => {
  const history = cleanHistory();
  const [before, last] = history.operations.slice(3);
  if (!before || !last) throw new Error('the clean history has changed');
  last.endedAt = (before.endedAt ?? 0) + pauseMs;
  history.faults.push({ name: 'broker killed', target: 'one', from: 0, to: 30_000 });
  expect(reportOf(history, 3).passed).toBe(passed);
});

it.each([
  [9, 9, true],
  [0, 9, false],
  [9, 0, false],
])(
  'With a fleet that leaves %d operations after the faults, and %d delayed in Postgres, the report passes: %s',
  (left, mostDelayed, passed) => {
    expect(reportOf(cleanHistory(), 1, { perSecond: 6, left, mostDelayed }).passed).toBe(passed);
  },
);

it('The report lists an operation in doubt that needs an operator, with its reason', () => {
  const history = cleanHistory();
  const [row] = history.operations.slice(4);
  const [event] = history.events.slice(4);
  if (!row || !event) throw new Error('the clean history has changed');
  Object.assign(row, { state: 'IN_DOUBT', endedAt: null, error: { reason: 'WORKER_LOST' } });
  event.type = 'wxa.code.v1.OperationInDoubt';
  const { text, passed } = reportOf(history);
  expect(passed).toBe(true);
  expect(text).toContain('- in doubt, RevertRelease operation-4: WORKER_LOST');
});
