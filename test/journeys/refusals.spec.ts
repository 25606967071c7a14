import { describe, expect, it } from '@jest/globals';
import { RolloutStep } from '@wxa/contracts';
import type { FaultOrder } from '@wxa/wechat-sim';
import { eventually } from '../eventually.js';
import { newAppids } from '../rollouts/rollout-steps.js';
import { useSharedWorld, world } from '../use-world.js';
import { authorized, commitByHand, Journey, release, submitByHand } from './journey.js';

useSharedWorld('component');

const rollouts = new Journey(() => world);
const DONE = 'VERIFY SUCCEEDED';
const COMMIT_ONLY = { lastStep: RolloutStep.ROLLOUT_STEP_COMMIT };

/** Every call of an API for a mini-program has this answer. */
const answer = (appid: string, api: string, errcode: number, more: Partial<FaultOrder> = {}) =>
  world.sim.addFault({ api, appid, kind: 'errcode', errcode, times: 0, ...more });
const liveVersions = async (appids: string[]) => {
  const apps = await world.sim.apps();
  return appids.map((appid) => apps.find((app) => app.appid === appid)?.liveVersion);
};

describe('platform errors', () => {
  it.concurrent('Errcodes of the platform and the template pause the rollout at the first target, which is repeated after a resume', async () => {
    const codes = [40164, 45035, 61011, 61028, 85043, 85044];
    const appids = await authorized(world, ...newAppids(codes.length));
    await Promise.all(
      codes.map(async (errcode, i) => {
        const appid = appids[i] ?? '';
        const fault = await answer(appid, 'wxa/commit', errcode);
        const { id } = await rollouts.create([appid], COMMIT_ONLY);
        expect(await rollouts.until(id, 'PAUSED')).toMatchObject({
          pauseCause: 'ROLLOUT_PAUSE_CAUSE_PLATFORM',
          pauseDetail: expect.stringContaining(`${errcode}`),
        });
        expect(await rollouts.places(id)).toEqual(['COMMIT PENDING']);
        await world.sim.clearFaults(fault.id);
        await rollouts.ask('resumeRollout', { id });
        await rollouts.until(id);
        expect(await rollouts.target(id, appid)).toMatchObject({
          state: 'ROLLOUT_TARGET_STATE_SUCCEEDED',
          attempt: 2,
        });
      }),
    );
  }, 60_000);
});

describe('max_submissions', () => {
  it.concurrent('A rollout submits as many audits as max_submissions allows, and the others once it is raised', async () => {
    const appids = await authorized(world, ...newAppids(4));
    const { id } = await rollouts.create(appids, { auditBudget: { maxSubmissions: 2 } });
    const submitted = async () => {
      const effects = await Promise.all(appids.map((appid) => rollouts.effects(appid)));
      return effects.flat().filter((effect) => effect.startsWith('submit_audit')).length;
    };
    const places = async () => (await rollouts.places(id)).toSorted();
    await eventually(async () =>
      expect(await places()).toEqual([...Array(2).fill('SUBMIT_AUDIT PENDING'), ...Array(2).fill(DONE)]),
    );
    expect((await rollouts.get(id)).holds).toMatchObject([
      {
        cause: 'CAUSE_AUDIT_BUDGET',
        targets: 2,
        detail: 'audits submitted or in flight 2, max_submissions 2',
      },
    ]);
    expect(await submitted()).toBe(2);
    const raised = { spec: { auditBudget: { maxSubmissions: 4 } }, updateMask: ['audit_budget'] };
    await rollouts.ask('updateRollout', { id, ...raised });
    expect(await rollouts.until(id)).toMatchObject({ submissions: 4 });
    expect(await submitted()).toBe(4);
  }, 60_000);
});

describe('VERIFY and ROLL_BACK', () => {
  it.concurrent('After 87011 the gray release is reverted, then the version, but not a gray release by hand', async () => {
    const appids = await authorized(world, ...newAppids(2));
    const [ours = '', byHand = ''] = appids;
    for (const appid of appids) await release(world, appid, '1.0.0');
    const { id, spec } = await rollouts.create(appids);
    await rollouts.until(id);
    await answer(ours, 'wxa/revertcoderelease', 87011, { times: 1 });
    await commitByHand(world, byHand, '3.0.0');
    await submitByHand(world, byHand);
    await eventually(() =>
      world.sim.byHand(byHand, { api: 'wxa/grayrelease', body: { gray_percentage: 10 } }),
    );
    const back = await rollouts.ask('rollbackRollout', { id });
    await rollouts.until(back.id);
    const [reverted, left] = await rollouts.targets(back.id);
    expect(reverted).toMatchObject({ state: 'ROLLOUT_TARGET_STATE_SUCCEEDED' });
    expect(
      (await rollouts.target(back.id, ours)).operations.map(({ requestId }) => requestId.split('-')[6]),
    ).toEqual(['rollback0', 'rollback1', 'rollback2', 'verify0']);
    expect(left).toMatchObject({
      state: 'ROLLOUT_TARGET_STATE_FAILED',
      error: { reason: 'VERSION_MISMATCH' },
    });
    expect(await liveVersions(appids)).toEqual(['1.0.0', spec?.userVersion]);
    expect((await rollouts.effects(byHand)).filter((effect) => effect === 'revert_gray')).toEqual([]);
  }, 60_000);
});

describe('TOKEN_UNAVAILABLE', () => {
  // The last one, because the platform has no token meanwhile.
  it('An operation without a token pauses the rollout if WeChat rejects the token of the platform before it expires, and is repeated after a resume', async () => {
    const [appid = ''] = await authorized(world, ...newAppids(1));
    const { id } = await rollouts.create([appid], COMMIT_ONLY, false);
    const fault = await world.sim.addFault({
      api: 'cgi-bin/component/api_component_token',
      kind: 'errcode',
      errcode: -1,
      times: 0,
    });
    await world.sim.patchComponent({ expireToken: true });
    await world.sim.patch(appid, { expireToken: true });
    await rollouts.ask('startRollout', { id });
    expect(await rollouts.until(id, 'PAUSED', 60_000)).toMatchObject({
      pauseCause: 'ROLLOUT_PAUSE_CAUSE_PLATFORM',
      pauseDetail: expect.stringContaining('TOKEN_UNAVAILABLE'),
    });
    expect(await rollouts.places(id)).toEqual(['COMMIT PENDING']);
    await world.sim.clearFaults(fault.id);
    await eventually(
      async () => (await world.sql('select from components where access_token_until > now()')).length === 1,
      60_000,
    );
    await rollouts.ask('resumeRollout', { id });
    await rollouts.until(id, 'COMPLETED', 60_000);
    expect(await rollouts.places(id)).toEqual(['COMMIT SUCCEEDED']);
  }, 150_000);
});
