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

describe('operations in doubt', () => {
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
});

describe('changes by hand', () => {
  it.concurrent('A commit by hand before the submission fails the target with VERSION_MISMATCH, and a retry from COMMIT continues', async () => {
    const { id } = await rollouts.create(await fresh(2), { auditBudget: { maxSubmissions: 1 } });
    await eventually(async () => {
      expect((await rollouts.places(id)).toSorted()).toEqual(['SUBMIT_AUDIT PENDING', DONE]);
    });
    const second = (await rollouts.targets(id)).find(({ auditId }) => auditId === 0n)?.appid ?? '';
    const detail = 'audits submitted or in flight 1, max_submissions 1';
    const hold = { cause: 'CAUSE_AUDIT_BUDGET', step: 'ROLLOUT_STEP_SUBMIT_AUDIT', targets: 1, detail };
    expect((await rollouts.get(id)).holds).toMatchObject([hold]);
    await commitByHand(world, second, 'by hand');
    await rollouts.ask('updateRollout', { id, spec: { auditBudget: {} }, updateMask: ['audit_budget'] });
    await rollouts.until(id);
    expect(await rollouts.failures(id)).toMatchObject([
      { step: 'ROLLOUT_STEP_SUBMIT_AUDIT', reason: 'VERSION_MISMATCH', count: 1, sampleAppids: [second] },
    ]);
    await rollouts.ask('retryRollout', { id, fromStep: RolloutStep.ROLLOUT_STEP_COMMIT });
    await rollouts.untilEnd(id, DONE, DONE);
    for (const name of ['Held', 'HoldCleared'])
      expect((await rollouts.event(id, name)).json.hold).toMatchObject({ cause: hold.cause, targets: 1 });
  });
});

describe('gray releases', () => {
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

  it.concurrent('After 87011 the gray release is reverted, then the version, but not a gray release by hand', async () => {
    const appids = await fresh(2);
    const [ours = '', byHand = ''] = appids;
    for (const appid of appids) await release(world, appid, '1.0.0');
    const { id, spec } = await rollouts.create(appids);
    await rollouts.until(id);
    await answer(ours, 'wxa/revertcoderelease', 87011, { times: 1 });
    await commitByHand(world, byHand, '3.0.0');
    await submitByHand(world, byHand);
    const gray = { api: 'wxa/grayrelease', body: { gray_percentage: 10 } };
    await eventually(() => world.sim.byHand(byHand, gray));
    const back = await rollouts.ask('rollbackRollout', { id });
    await rollouts.until(back.id);
    expect(await rollouts.targets(back.id)).toMatchObject([
      { state: 'ROLLOUT_TARGET_STATE_SUCCEEDED' },
      { state: 'ROLLOUT_TARGET_STATE_FAILED', error: { reason: 'VERSION_MISMATCH' } },
    ]);
    const { operations } = await rollouts.target(back.id, ours);
    const parts = ['rollback0', 'rollback1', 'rollback2', 'verify0'];
    expect(operations.map(({ requestId }) => requestId.split('-')[6])).toEqual(parts);
    const live = new Map((await world.sim.apps()).map(({ appid, liveVersion }) => [appid, liveVersion]));
    expect(appids.map((appid) => live.get(appid))).toEqual(['1.0.0', spec?.userVersion]);
    expect(await rollouts.kinds(byHand)).not.toContain('revert_gray');
  }, 60_000);
});

describe('platform errors', () => {
  const PLATFORM = 'ROLLOUT_PAUSE_CAUSE_PLATFORM';

  it.concurrent('Errcodes of the platform and the template pause the rollout at the first target, which is repeated after a resume', async () => {
    const codes = [40164, 45035, 61004, 61011, 61028, 85014, 85043, 85044, 86008];
    const appids = await fresh(codes.length);
    await Promise.all(
      codes.map(async (errcode, i) => {
        const appid = appids[i] ?? '';
        const fault = await answer(appid, 'wxa/commit', errcode);
        const { id } = await rollouts.create([appid], COMMIT_ONLY);
        const detail = expect.stringContaining(`refused with ${errcode}: `);
        const paused = { pauseCause: PLATFORM, pauseDetail: detail };
        expect(await rollouts.until(id, 'PAUSED')).toMatchObject(paused);
        expect((await rollouts.event(id, 'Paused')).json).toMatchObject({ cause: PLATFORM, detail });
        expect(await rollouts.places(id)).toEqual(['COMMIT PENDING']);
        const repeated = { attempt: 2, error: undefined, completions: 0 };
        expect(await rollouts.target(id, appid)).toMatchObject(repeated);
        await world.sim.clearFaults(fault.id);
        await rollouts.ask('resumeRollout', { id });
        await rollouts.untilEnd(id, 'COMMIT SUCCEEDED');
      }),
    );
  }, 60_000);

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
