import { expect, it } from '@jest/globals';
import { type ClaimWait, laneEntry, throttled, transition } from '../lanes/lane-entry.js';
import { APPID, RECORD } from './fixtures/release.js';
import { waitingForAppid } from './waiting-lanes.js';

/** The head of a lane, which waits since 0 ms. */
function head(given: Partial<ClaimWait>) {
  const entry = laneEntry('1', APPID, 'Commit', RECORD);
  const state = throttled(entry);
  transition(entry, { ...state, wait: { ...state.wait, dueSince: 0, ...given } });
  return entry;
}

it('A lane waits long for the rate limit of its mini-program if its reservation is yet to come after more than 1 s', () => {
  const queued = laneEntry('2', APPID, 'Commit', RECORD);
  expect(waitingForAppid([head({ forAppid: 5_000 }), head({ forAppid: 6_000 }), queued], 1_001)).toEqual(
    new Map([['wxa/commit', 2]]),
  );
  expect(waitingForAppid([head({ forAppid: 5_000 })], 1_000)).toEqual(new Map());
});

it('A lane does not wait for it without a reservation, after the time of its reservation, or while it backs off', () => {
  const backingOff = head({ forAppid: 9_000, dueSince: undefined });
  expect(waitingForAppid([head({}), head({ forAppid: 2_000 }), backingOff], 2_000)).toEqual(new Map());
});
