import { describe, expect, it } from '@jest/globals';
import type { RolloutGate } from '@wxa/contracts';
import { contextOf, later, NOW, progressOf, specOf, step, waveOf } from '../fixtures/samples.js';
import type { Progress, WaveProgress } from '../rollout.js';
import type { Step, TargetState } from '../target.js';
import { gates } from './gates.js';

const wavesOf = (...gatesOf: { submit?: Partial<RolloutGate>; release?: Partial<RolloutGate> }[]) =>
  gatesOf.map(({ submit, release }) => ({
    ...{ size: { $case: 'count' as const, value: 1 }, submitGate: submit, releaseGate: release },
  }));
const contextWith = (submit: Partial<RolloutGate>) =>
  contextOf({ spec: specOf({ waves: wavesOf({}, { submit }) }) });

/** Wave 1 with its submit gate open, in these steps and states; wave 2 waits. */
const progressWith = (
  counts: [Step, TargetState, number][],
  second: Partial<WaveProgress> = {},
): Progress => {
  const first = counts.map(([at, state, targets]) => ({ step: at, state, targets }));
  const waves = [waveOf(1, first), waveOf(2, [{ targets: 5 }], second)];
  return progressOf({ submitWave: 1, releaseWave: 1, waves });
};

const DONE = progressWith([['RELEASE', 'PENDING', 10]]);
const HALF_COUNTS: Parameters<typeof progressWith>[0] = [
  ['AUDIT', 'WAITING', 5],
  ['RELEASE', 'PENDING', 4],
  ['COMMIT', 'FAILED', 1],
];
const HALF = progressWith(HALF_COUNTS);
const CLOSED = { reachedAt: NOW, openedAt: null, announced: false };
const done = (submit: Partial<WaveProgress['submit']>) =>
  progressWith([['RELEASE', 'PENDING', 10]], { submit: { ...CLOSED, ...submit } });
const submitWave = (context = contextWith({}), progress = DONE, now = NOW) =>
  gates(context, progress, now).submitWave;

