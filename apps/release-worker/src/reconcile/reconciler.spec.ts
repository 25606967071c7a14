import { afterEach, beforeEach, expect, it, jest } from '@jest/globals';
import type { Doubt, RecheckLater } from '@wxa/operations';
import type { CheckResult, DoubtCheck } from './doubt-check.js';
import { Reconciler, type ReconcilerOptions } from './reconciler.js';

const doubt = { id: '1', fence: 1, checks: 1, reads: 1, method: 'Release', mayActUntil: null } as Doubt;

type Decision = CheckResult['decision'];
const AGAIN: Decision = { kind: 'check-again', afterMs: 1_100, negativeReads: 1 };
const DECISIONS: Decision[] = [{ kind: 'retry' }, AGAIN, { kind: 'needs-operator', why: 'of a test' }];

/** Since before the process started. */
const LONG = Array<number>(2).fill(Number.POSITIVE_INFINITY);

let reconciler: Reconciler;
beforeEach(() => void jest.useFakeTimers());
afterEach(async () => {
  await reconciler.stop();
  jest.useRealTimers();
});

/**
 * Starts a reconciler that takes the doubts of `found` one list after another; returns the times at which it did and
 * what it wrote and reported.
 */
function reconciling(
  found: Doubt[][],
  decision: Decision,
  given: Partial<CheckResult> & { isLost?: true; unavailableMs?: number; unverifiedMs?: number } = {},
) {
  const { answer = 'not-executed', isUnsent = false, isLost, unavailableMs = 0, unverifiedMs = 0 } = given;
  const startedAt = Date.now();
  const seen = { polls: [] as number[], readyFor: [] as number[], throttled: [] as number[] };
  const stored = {
    unsent: [] as unknown[],
    written: [] as unknown[],
    left: [] as string[],
    reported: [] as string[],
  };
  const doubts = {
    take: async (_limit: number, _leaseMs: number, readyForMs = 0) => {
      seen.polls.push(Date.now() - startedAt);
      seen.readyFor.push(readyForMs);
      return found.shift() ?? [];
    },
    recheckLater: async ({ recheckAt, throttledMs, isUnsent }: RecheckLater) => {
      stored.unsent.push(isUnsent);
      seen.throttled.push(throttledMs);
      return stored.written.push(recheckAt) > 0 && !isLost;
    },
    settle: async ({ state }: { state: string }, { throttledMs }: Pick<Doubt, 'throttledMs'>) => {
      seen.throttled.push(throttledMs);
      return stored.written.push(state) > 0 && !isLost;
    },
  };
  const history = {
    get isVerified() {
      return Date.now() - startedAt >= unverifiedMs;
    },
    reportLostClaim: async ({ id }: { id: string }) => stored.reported.push(id) > 0,
  };
  const options: Partial<ReconcilerOptions> = {
    doubtCheck: {
      run: async () => ({ answer, decision, isUnsent, throttledMs: 700 }),
    } as unknown as DoubtCheck,
    isUnavailable: () => Date.now() - startedAt < unavailableMs,
    onAnswer: () => undefined,
    onSettled: () => undefined,
    onNeedsOperator: (_doubt, why) => stored.left.push(why),
  };
  reconciler = new Reconciler({ doubts, history }, options as ReconcilerOptions);
  reconciler.start();
  return { ...seen, ...stored };
}

it('Reconciler polls at once after wakeUpIn(0) and again when the next check is due.', async () => {
  const { polls } = reconciling([[doubt]], AGAIN);
  reconciler.wakeUpIn(0);
  await jest.advanceTimersByTimeAsync(1_400);
  expect(polls).toEqual([20, 500, 1_000, 1_140]);
});

it.each([
  ['WeChat is unavailable, and counts only its time since then', { unavailableMs: 1_600 }, [500, 1_000]],
  ['Postgres is not verified, as when it starts, and counts that time', { unverifiedMs: 1_600 }, LONG],
])('Reconciler takes no doubt while %s as waiting.', async (_, given, expected) => {
  const { polls, readyFor } = reconciling([], { kind: 'retry' }, given);
  await jest.advanceTimersByTimeAsync(2_500);
  expect({ polls, readyFor }).toEqual({ polls: [2_000, 2_500], readyFor: expected });
});

it.each(['ChangeVisitStatus', 'SetSupportVersion', 'RevertGrayRelease'])(
  'Reconciler does not read whether %s was executed while the call may still take effect: its state may have held before.',
  async (method) => {
    const early = { ...doubt, method, mayActUntil: new Date(Date.now() + 700) };
    const found = [[early], [], [{ ...early, mayActUntil: null }]];
    const succeeded = { kind: 'succeeded', result: undefined } as const;
    const { polls, written, unsent } = reconciling(found, succeeded, { answer: 'executed' });
    reconciler.wakeUpIn(0);
    await jest.advanceTimersByTimeAsync(600);
    expect([written, unsent]).toEqual([[early.mayActUntil], [true]]);
    await jest.advanceTimersByTimeAsync(300);
    expect(polls).toEqual([20, 500, 720]);
    expect(written).toEqual([early.mayActUntil, 'SUCCEEDED']);
  },
);

it('Reconciler accepts only an executed change while the call may still take effect, and checks again then.', async () => {
  const early = { ...doubt, mayActUntil: new Date(Date.now() + 700) };
  const { polls, written } = reconciling([[early]], { kind: 'retry' });
  reconciler.wakeUpIn(0);
  await jest.advanceTimersByTimeAsync(900);
  expect(written).toEqual([early.mayActUntil]);
  expect(polls).toEqual([20, 500, 720]);
});

it('Reconciler leaves a doubt to an operator if no outcome could be stored after 100 reconciliations.', async () => {
  const found = [100, 101].map((reads) => [{ ...doubt, checks: 500, reads }]);
  const { written, left } = reconciling(found, { kind: 'retry' }, { answer: 'executed' });
  await jest.advanceTimersByTimeAsync(1_000);
  expect([written, left]).toEqual([['RETRYING', null], [expect.stringContaining('100 reconciliations')]]);
});

it.each([true, false])(
  'Reconciler writes whether the check sent no read (%s), also of a call that may still take effect.',
  async (isUnsent) => {
    const found = [[doubt, { ...doubt, mayActUntil: new Date(Date.now() + 60_000) }]];
    const { unsent } = reconciling(found, { ...AGAIN, afterMs: 60_000 }, { answer: 'no-answer', isUnsent });
    await jest.advanceTimersByTimeAsync(500);
    expect(unsent).toEqual([isUnsent, isUnsent]);
  },
);

it.each(DECISIONS)(
  'Reconciler writes with the decision %j how long the doubt was throttled.',
  async (decision) => {
    const { throttled } = reconciling([[doubt]], decision);
    await jest.advanceTimersByTimeAsync(500);
    expect(throttled).toEqual([700]);
  },
);

it.each(DECISIONS)(
  'Reconciler reports a doubt for which it cannot write %j as a claim that Postgres may have lost.',
  async (decision) => {
    const { left, reported } = reconciling([[doubt]], decision, { isLost: true });
    await jest.advanceTimersByTimeAsync(500);
    expect([reported, left]).toEqual([[doubt.id], []]);
  },
);

it('Reconciler polls no more after stop.', async () => {
  const { polls } = reconciling([], { kind: 'retry' });
  reconciler.wakeUpIn(100);
  await reconciler.stop();
  reconciler.wakeUpIn(0);
  await jest.advanceTimersByTimeAsync(2_000);
  expect(polls).toEqual([]);
});
