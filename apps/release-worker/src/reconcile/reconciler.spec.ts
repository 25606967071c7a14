import { afterEach, beforeEach, expect, it, jest } from '@jest/globals';
import type { Doubt, RecheckLater } from '@wxa/store';
import type { CheckResult, DoubtCheck } from './doubt-check.js';
import { Reconciler, type ReconcilerOptions } from './reconciler.js';

beforeEach(() => {
  jest.useFakeTimers();
});
afterEach(() => {
  jest.useRealTimers();
});

const doubt = {
  id: '1',
  fence: 1,
  checks: 1,
  reads: 1,
  negativeReads: 0,
  method: 'Release',
  mayActUntil: null,
} as Doubt;

const DECISIONS: CheckResult['decision'][] = [
  { kind: 'retry' },
  { kind: 'check-again', afterMs: 60_000, negativeReads: 1 },
  { kind: 'needs-operator', why: 'of a test' },
];

type Checked = Omit<CheckResult, 'throttledMs' | 'isUnsent'>;

/** A reconciler, and the times at which it takes doubts; `found` are the doubts it takes each time. */
function reconcilerFor({
  found,
  checked,
  isLost,
  isUnsent = false,
  unavailableMs = 0,
  unverifiedMs = 0,
}: {
  found: Doubt[][];
  checked: Checked;
  isLost?: true;
  isUnsent?: boolean;
  unavailableMs?: number;
  unverifiedMs?: number;
}) {
  const startedAt = Date.now();
  const polls: number[] = [];
  const readyFor: number[] = [];
  const written: unknown[] = [];
  const throttled: number[] = [];
  const unsent: (boolean | undefined)[] = [];
  const left: string[] = [];
  const reported: string[] = [];
  const doubts = {
    take: async (_limit: number, _leaseMs: number, readyForMs = 0) => {
      polls.push(Date.now() - startedAt);
      readyFor.push(readyForMs);
      return found.shift() ?? [];
    },
    recheckLater: async ({ recheckAt, throttledMs, isUnsent }: RecheckLater) => {
      unsent.push(isUnsent);
      throttled.push(throttledMs);
      return written.push(recheckAt) > 0 && !isLost;
    },
    settle: async ({ state }: { state: string }, { throttledMs }: Pick<Doubt, 'throttledMs'>) => {
      throttled.push(throttledMs);
      return written.push(state) > 0 && !isLost;
    },
  };
  const history = {
    get isVerified() {
      return Date.now() - startedAt >= unverifiedMs;
    },
    reportLostClaim: async ({ id }: { id: string }) => reported.push(id) > 0,
  };
  const options: Partial<ReconcilerOptions> = {
    doubtCheck: { run: async () => ({ ...checked, throttledMs: 700, isUnsent }) } as unknown as DoubtCheck,
    isUnavailable: () => Date.now() - startedAt < unavailableMs,
    onAnswer: () => undefined,
    onSettled: () => undefined,
    onNeedsOperator: (_doubt, why) => left.push(why),
  };
  const reconciler = new Reconciler({ doubts, history }, options as ReconcilerOptions);
  reconciler.start();
  return { reconciler, polls, readyFor, written, throttled, unsent, left, reported };
}

it('Reconciler polls at once after wakeUpIn(0) and again when the next check is due.', async () => {
  const checked: Checked = {
    answer: 'not-executed',
    decision: { kind: 'check-again', afterMs: 1_100, negativeReads: 1 },
  };
  const { reconciler, polls } = reconcilerFor({ found: [[doubt]], checked });
  reconciler.wakeUpIn(0);
  await jest.advanceTimersByTimeAsync(1_400);
  expect(polls).toEqual([20, 500, 1_000, 1_140]);
  await reconciler.stop();
});

it('Reconciler takes no doubt while WeChat is unavailable, and counts only its time since then as waiting.', async () => {
  const checked: Checked = { answer: 'not-executed', decision: { kind: 'retry' } };
  const { reconciler, polls, readyFor } = reconcilerFor({ found: [], checked, unavailableMs: 1_600 });
  await jest.advanceTimersByTimeAsync(2_500);
  expect({ polls, readyFor }).toEqual({ polls: [2_000, 2_500], readyFor: [500, 1_000] });
  await reconciler.stop();
});