describe('gates', () => {
  it('The first gates of both types open at the start', () => {
    expect(gates(contextOf(), progressOf(), NOW)).toMatchObject({
      ...{ submitWave: 1, releaseWave: 1 },
      changes: [
        { type: 'SUBMIT', opens: true, gate: { openedAt: NOW, reachedAt: NOW } },
        { type: 'RELEASE', opens: true },
      ],
    });
  });

  it('A gate opens when after_percent of the wave before has passed, by default 100', () => {
    const half = [{}, { afterPercent: 50 }, { afterPercent: 51 }];
    expect(half.map((gate) => submitWave(contextWith(gate), HALF))).toEqual([1, 2, 1]);
    expect(submitWave()).toBe(2);
  });

  it.each<[string, boolean, Step, TargetState, object]>([
    ['has passed no gate in AUDIT', false, 'AUDIT', 'WAITING', { submitWave: 1 }],
    ['has passed the submit gate past AUDIT', false, 'VERIFY', 'WAITING', { submitWave: 2, releaseWave: 1 }],
    [
      'has passed both gates when it has ended',
      false,
      'COMMIT',
      'SKIPPED',
      { submitWave: 2, releaseWave: 2 },
    ],
    ['has passed no gate of a rollback in VERIFY', true, 'VERIFY', 'WAITING', { submitWave: 1 }],
    ['has passed that of a rollback when it has ended', true, 'VERIFY', 'SUCCEEDED', { submitWave: 2 }],
  ])('A target %s', (_what, isRollback, at, state, waves) => {
    const context = { ...contextWith({}), isRollback };
    expect(gates(context, progressWith([[at, state, 1]]), NOW)).toMatchObject(waves);
  });

  it('Targets that are not ready are left out of the share, and where nobody is ready no gate opens', () => {
    const unready = { step: 'READINESS' as const, state: 'WAITING' as const, targets: 3 };
    const opened = (waitsFor: 'READINESS' | 'READ', ...others: [Step, TargetState, number][]) => {
      const counts = others.map(([at, state, targets]) => ({ step: at, state, targets }));
      const waves = [waveOf(1, [{ ...unready, waitsFor }, ...counts]), waveOf(2, [{ targets: 5 }])];
      const progress = progressOf({ submitWave: 1, releaseWave: 1, waves });
      const { submitWave, releaseWave } = gates(contextWith({}), progress, NOW);
      return [submitWave, releaseWave];
    };
    expect(opened('READINESS', ['VERIFY', 'SUCCEEDED', 2])).toEqual([2, 2]);
    expect(opened('READINESS', ['VERIFY', 'SUCCEEDED', 1], ['VERIFY', 'WAITING', 1])).toEqual([2, 1]);
    expect(opened('READINESS', ['VERIFY', 'SUCCEEDED', 1], ['AUDIT', 'WAITING', 1])).toEqual([1, 1]);
    expect(opened('READINESS')).toEqual([1, 1]);
    expect(opened('READ', ['VERIFY', 'SUCCEEDED', 2])).toEqual([1, 1]);
  });

  it('The bake_time of a gate counts from when the percentage was first reached, in wave 1 from the start', () => {
    const baked = { bakeTime: { seconds: 60n, nanos: 0 } };
    expect(gates(contextWith(baked), DONE, NOW)).toMatchObject({
      ...{ submitWave: 1, nextLookAt: later(60_000) },
      changes: [{ wave: 2, gate: { reachedAt: NOW }, opens: false }],
    });
    const at = [later(59_999), later(60_000)];
    expect(at.map((now) => submitWave(contextWith(baked), done({}), now))).toEqual([1, 2]);
    const first = contextOf({ spec: specOf({ waves: wavesOf({ submit: baked }) }) });
    expect(at.map((now) => submitWave(first, progressOf(), now))).toEqual([0, 1]);
  });

  it('A gate opens not before not_before', () => {
    const context = contextWith({ notBefore: later(1_000) });
    expect(gates(context, DONE, NOW)).toMatchObject({ submitWave: 1, nextLookAt: later(1_000) });
    expect(submitWave(context, DONE, later(1_000))).toBe(2);
  });

  it('A manual gate is announced once, when only AdvanceRollout is missing', () => {
    const context = contextWith({ manual: true });
    const { changes, submitWave } = gates(context, DONE, NOW);
    expect(submitWave).toBe(1);
    expect(changes[0]).toMatchObject({ opens: false, isReached: true, gate: { announced: true } });
    expect(gates(context, done({ announced: true }), later(1)).changes).toEqual([]);
    expect(gates(context, HALF, NOW).changes).toEqual([]);
    // A retry has lowered the share in the meantime.
    const lost = done({ announced: true, reachedAt: null });
    expect(gates(context, lost, later(1)).changes).toMatchObject([{ isReached: false }]);
  });

  it('Gates of one type open in wave order, several in one turn', () => {
    const waves = [waveOf(1, [{ state: 'SUCCEEDED' }]), waveOf(2, []), waveOf(3, [])];
    const spec = specOf({ waves: wavesOf({}, { submit: { manual: true } }, {}) });
    const progress = progressOf({ submitWave: 1, releaseWave: 1, waves });
    expect(gates(contextOf({ spec }), progress, NOW)).toMatchObject({ submitWave: 1, releaseWave: 3 });
  });

  it('Gates do not open in a PAUSED rollout, but the time at which the share was reached is stored', () => {
    const paused = gates({ ...contextWith({}), state: 'PAUSED' }, DONE, NOW);
    expect(paused.submitWave).toBe(1);
    expect(paused.changes[0]).toMatchObject({ opens: false, gate: { reachedAt: NOW, openedAt: null } });
  });

  it('The stored time is cleared if the share falls below the percentage again, but an open gate never closes', () => {
    const { changes } = gates(contextWith({}), progressWith(HALF_COUNTS, { submit: CLOSED }), NOW);
    expect(changes).toMatchObject([{ wave: 2, gate: { reachedAt: null } }]);
    const opened = gates(contextWith({}), { ...HALF, submitWave: 2 }, NOW);
    expect(opened).toMatchObject({ submitWave: 2, changes: [] });
  });

  it('Submit gates are ignored if the first step is RELEASE, release gates without RELEASE', () => {
    const waves = wavesOf({ submit: { manual: true }, release: { manual: true } });
    const opened = (steps: object) =>
      gates(contextOf({ spec: specOf({ ...steps, waves }) }), progressOf(), NOW);
    expect(opened({ firstStep: step('RELEASE') })).toMatchObject({ submitWave: 1, releaseWave: 0 });
    expect(opened({ lastStep: step('AUDIT') })).toMatchObject({ submitWave: 0, releaseWave: 1 });
  });
});
