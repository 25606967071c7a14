import { expect, it } from '@jest/globals';
import { RolloutStep } from '@wxa/contracts';
import { eventually } from '../eventually.js';
import { newAppids } from '../rollouts/rollout-steps.js';
import { useSharedWorld, world } from '../use-world.js';
import { authorized, commitByHand, DONE, Journey, openAppid, release, submitByHand } from './journey.js';

useSharedWorld('component');

const rollouts = new Journey(() => world);

const live = async (appid: string) =>
  (await world.sim.apps()).find((app) => app.appid === appid)?.liveVersion ?? null;

it.concurrent('Released versions are reverted, replaced ones are left, and one without an earlier version is skipped', async () => {
  const [released, replaced, first] = await authorized(world, ...(newAppids(3) as [string, string, string]));
  for (const appid of [released, replaced]) await release(world, appid, '1.0.0');
  const { id } = await rollouts.create([released, replaced, first]);
  await rollouts.until(id);
  await release(world, replaced, '3.0.0');
  const by = { onBehalfOf: 'li', reason: 'crashes' };
  const back = await rollouts.ask('rollbackRollout', { id, ...by });
  expect(back).toMatchObject({ rollbackOf: id, targets: 3, spec: { rollbackOptions: {} } });
  await rollouts.untilEnd(back.id, DONE, 'ROLL_BACK SKIPPED', 'ROLL_BACK SKIPPED');
  const errmsg = expect.stringContaining('the live version is "3.0.0"');
  expect((await rollouts.targets(back.id)).slice(1)).toMatchObject([
    {
      error: {
        ...{ reason: 'VERSION_MISMATCH', errmsg },
        arguments: { subject: 'LIVE_VERSION', found: '3.0.0' },
      },
    },
    { error: { errcode: 87012 } },
  ]);
  expect([await live(released), await live(replaced)]).toEqual(['1.0.0', '3.0.0']);
  expect(await rollouts.get(id)).toMatchObject({
    state: 'ROLLOUT_STATE_COMPLETED',
    rolledBackBy: back.id,
  });
  const [entry] = (await rollouts.journal(id)).slice(-1);
  expect(entry).toMatchObject({ type: 'ROLLOUT_CHANGE_TYPE_ROLLED_BACK', ...by });
});

it.concurrent('A rollback fails, and its plan counts, a target whose gray release is left after another audit was submitted by hand', async () => {
  const [appid] = await authorized(world, openAppid());
  await release(world, appid, '1.0.0');
  const graySteps = [10, 50].map((percentage) => ({ percentage, pause: { seconds: 3600n } }));
  const { id } = await rollouts.create([appid], { release: { graySteps } });
  await rollouts.untilPlaces(id, 'AUDIT WAITING AUDIT');
  await world.sim.decide(appid, { decision: 'approve' });
  await rollouts.untilPlaces(id, 'RELEASE WAITING GRAY_PAUSE');
  await commitByHand(world, appid, 'by hand');
  await submitByHand(world, appid);
  await rollouts.makeDue(id);
  await rollouts.untilEnd(id, 'VERIFY FAILED');
  const error = { reason: 'VERSION_MISMATCH' };
  expect(await rollouts.target(id, appid)).toMatchObject({ error, grayPercentage: 10 });
  const rollback = await rollouts.ask('rollbackRollout', { id, draft: true });
  const { findings } = await rollouts.ask('getRolloutPlan', { id: rollback.id });
  const left = { reason: 'GRAY_RELEASE_LEFT', targets: 1, sampleAppids: [appid] };
  expect(findings).toContainEqual(expect.objectContaining(left));
  await rollouts.ask('startRollout', { id: rollback.id });
  await rollouts.untilEnd(rollback.id, 'ROLL_BACK FAILED');
  expect(await rollouts.failures(rollback.id)).toMatchObject([{ ...error, count: 1 }]);
  expect(await rollouts.kinds(appid)).not.toContain('revert_gray');
});

// The last one, because the platform has no token meanwhile.
it('An operation without a token pauses the rollout if WeChat rejects the token of the platform before it expires, and is repeated after a resume', async () => {
  const [appid = ''] = await authorized(world, ...newAppids(1));
  const { id } = await rollouts.create([appid], { lastStep: RolloutStep.ROLLOUT_STEP_COMMIT }, false);
  const api = 'cgi-bin/component/api_component_token';
  const fault = await world.sim.addFault({ api, kind: 'errcode', errcode: -1, times: 0 });
  await world.sim.patchComponent({ expireToken: true });
  await world.sim.patch(appid, { expireToken: true });
  await rollouts.ask('startRollout', { id });
  const passDeadline = `update operations set started_at = started_at - interval '1 hour'
    where appid = $1 and started_at is not null returning 1`;
  await eventually(async () => (await world.sql(passDeadline, [appid])).length === 1);
  const pauseDetail = expect.stringContaining('TOKEN_UNAVAILABLE');
  expect(await rollouts.until(id, 'PAUSED')).toMatchObject({
    pauseCause: 'ROLLOUT_PAUSE_CAUSE_PLATFORM',
    pauseDetail,
  });
  expect(await rollouts.places(id)).toEqual(['COMMIT PENDING']);
  await world.sim.clearFaults(fault.id);
  const valid = 'select from components where access_token_until > now()';
  await eventually(async () => (await world.sql(valid)).length === 1);
  await rollouts.ask('resumeRollout', { id });
  await rollouts.until(id);
  expect(await rollouts.places(id)).toEqual(['COMMIT SUCCEEDED']);
});
