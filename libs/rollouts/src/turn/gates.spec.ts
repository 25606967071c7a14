import { describe, expect, it } from '@jest/globals';
import type { RolloutGate } from '@wxa/contracts';
import { contextOf, later, NOW, progressOf, specOf, step, waveOf } from '../fixtures/samples.js';
import type { Progress, WaveProgress } from '../rollout.js';
import type { Step, TargetState } from '../target.js';
import { gates, openGates } from './gates.js';

const wavesOf = (...gatesOf: { submit?: Partial<RolloutGate>; release?: Partial<RolloutGate> }[]) =>
  gatesOf.map(({ submit, release }) => ({
    size: { $case: 'count' as const, value: 1 },
    submitGate: submit,
    releaseGate: release,
  }));

const contextWith = (submit: Partial<RolloutGate>, fields = {}) =>
  contextOf({ spec: specOf({ waves: wavesOf({}, { submit }), ...fields }) });

/** Wave 1 with its submit gate open, in these steps and states; wave 2 waits. */
const progressWith = (counts: [Step, TargetState, number][], second: Partial<WaveProgress> = {}): Progress =>
  progressOf({
    submitWave: 1,
    releaseWave: 1,
    waves: [
      waveOf(
        1,
        counts.map(([at, state, targets]) => ({ step: at, state, targets })),
      ),
      waveOf(2, [{ targets: 5 }], second),
    ],
  });

const DONE: [Step, TargetState, number][] = [['RELEASE', 'PENDING', 10]];
const HALF: [Step, TargetState, number][] = [
  ['AUDIT', 'WAITING', 5],
  ['RELEASE', 'PENDING', 4],
  ['COMMIT', 'FAILED', 1],
];
const reached = (ms: number) => ({ submit: { reachedAt: later(ms), openedAt: null, announced: false } });
const submitWave = (context = contextWith({}), progress = progressWith(DONE), now = NOW) =>
  gates(context, progress, now).submitWave;

