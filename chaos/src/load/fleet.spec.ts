import { expect, it } from '@jest/globals';
import { planFleet } from './fleet.js';

it.each([
  [400, 75],
  [2_000, 1_200],
  [10_000, 90],
])('planFleet makes %d mini-programs request more than the rate limit allows in %d s', (count, seconds) => {
  const none = { appids: [], changes: 0, perSecond: 0 };
  const { appids, changes, perSecond } = planFleet(count, seconds) ?? none;
  expect(new Set(appids).size).toBe(count);
  expect(appids.every((appid) => /^wx[0-9a-f]{16}$/.test(appid))).toBe(true);
  expect(changes).toBeGreaterThanOrEqual(count);
  expect(changes / perSecond).toBeGreaterThan(seconds);
});

it('planFleet returns undefined for no mini-programs', () => {
  expect(planFleet(0, 90)).toBeUndefined();
});
