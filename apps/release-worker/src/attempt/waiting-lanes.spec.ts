import { expect, it } from '@jest/globals';
import { laneEntry, transition } from '../lanes/lane-entry.js';
import { APPID, RECORD } from './fixtures/release.js';
import { waitingForAppid } from './waiting-lanes.js';

/** The head of a lane with a reservation of its mini-program for `forAppid`, which waits since 0 ms. */
function head(forAppid: number | undefined) {
  const entry = laneEntry('1', APPID, 'Commit', RECORD);
  transition(entry, { kind: 'throttled', reservations: { forAppid } });
  entry.dueSince = 0;
  return entry;
}

it('A lane waits long for the rate limit of its mini-program if its reservation is yet to come after more than 1 s', () => {
  const queued = laneEntry('2', APPID, 'Commit', RECORD);
  expect(waitingForAppid([head(5_000), head(6_000), queued], 1_001)).toEqual(new Map([['wxa/commit', 2]]));
  expect(waitingForAppid([head(5_000)], 1_000)).toEqual(new Map());
});

it('A lane does not wait for it without a reservation, after the time of its reservation, or while it backs off', () => {
  const backingOff = head(9_000);
  backingOff.dueSince = undefined;
  expect(waitingForAppid([head(undefined), head(2_000), backingOff], 2_000)).toEqual(new Map());
});
