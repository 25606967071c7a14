import { describe, expect, it } from '@jest/globals';
import { RolloutStopRule_Cause as Cause, RolloutGateType, RolloutStep } from '@wxa/contracts';
import type { FaultOrder } from '@wxa/wechat-sim';
import { eventually } from '../eventually.js';
import { newAppids } from '../rollouts/rollout-steps.js';
import { useSharedWorld, world } from '../use-world.js';
import { unary } from '../world.js';
import {
  authorized,
  commitByHand,
  DONE,
  Journey,
  openAppid,
  REST,
  release,
  submitByHand,
} from './journey.js';

useSharedWorld('component');

const rollouts = new Journey(() => world);
const { ROLLOUT_GATE_TYPE_RELEASE: RELEASE } = RolloutGateType;
const COMMIT_ONLY = { lastStep: RolloutStep.ROLLOUT_STEP_COMMIT };
const RELEASED_BY_HAND = { waves: [{ ...REST, releaseGate: { manual: true } }] };
const fresh = (count: number) => authorized(world, ...newAppids(count));

/** Every call of an API for a mini-program has this answer. */
const answer = (appid: string, api: string, errcode: number, more: Partial<FaultOrder> = {}) =>
  world.sim.addFault({ api, appid, kind: 'errcode', errcode, times: 0, ...more });

it.concurrent('A release whose answer is lost is reconciled, and one that cannot be is IN_DOUBT until ResolveOperation', async () => {
  const appids = await fresh(2);
  const [, unclear = ''] = appids;
  for (const appid of appids) await world.sim.addFault({ api: 'wxa/release', appid, kind: 'lost' });
  const stopRules = [{ cause: Cause.CAUSE_IN_DOUBT, count: 1 }];
  const { id } = await rollouts.create(appids, { stopRules, ...RELEASED_BY_HAND });
  await rollouts.untilPlaces(id, 'RELEASE PENDING', 'RELEASE PENDING');
  // Reads that reconciliation needs fail.
  const reads = await answer(unclear, 'wxa/getversioninfo', 48001);
  await rollouts.ask('advanceRollout', { id, gate: RELEASE });
  await rollouts.untilPlaces(id, 'VERIFY PENDING', 'RELEASE IN_DOUBT');
  expect(await rollouts.get(id)).toMatchObject({
    state: 'ROLLOUT_STATE_PAUSED',
    pauseCause: 'ROLLOUT_PAUSE_CAUSE_STOP_RULE',
    pauseDetail: expect.stringContaining('IN_DOUBT'),
  });
  expect(await rollouts.failures(id)).toMatchObject([
    { state: 'ROLLOUT_TARGET_STATE_IN_DOUBT', step: 'ROLLOUT_STEP_RELEASE', sampleAppids: [unclear] },
  ]);
  // What is in doubt at a resume does not stop the rollout again.
  await rollouts.ask('resumeRollout', { id });
  await rollouts.untilPlaces(id, DONE, 'RELEASE IN_DOUBT');
  expect((await rollouts.get(id)).state).toBe('ROLLOUT_STATE_RUNNING');
  // The look at the live version that follows must not fail.
  await world.sim.clearFaults(reads.id);
  await unary(world.operations, 'resolveOperation', {
    ...{ id: (await rollouts.target(id, unclear)).operationId, resolution: 'RESOLUTION_DONE' },
    ...{ resolvedBy: 'li', reason: 'seen', auditId: 0n },
  });
  await rollouts.untilEnd(id, DONE, DONE);
  for (const appid of appids)
    expect(await rollouts.kinds(appid)).toEqual(['commit', 'submit_audit', 'release']);
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

describe('platform errors', () => {
  const PLATFORM = 'ROLLOUT_PAUSE_CAUSE_PLATFORM';

  // The last one, because the platform has no token meanwhile.
  it('An operation without a token pauses the rollout if WeChat rejects the token of the platform before it expires, and is repeated after a resume', async () => {
    const [appid = ''] = await fresh(1);
    const { id } = await rollouts.create([appid], COMMIT_ONLY, false);
    const api = 'cgi-bin/component/api_component_token';
    const fault = await world.sim.addFault({ api, kind: 'errcode', errcode: -1, times: 0 });
    await world.sim.patchComponent({ expireToken: true });
    await world.sim.patch(appid, { expireToken: true });
    await rollouts.ask('startRollout', { id });
    const pauseDetail = expect.stringContaining('TOKEN_UNAVAILABLE');
    expect(await rollouts.until(id, 'PAUSED', 60_000)).toMatchObject({ pauseCause: PLATFORM, pauseDetail });
    expect(await rollouts.places(id)).toEqual(['COMMIT PENDING']);
    await world.sim.clearFaults(fault.id);
    const valid = 'select from components where access_token_until > now()';
    await eventually(async () => (await world.sql(valid)).length === 1, 60_000);
    await rollouts.ask('resumeRollout', { id });
    await rollouts.until(id, 'COMPLETED', 60_000);
    expect(await rollouts.places(id)).toEqual(['COMMIT SUCCEEDED']);
  }, 150_000);
});
