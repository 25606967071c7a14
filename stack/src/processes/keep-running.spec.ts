import { describe, expect, it } from '@jest/globals';
import { restartPause } from './keep-running.js';

describe('restartPause', () => {
  it('starts at once after a long life or a first early death', () => {
    expect([restartPause(0), restartPause(1)]).toEqual([0, 0]);
  });

  it('doubles from half a second to half a minute while an app keeps dying', () => {
    const pauses = [2, 3, 4, 5, 6, 7, 8, 9, 1000].map(restartPause);
    expect(pauses).toEqual([500, 1000, 2000, 4000, 8000, 16_000, 30_000, 30_000, 30_000]);
  });
});
