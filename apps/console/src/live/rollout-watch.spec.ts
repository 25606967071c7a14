import { EventEmitter } from 'node:events';
import { afterEach, beforeEach, expect, it, jest } from '@jest/globals';
import { Rollout } from '@wxa/contracts';
import type { Gateway } from '../gateway/gateway.js';
import { type RolloutView, watchRollout } from './rollout-watch.js';

beforeEach(() => void jest.useFakeTimers());
afterEach(() => void jest.useRealTimers());

/** Watches a rollout of a gateway that the test plays. */
function watched() {
  const stream = Object.assign(new EventEmitter(), { cancel: () => undefined });
  const listRolloutFailures = jest.fn(async () => ({ failures: [] }));
  const calls = {
    rollouts: { listRolloutFailures, listRolloutChanges: async () => ({ changes: [] }) },
    platform: { getPlatformStatus: async () => ({ auditQuota: undefined }) },
  };
  const gateway = { stream: () => stream, as: () => calls };
  const views: RolloutView[] = [];
  const ended = jest.fn();
  const watch = watchRollout(gateway as unknown as Gateway, 'id');
  watch({ view: (view) => views.push(view), stale: () => undefined, ended });
  const change = (targets: number, state = 'ROLLOUT_STATE_RUNNING') =>
    stream.emit('data', {
      rollout: Rollout.fromJSON({ targets, state, counts: [{ count: targets }] }),
      latest: [],
    });
  return { stream, listRolloutFailures, views, ended, change };
}

it('Failure groups and journal are read at once, then at most every five seconds', async () => {
  const { change, listRolloutFailures, views } = watched();
  for (let second = 0; second < 19; second += 1) {
    change(second);
    await jest.advanceTimersByTimeAsync(1_000);
  }
  expect(listRolloutFailures).toHaveBeenCalledTimes(4);
  expect(views.at(-1)?.rollout.targets).toBe(18);
});

it('The journal of a busy rollout is read within a second of a pause or another action', async () => {
  const { change, listRolloutFailures } = watched();
  change(1);
  await jest.advanceTimersByTimeAsync(100);
  change(2);
  await jest.advanceTimersByTimeAsync(1_000);
  expect(listRolloutFailures).toHaveBeenCalledTimes(1);
  change(3, 'ROLLOUT_STATE_PAUSED');
  await jest.advanceTimersByTimeAsync(0);
  expect(listRolloutFailures).toHaveBeenCalledTimes(2);
  // A retry: no target has moved yet.
  change(3, 'ROLLOUT_STATE_PAUSED');
  await jest.advanceTimersByTimeAsync(1_000);
  expect(listRolloutFailures).toHaveBeenCalledTimes(3);
  // Nothing is read while nothing changes.
  await jest.advanceTimersByTimeAsync(60_000);
  expect(listRolloutFailures).toHaveBeenCalledTimes(3);
});

it('The end is reported after the failure groups and the journal of the last version', async () => {
  const { stream, change, views, ended } = watched();
  change(1);
  await jest.advanceTimersByTimeAsync(1_000);
  change(2);
  stream.emit('end');
  expect(ended).not.toHaveBeenCalled();
  await jest.advanceTimersByTimeAsync(5_000);
  expect(ended).toHaveBeenCalledTimes(1);
  expect(views.at(-1)?.rollout.targets).toBe(2);
});
