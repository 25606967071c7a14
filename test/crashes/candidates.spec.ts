import { beforeAll, expect, it } from '@jest/globals';
import { RolloutStep } from '@wxa/contracts';
import { newAppid } from '../appid.js';
import { eventually } from '../eventually.js';
import { Journey } from '../journeys/journey.js';
import { specOf } from '../rollouts/rollout-steps.js';
import { useWorld, world } from '../use-world.js';
import { type DatabaseLock, lockCommits, makeCommitsLockable } from './database-locks.js';

// The claims of lost workers end soon.
const ENV = { WECHAT_TIMEOUT_MS: '3000', OPERATION_LEASE_MARGIN_MS: '1000' };
useWorld({ workers: 2, env: { ...ENV, WECHAT_TOKEN_SOURCE: 'component' } });
beforeAll(() => makeCommitsLockable(world, ['rollout_targets']));

const rollouts = new Journey(() => world);
const { ROLLOUT_STEP_COMMIT: only } = RolloutStep;

/** Starts a rollout that takes in who authorizes, and stops at the commit of the turn that takes one in. */
async function takingIn(): Promise<{ id: string; appid: string; commit: DatabaseLock }> {
  const match = { $case: 'allAuthorized' as const, value: true };
  const spec = specOf({ firstStep: only, lastStep: only, continuous: { match } });
  const { id } = await rollouts.ask('createRollout', { spec, start: true });
  const appid = newAppid();
  const commit = await lockCommits(world, appid);
  await world.sim.authorize(appid, { permissionSets: [17, 18] });
  await commit.untilWaiting();
  return { id, appid, commit };
}

const signal = (name: NodeJS.Signals) => {
  for (const worker of world.stack.workers) worker.kill(name);
};

/** Kills all workers, and starts one of them again. */
async function killWorkers(): Promise<void> {
  signal('SIGKILL');
  await Promise.all(world.stack.workers.map((worker) => worker.exited));
}

const rowsOf = async (appid: string) => {
  const count = async (table: string) =>
    (await world.sql(`select from ${table} where appid = $1`, [appid])).length;
  return { candidates: await count('rollout_candidates'), targets: await count('rollout_targets') };
};

/** Starts the workers again, and expects that the newcomer is a target once and its code is committed once. */
async function expectOnce(id: string, appid: string): Promise<void> {
  await Promise.all(world.stack.workers.map((worker) => worker.start()));
  await eventually(async () => expect(await rollouts.places(id)).toEqual(['COMMIT SUCCEEDED']), 120_000);
  await rollouts.ask('closeRollout', { id });
  await rollouts.untilEnd(id, 'COMMIT SUCCEEDED');
  expect(await rollouts.kinds(appid)).toEqual(['commit']);
  expect(await rowsOf(appid)).toEqual({ candidates: 0, targets: 1 });
}

it('3: A newcomer whose worker is killed between candidate and target stays a candidate, which another turn makes a target once', async () => {
  const { id, appid, commit } = await takingIn();
  await killWorkers();
  await commit.terminateWaiters();
  await commit.release();
  expect(await rowsOf(appid)).toEqual({ candidates: 1, targets: 0 });
  await expectOnce(id, appid);
}, 240_000);

it('3: A newcomer whose worker is killed when it has become a target is not taken in again', async () => {
  const { id, appid, commit } = await takingIn();
  signal('SIGSTOP');
  await commit.release();
  await eventually(async () => expect(await rowsOf(appid)).toEqual({ candidates: 0, targets: 1 }));
  await killWorkers();
  await expectOnce(id, appid);
}, 240_000);
