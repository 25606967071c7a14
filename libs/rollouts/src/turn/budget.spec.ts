import { describe, expect, it } from '@jest/globals';
import { RolloutHold_Cause as Cause } from '@wxa/contracts';
import { contextOf, NO_LIMITS, NOW, progressOf, waveOf } from '../fixtures/samples.js';
import type { Count } from '../rollout.js';
import { admit } from './admit.js';
import { holds } from './holds.js';

const open = (...counts: Partial<Count>[]) =>
  progressOf({ submitWave: 1, releaseWave: 1, waves: [waveOf(1, counts)] });
const SUBMITS: Partial<Count> = { step: 'SUBMIT_AUDIT', targets: 50 };
const IN_FLIGHT: Partial<Count>[] = [
  { state: 'RUNNING', targets: 3 },
  { state: 'WAITING', waitsFor: 'OPERATION', targets: 2 },
  { state: 'IN_DOUBT', targets: 1 },
];

describe('the limit of the caller', () => {
  const limitedTo = (unfinished: number, used = 0) => ({
    ...NO_LIMITS,
    caller: { name: 'shop', unfinished, used },
  });
  const room = (limits: ReturnType<typeof limitedTo>, progress = open(SUBMITS)) =>
    admit(contextOf(), progress, limits).room;

  it('Rollouts take half of it, with what the caller has unfinished besides, and what is in flight', () => {
    expect(room(limitedTo(100))).toBe(50);
    expect(room(limitedTo(101, 20))).toBe(30);
    expect(room(limitedTo(100, 20), open(SUBMITS, ...IN_FLIGHT))).toBe(24);
    expect(room(limitedTo(10_000))).toBe(200);
    expect(admit(contextOf(), open(SUBMITS), limitedTo(100, 70))).toEqual({
      room: 0,
      steps: [],
      speedUps: 0,
    });
  });

  it('A limit of 1 admits one at a time', () => {
    expect(room(limitedTo(1))).toBe(1);
    expect(room(limitedTo(1, 1))).toBe(0);
  });

  it('It is a hold of all targets that wait in open waves, from the first step of them', () => {
    const waves = [waveOf(1, [SUBMITS, { step: 'COMMIT', targets: 4 }]), waveOf(2, [{ targets: 9 }])];
    const progress = progressOf({ submitWave: 1, releaseWave: 1, waves });
    expect(holds(contextOf(), progress, limitedTo(100, 50), NOW)).toMatchObject([
      { cause: Cause.CAUSE_GATE, targets: 9 },
      {
        cause: Cause.CAUSE_CALLER_LIMIT,
        step: 'ROLLOUT_STEP_COMMIT',
        targets: 54,
        until: undefined,
        detail: 'caller shop has 50 unfinished operations, rollouts may use 50 of 100',
      },
    ]);
    expect(holds(contextOf(), open(SUBMITS), limitedTo(100, 49), NOW)).toEqual([]);
    expect(holds(contextOf(), open({ state: 'RUNNING' }), limitedTo(100, 50), NOW)).toEqual([]);
  });
});