describe('gates', () => {
  it('The first gates of both types open at the start', () => {
    const { changes, submitWave, releaseWave } = gates(contextOf(), progressOf(), NOW);
    expect([submitWave, releaseWave]).toEqual([1, 1]);
    expect(changes).toMatchObject([
      { type: 'SUBMIT', opens: true, gate: { openedAt: NOW, reachedAt: NOW } },
      { type: 'RELEASE', opens: true },
    ]);
  });

  it('A gate opens when after_percent of the wave before has passed, by default 100', () => {
    expect(submitWave()).toBe(2);
    expect(submitWave(contextWith({}), progressWith(HALF))).toBe(1);
    expect(submitWave(contextWith({ afterPercent: 50 }), progressWith(HALF))).toBe(2);
    expect(submitWave(contextWith({ afterPercent: 51 }), progressWith(HALF))).toBe(1);
  });

  it('A target has passed the submit gate when it is past AUDIT or ended', () => {
    expect(submitWave(contextWith({}), progressWith([['AUDIT', 'WAITING', 1]]))).toBe(1);
    expect(submitWave(contextWith({}), progressWith([['VERIFY', 'WAITING', 1]]))).toBe(2);
    expect(submitWave(contextWith({}), progressWith([['COMMIT', 'SKIPPED', 1]]))).toBe(2);
  });

  it('In a rollback a target has passed the submit gate when it is past VERIFY or ended', () => {
    const rollback = { ...contextWith({}), isRollback: true };
    expect(submitWave(rollback, progressWith([['VERIFY', 'WAITING', 1]]))).toBe(1);
    expect(submitWave(rollback, progressWith([['VERIFY', 'SUCCEEDED', 1]]))).toBe(2);
  });

  it('A target has passed the release gate when it has ended', () => {
    const { releaseWave } = gates(contextWith({}), progressWith([['VERIFY', 'WAITING', 1]]), NOW);
    expect(releaseWave).toBe(1);
    expect(gates(contextWith({}), progressWith([['VERIFY', 'FAILED', 1]]), NOW).releaseWave).toBe(2);
  });

  it('The bake_time of a gate counts from when the percentage was first reached', () => {
    const context = contextWith({ bakeTime: { seconds: 60n, nanos: 0 } });
    const first = gates(context, progressWith(DONE), NOW);
    expect(first).toMatchObject({ submitWave: 1, nextLookAt: later(60_000) });
    expect(first.changes[0]).toMatchObject({ wave: 2, gate: { reachedAt: NOW }, opens: false });
    expect(submitWave(context, progressWith(DONE, reached(0)), later(59_999))).toBe(1);
    expect(submitWave(context, progressWith(DONE, reached(0)), later(60_000))).toBe(2);
  });

  it('In wave 1 bake_time counts from the start', () => {
    const waves = wavesOf({ submit: { bakeTime: { seconds: 60n, nanos: 0 } } });
    const context = contextOf({ spec: specOf({ waves }) });
    expect(submitWave(context, progressOf(), later(59_999))).toBe(0);
    expect(submitWave(context, progressOf(), later(60_000))).toBe(1);
  });

  it('A gate opens not before not_before', () => {
    const context = contextWith({ notBefore: later(1_000) });
    expect(gates(context, progressWith(DONE), NOW)).toMatchObject({
      submitWave: 1,
      nextLookAt: later(1_000),
    });
    expect(submitWave(context, progressWith(DONE), later(1_000))).toBe(2);
  });

  it('A manual gate is announced once, when only AdvanceRollout is missing', () => {
    const context = contextWith({ manual: true });
    const { changes, submitWave } = gates(context, progressWith(DONE), NOW);
    expect(submitWave).toBe(1);
    expect(changes[0]).toMatchObject({ opens: false, isReached: true, gate: { announced: true } });
    const announced = { submit: { reachedAt: NOW, openedAt: null, announced: true } };
    expect(gates(context, progressWith(DONE, announced), later(1)).changes).toEqual([]);
    expect(gates(context, progressWith(HALF), NOW).changes).toEqual([]);
    // A retry has lowered the share in the meantime.
    const lost = { submit: { reachedAt: null, openedAt: null, announced: true } };
    expect(gates(context, progressWith(DONE, lost), later(1)).changes).toMatchObject([{ isReached: false }]);
  });

  it('Gates of one type open in wave order, several in one turn', () => {
    const ended = waveOf(1, [{ state: 'SUCCEEDED' }]);
    const waves = [ended, waveOf(2, []), waveOf(3, [])];
    const spec = specOf({ waves: wavesOf({}, { submit: { manual: true } }, {}) });
    const progress = progressOf({ submitWave: 1, releaseWave: 1, waves });
    expect(gates(contextOf({ spec }), progress, NOW)).toMatchObject({ submitWave: 1, releaseWave: 3 });
  });

  it('Gates do not open in a PAUSED rollout, but the time at which the share was reached is stored', () => {
    const { submitWave, changes } = gates({ ...contextWith({}), state: 'PAUSED' }, progressWith(DONE), NOW);
    expect(submitWave).toBe(1);
    expect(changes[0]).toMatchObject({ opens: false, gate: { reachedAt: NOW, openedAt: null } });
  });

  it('The stored time is cleared if the share falls below the percentage again', () => {
    const { changes } = gates(contextWith({}), progressWith(HALF, reached(0)), NOW);
    expect(changes).toMatchObject([{ wave: 2, gate: { reachedAt: null } }]);
  });

  it('An open gate never closes', () => {
    const progress = { ...progressWith(HALF), submitWave: 2 };
    expect(gates(contextWith({}), progress, NOW)).toMatchObject({ submitWave: 2, changes: [] });
  });

  it('Submit gates are ignored if the first step is RELEASE, release gates without RELEASE', () => {
    const manual = { submit: { manual: true }, release: { manual: true } };
    const from = specOf({ firstStep: step('RELEASE'), waves: wavesOf(manual) });
    expect(gates(contextOf({ spec: from }), progressOf(), NOW)).toMatchObject({
      submitWave: 1,
      releaseWave: 0,
    });
    const until = specOf({ lastStep: step('AUDIT'), waves: wavesOf(manual) });
    expect(gates(contextOf({ spec: until }), progressOf(), NOW)).toMatchObject({
      submitWave: 0,
      releaseWave: 1,
    });
  });
});

describe('AdvanceRollout', () => {
  const context = contextWith({ manual: true });
  const open = (wave: number, progress = progressWith(HALF)) =>
    openGates(context, progress, { type: 'SUBMIT', wave }, NOW);

  it('AdvanceRollout opens a gate regardless of its conditions', () => {
    expect(open(2)).toMatchObject({ submitWave: 2, changes: [{ wave: 2, opens: true }] });
  });

  it('AdvanceRollout with wave 0 opens the first closed gate', () => {
    expect(open(0)).toMatchObject({ submitWave: 2, releaseWave: 1 });
  });

  it('AdvanceRollout opens the gates of all earlier waves as well', () => {
    expect(open(2, { ...progressWith(HALF), submitWave: 0 }).changes).toHaveLength(2);
  });

  it('AdvanceRollout changes nothing if the gate is open', () => {
    expect(open(1)).toMatchObject({ submitWave: 1, changes: [] });
  });
});