it('Reconciler takes no doubt while Postgres is not verified, as when it starts, and counts that time as waiting.', async () => {
  const checked: Checked = { answer: 'not-executed', decision: { kind: 'retry' } };
  const { reconciler, polls, readyFor } = reconcilerFor({ found: [], checked, unverifiedMs: 1_600 });
  await jest.advanceTimersByTimeAsync(2_100);
  expect({ polls, readyFor }).toEqual({ polls: [2_000], readyFor: [Number.POSITIVE_INFINITY] });
  await reconciler.stop();
});

it.each(['ChangeVisitStatus', 'SetSupportVersion', 'RevertGrayRelease'])(
  'Reconciler does not read whether %s was executed while the call may still take effect: its state may have held before.',
  async (method) => {
    const early = { ...doubt, method, mayActUntil: new Date(Date.now() + 700) };
    const checked: Checked = { answer: 'executed', decision: { kind: 'succeeded', result: undefined } };
    const found = [[early], [], [{ ...early, mayActUntil: null }]];
    const { reconciler, polls, written, unsent } = reconcilerFor({ found, checked });
    reconciler.wakeUpIn(0);
    await jest.advanceTimersByTimeAsync(600);
    expect([written, unsent]).toEqual([[early.mayActUntil], [true]]);
    await jest.advanceTimersByTimeAsync(300);
    expect(polls).toEqual([20, 500, 720]);
    expect(written).toEqual([early.mayActUntil, 'SUCCEEDED']);
    await reconciler.stop();
  },
);

it('Reconciler accepts only an executed change while the call may still take effect, and checks again then.', async () => {
  const early = { ...doubt, mayActUntil: new Date(Date.now() + 700) };
  const checked: Checked = { answer: 'not-executed', decision: { kind: 'retry' } };
  const { reconciler, polls, written } = reconcilerFor({ found: [[early]], checked });
  reconciler.wakeUpIn(0);
  await jest.advanceTimersByTimeAsync(900);
  expect(written).toEqual([early.mayActUntil]);
  expect(polls).toEqual([20, 500, 720]);
  await reconciler.stop();
});

it('Reconciler leaves a doubt to an operator if no outcome could be stored after 100 reconciliations.', async () => {
  const checked: Checked = { answer: 'executed', decision: { kind: 'retry' } };
  const last = { ...doubt, checks: 500, reads: 100 };
  const { reconciler, written, left } = reconcilerFor({
    found: [[last], [{ ...last, reads: 101 }]],
    checked,
  });
  await jest.advanceTimersByTimeAsync(1_000);
  expect([written, left]).toEqual([['RETRYING', null], [expect.stringContaining('100 reconciliations')]]);
  await reconciler.stop();
});

it('Reconciler writes whether the check sent no read, also of a call that may still take effect.', async () => {
  const checked: Checked = {
    answer: 'no-answer',
    decision: { kind: 'check-again', afterMs: 60_000, negativeReads: 0 },
  };
  const found = [[doubt, { ...doubt, mayActUntil: new Date(Date.now() + 60_000) }]];
  for (const isUnsent of [true, false]) {
    const { reconciler, unsent } = reconcilerFor({ found: [...found], checked, isUnsent });
    await jest.advanceTimersByTimeAsync(500);
    expect(unsent).toEqual([isUnsent, isUnsent]);
    await reconciler.stop();
  }
});

it('Reconciler writes with each decision how long the doubt was throttled.', async () => {
  for (const decision of DECISIONS) {
    const checked: Checked = { answer: 'not-executed', decision };
    const { reconciler, throttled } = reconcilerFor({ found: [[doubt]], checked });
    await jest.advanceTimersByTimeAsync(500);
    expect(throttled).toEqual([700]);
    await reconciler.stop();
  }
});

it('Reconciler reports a doubt whose row it cannot write as a claim that Postgres may have lost.', async () => {
  for (const decision of DECISIONS) {
    const checked: Checked = { answer: 'not-executed', decision };
    const { reconciler, left, reported } = reconcilerFor({ found: [[doubt]], checked, isLost: true });
    await jest.advanceTimersByTimeAsync(500);
    expect([reported, left]).toEqual([[doubt.id], []]);
    await reconciler.stop();
  }
});

it('Reconciler polls no more after stop.', async () => {
  const checked: Checked = { answer: 'executed', decision: { kind: 'retry' } };
  const { reconciler, polls } = reconcilerFor({ found: [], checked });
  reconciler.wakeUpIn(100);
  await reconciler.stop();
  reconciler.wakeUpIn(0);
  await jest.advanceTimersByTimeAsync(2_000);
  expect(polls).toEqual([]);
});
