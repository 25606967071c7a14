import { describe, expect, it } from '@jest/globals';
import { waveOf } from '../fixtures/samples.js';
import type { RolloutStateName } from '../rollout.js';
import { hasWaveEnded, stateAfter } from './counts.js';

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
