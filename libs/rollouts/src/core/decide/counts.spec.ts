import { describe, expect, it } from '@jest/globals';
import { waveOf } from '../fixtures/samples.js';
import type { RolloutStateName } from '../rollout.js';
import { Counts, hasWaveEnded, stateAfter } from './counts.js';

const WAVES = Array.from({ length: 100 }, (_, n) => n + 1);
const pending = (wave: number) => ({ wave, step: 1, state: 'PENDING', waitsFor: '', targets: 5 });

it('A move computes the counts of no other wave again, however many waves there are', () => {
  const counts = new Counts(WAVES.map(pending));
  const before = WAVES.map((wave) => counts.ofWave(wave));
  const place = { wave: 7, step: 'COMMIT', waitsFor: null } as const;
  counts.move({ ...place, state: 'PENDING' }, { ...place, state: 'RUNNING' });
  expect(WAVES.filter((wave, i) => counts.ofWave(wave) !== before[i])).toEqual([7]);
  expect(counts.ofWave(7)).toEqual([
    { step: 'COMMIT', state: 'PENDING', waitsFor: null, targets: 4 },
    { step: 'COMMIT', state: 'RUNNING', waitsFor: null, targets: 1 },
  ]);
  expect(counts.differences).toEqual([
    { ...pending(7), targets: -1 },
    { ...pending(7), state: 'RUNNING', targets: 1 },
  ]);
});

const STATES = ['SUCCEEDED', 'FAILED', 'SKIPPED', 'CANCELLED'] as const;
const ENDED = waveOf(
  1,
  STATES.map((state) => ({ state })),
);

describe('stateAfter', () => {
  it.each<[RolloutStateName, RolloutStateName]>([
    ['DRAFT', 'DRAFT'],
    ['RUNNING', 'COMPLETED'],
    ['PAUSED', 'COMPLETED'],
    ['CANCELLING', 'CANCELLED'],
    ['CANCELLED', 'CANCELLED'],
    ['COMPLETED', 'COMPLETED'],
  ])('%s becomes %s when the last target ended, and stays before', (from, to) => {
    expect(stateAfter(from, [ENDED])).toBe(to);
    for (const state of ['PENDING', 'RUNNING', 'WAITING', 'IN_DOUBT'] as const)
      expect(stateAfter(from, [ENDED, waveOf(2, [{ state }])])).toBe(from);
  });
});

it('An open rollout stays as it is when its last target has ended', () => {
  for (const state of ['RUNNING', 'PAUSED'] as const) expect(stateAfter(state, [ENDED], true)).toBe(state);
});

describe('hasWaveEnded', () => {
  it('A wave has ended after its last target, and an empty one never has', () => {
    expect([ENDED, waveOf(1, [{}]), waveOf(1)].map(hasWaveEnded)).toEqual([true, false, false]);
  });
});
