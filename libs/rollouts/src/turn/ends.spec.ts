import { describe, expect, it } from '@jest/globals';
import { waveOf } from '../fixtures/samples.js';
import type { RolloutStateName } from '../rollout.js';
import { hasWaveEnded, stateAfter } from './ends.js';

const ENDED = waveOf(1, [
  { state: 'SUCCEEDED' },
  { state: 'FAILED' },
  { state: 'SKIPPED' },
  { state: 'CANCELLED' },
]);

describe('stateAfter', () => {
  it.each([
    ['DRAFT', 'DRAFT'],
    ['RUNNING', 'COMPLETED'],
    ['PAUSED', 'COMPLETED'],
    ['CANCELLING', 'CANCELLED'],
    ['CANCELLED', 'CANCELLED'],
    ['COMPLETED', 'COMPLETED'],
  ] as [RolloutStateName, RolloutStateName][])('%s becomes %s when the last target ended', (from, to) => {
    expect(stateAfter(from, [ENDED])).toBe(to);
  });

  it.each(['RUNNING', 'PAUSED', 'CANCELLING'] as const)('%s stays while a target has not ended', (state) => {
    for (const unfinished of ['PENDING', 'RUNNING', 'WAITING', 'IN_DOUBT'] as const)
      expect(stateAfter(state, [ENDED, waveOf(2, [{ state: unfinished }])])).toBe(state);
  });
});

describe('hasWaveEnded', () => {
  it('A wave has ended after its last target, and an empty one never has', () => {
    expect([ENDED, waveOf(1, [{}]), waveOf(1)].map(hasWaveEnded)).toEqual([true, false, false]);
  });
});
