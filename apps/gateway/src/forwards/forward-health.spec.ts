import { expect, it } from '@jest/globals';
import { ForwardHealth } from './forward-health.js';

const MINUTE_MS = 60_000;

it('A forward counts the deliveries and failures of the last hour, and keeps its last ones after it', () => {
  const health = new ForwardHealth();
  const none = { delivered: 0, failed: 0 };
  expect(health.lastHour(0)).toEqual({ ...none, deliveredAt: undefined, failure: undefined });
  for (let minute = 0; minute < 90; minute++) health.add(undefined, minute * MINUTE_MS);
  health.add('timeout', 89 * MINUTE_MS);
  const last = { deliveredAt: 89 * MINUTE_MS, failure: { at: 89 * MINUTE_MS, result: 'timeout' } };
  expect(health.lastHour(89 * MINUTE_MS)).toEqual({ delivered: 60, failed: 1, ...last });
  expect(health.lastHour(100 * MINUTE_MS)).toEqual({ delivered: 49, failed: 1, ...last });
  expect(health.lastHour(200 * MINUTE_MS)).toEqual({ ...none, ...last });
});
