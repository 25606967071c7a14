import { describe, expect, it } from '@jest/globals';
import {
  RolloutStopRule_Cause as Cause,
  RolloutGateType,
  type RolloutPlan,
  RolloutStep,
  RolloutTargetState,
} from '@wxa/contracts';
import { eventually } from '../eventually.js';
import { newAppids } from '../rollouts/rollout-steps.js';
import { useSharedWorld, world } from '../use-world.js';
import { unary } from '../world.js';
import {
  authorized,
  commitByHand,
  count,
  Journey,
  openAppid,
  REST,
  release,
  submitByHand,
} from './journey.js';

useSharedWorld('component');

const rollouts = new Journey(() => world);
const { ROLLOUT_TARGET_STATE_SKIPPED: SKIPPED } = RolloutTargetState;
const DONE = 'VERIFY SUCCEEDED';
const fresh = (count: number) => authorized(world, ...newAppids(count));
const freshOpen = async () => (await authorized(world, openAppid()))[0] ?? '';

/** Reads that reconciliation needs fail. */
const NO_READS = { api: 'wxa/getversioninfo', kind: 'errcode' as const, errcode: 48001, times: 0 };

const resolve = (id: string) =>
  unary(world.operations, 'resolveOperation', {
    id,
    resolution: 'RESOLUTION_DONE',
    resolvedBy: 'li',
    reason: 'seen',
    auditId: 0n,
  });

describe('operations in doubt', () => {
  it.concurrent('A release whose answer is lost is reconciled, and one that cannot be is IN_DOUBT until ResolveOperation', async () => {
    const [lost = '', unclear = ''] = await fresh(2);
    await world.sim.addFault({ api: 'wxa/release', appid: lost, kind: 'lost' });
    await world.sim.addFault({ api: 'wxa/release', appid: unclear, kind: 'lost' });
    const { id } = await rollouts.create([lost, unclear], {
      stopRules: [{ cause: Cause.CAUSE_IN_DOUBT, count: 1 }],
      waves: [{ ...REST, releaseGate: { manual: true } }],
    });
    await rollouts.untilPlaces(id, 'RELEASE PENDING', 'RELEASE PENDING');
    const reads = await world.sim.addFault({ ...NO_READS, appid: unclear });
    await rollouts.ask('advanceRollout', { id, gate: RolloutGateType.ROLLOUT_GATE_TYPE_RELEASE });
    await rollouts.untilPlaces(id, 'VERIFY PENDING', 'RELEASE IN_DOUBT');
    expect(await rollouts.get(id)).toMatchObject({
      state: 'ROLLOUT_STATE_PAUSED',
      pauseCause: 'ROLLOUT_PAUSE_CAUSE_STOP_RULE',
      pauseDetail: expect.stringContaining('IN_DOUBT'),
    });
    expect(await rollouts.failures(id)).toMatchObject([
      {
        state: 'ROLLOUT_TARGET_STATE_IN_DOUBT',
        step: 'ROLLOUT_STEP_RELEASE',
        count: 1,
        sampleAppids: [unclear],
      },
    ]);
    // What is in doubt at a resume does not stop the rollout again.
    await rollouts.ask('resumeRollout', { id });
    await rollouts.untilPlaces(id, DONE, 'RELEASE IN_DOUBT');
    expect((await rollouts.get(id)).state).toBe('ROLLOUT_STATE_RUNNING');
    await resolve((await rollouts.target(id, unclear)).operationId);
    await world.sim.clearFaults(reads.id);
    await rollouts.until(id);
    expect(await rollouts.places(id)).toEqual([DONE, DONE]);
    for (const appid of [lost, unclear])
      expect((await rollouts.effects(appid)).filter((effect) => effect.startsWith('release'))).toHaveLength(
        1,
      );
  });

  it.concurrent('A target whose operation is cancelled fails with OPERATION_CANCELLED, and a retry uses a new request_id', async () => {
    const [appid = ''] = await fresh(1);
    const reads = await world.sim.addFault({ ...NO_READS, appid });
    await world.sim.addFault({ api: 'wxa/commit', appid, kind: 'lost' });
    const doubt = await world.run('Commit', { appid, templateId: 1n, userVersion: 'before' });
    const { id } = await rollouts.create([appid], { lastStep: RolloutStep.ROLLOUT_STEP_COMMIT });
    await rollouts.untilPlaces(id, 'COMMIT RUNNING');
    const { operationId } = await rollouts.target(id, appid);
    await eventually(async () => (await world.get(operationId)).blockedBy === doubt.id);
    await unary(world.operations, 'cancelOperation', { id: operationId, reason: 'wrong' });
    await rollouts.until(id);
    expect(await rollouts.failures(id)).toMatchObject([
      { reason: 'OPERATION_CANCELLED', retryable: true, count: 1 },
    ]);
    await world.sim.clearFaults(reads.id);
    await resolve(doubt.id);
    await rollouts.ask('retryRollout', { id });
    await rollouts.until(id);
    const { operations, state } = await rollouts.target(id, appid);
    expect(state).toBe('ROLLOUT_TARGET_STATE_SUCCEEDED');
    expect(
      operations.map(
        ({ requestId, state: ended }) => `${requestId} ${ended.replace('OPERATION_STATE_', '')}`,
      ),
    ).toEqual([`rollout-${id}-commit-1 CANCELLED`, `rollout-${id}-commit-2 SUCCEEDED`]);
  });
});

describe('changes by hand', () => {
  it.concurrent('A commit by hand before the submission fails the target with VERSION_MISMATCH, and a retry from COMMIT continues', async () => {
    const { id } = await rollouts.create(await fresh(2), { auditBudget: { maxSubmissions: 1 } });
    await eventually(
      async () => (await rollouts.places(id)).sort().join() === `SUBMIT_AUDIT PENDING,${DONE}`,
    );
    const second = (await rollouts.targets(id)).find(({ auditId }) => auditId === 0n)?.appid ?? '';
    expect((await rollouts.get(id)).holds).toMatchObject([
      {
        cause: 'CAUSE_AUDIT_BUDGET',
        step: 'ROLLOUT_STEP_SUBMIT_AUDIT',
        targets: 1,
        detail: 'audits submitted or in flight 1, max_submissions 1',
      },
    ]);
    await commitByHand(world, second, 'by hand');
    await rollouts.ask('updateRollout', { id, spec: { auditBudget: {} }, updateMask: ['audit_budget'] });
    await rollouts.until(id);
    expect(await rollouts.failures(id)).toMatchObject([
      { step: 'ROLLOUT_STEP_SUBMIT_AUDIT', reason: 'VERSION_MISMATCH', count: 1, sampleAppids: [second] },
    ]);
    await rollouts.ask('retryRollout', { id, fromStep: RolloutStep.ROLLOUT_STEP_COMMIT });
    await rollouts.until(id);
    expect(await rollouts.places(id)).toEqual([DONE, DONE]);
    expect((await rollouts.event(id, 'Held')).json.hold).toMatchObject({ cause: 'CAUSE_AUDIT_BUDGET' });
    expect((await rollouts.event(id, 'HoldCleared')).json.hold).toMatchObject({
      cause: 'CAUSE_AUDIT_BUDGET',
      targets: 1,
    });
  });

  it.concurrent('A release by hand of our version succeeds, of another version skips or fails the target', async () => {
    const [ours = '', replaced = '', refused = ''] = await fresh(3);
    const { id } = await rollouts.create([ours, replaced, refused], {
      waves: [{ ...REST, releaseGate: { manual: true } }],
    });
    await rollouts.untilPlaces(id, ...Array(3).fill('RELEASE PENDING'));
    await world.sim.byHand(ours, { api: 'wxa/release' });
    await release(world, replaced, 'by hand');
    await world.sim.addFault({ api: 'wxa/release', appid: refused, kind: 'errcode', errcode: 85052 });
    await rollouts.ask('advanceRollout', { id, gate: RolloutGateType.ROLLOUT_GATE_TYPE_RELEASE });
    await rollouts.until(id);
    const shown = await rollouts.targets(id);
    expect(
      shown.map(({ state, error }) => [state.replace('ROLLOUT_TARGET_STATE_', ''), error?.reason]),
    ).toEqual([
      ['SUCCEEDED', undefined],
      ['FAILED', 'VERSION_MISMATCH'],
      ['SKIPPED', 'RELEASED_BY_HAND'],
    ]);
    await rollouts.ask('retryRollout', {
      id,
      filter: { states: [SKIPPED] },
      fromStep: RolloutStep.ROLLOUT_STEP_RELEASE,
    });
    await rollouts.until(id);
    expect((await rollouts.places(id))[2]).toBe(DONE);
  });
});

describe('gray releases', () => {
  it.concurrent('A rollback fails, and its plan counts, a target whose gray release is left after another audit was submitted by hand', async () => {
    const appid = await freshOpen();
    await release(world, appid, '1.0.0');
    const graySteps = [10, 50].map((percentage) => ({ percentage, pause: { seconds: 3600n } }));
    const { id } = await rollouts.create([appid], { release: { graySteps } });
    await rollouts.untilPlaces(id, 'AUDIT WAITING AUDIT');
    await world.sim.decide(appid, { decision: 'approve' });
    await rollouts.untilPlaces(id, 'RELEASE WAITING GRAY_PAUSE');
    expect((await rollouts.target(id, appid)).grayPercentage).toBe(10);
    await commitByHand(world, appid, 'by hand');
    await submitByHand(world, appid);
    await rollouts.makeDue(id);
    await rollouts.until(id);
    expect(await rollouts.target(id, appid)).toMatchObject({
      step: 'ROLLOUT_STEP_VERIFY',
      error: { reason: 'VERSION_MISMATCH' },
      grayPercentage: 10,
    });
    const rollback = await rollouts.ask('rollbackRollout', { id, draft: true });
    const plan = await rollouts.ask<'getRolloutPlan', RolloutPlan>('getRolloutPlan', { id: rollback.id });
    expect(plan.findings).toContainEqual(
      expect.objectContaining({ reason: 'GRAY_RELEASE_LEFT', targets: 1, sampleAppids: [appid] }),
    );
    await rollouts.ask('startRollout', { id: rollback.id });
    await rollouts.until(rollback.id);
    expect(await rollouts.places(rollback.id)).toEqual(['ROLL_BACK FAILED']);
    expect(await rollouts.failures(rollback.id)).toMatchObject([{ reason: 'VERSION_MISMATCH', count: 1 }]);
    expect(await rollouts.effects(appid)).not.toContain('revert_gray');
  });
});

describe('CancelRollout', () => {
  it.concurrent('A draft, a running, a paused rollout and one with operations in progress are cancelled, and events follow a start only', async () => {
    const [waiting, running] = [await freshOpen(), (await fresh(1))[0] ?? ''];
    const draft = await rollouts.create(await fresh(1), {}, false);
    const held = await world.sim.addFault({
      api: 'wxa/commit',
      appid: running,
      kind: 'hang',
      times: 0,
      ms: 0,
    });
    const { id } = await rollouts.create([waiting, running, ...(await fresh(2))], {
      waves: [count(2), REST],
    });
    await rollouts.untilPlaces(
      id,
      'AUDIT WAITING AUDIT',
      'COMMIT RUNNING',
      'COMMIT PENDING',
      'COMMIT PENDING',
    );
    await rollouts.ask('pauseRollout', { id });
    expect(
      await rollouts.ask('cancelRollout', { id, onBehalfOf: 'li', reason: 'wrong template' }),
    ).toMatchObject({ state: 'ROLLOUT_STATE_CANCELLING' });
    expect(await rollouts.ask('cancelRollout', { id })).toMatchObject({
      state: expect.stringMatching('CANCEL'),
    });
    await world.sim.clearFaults(held.id);
    const cancelled = await rollouts.until(id, 'CANCELLED');
    expect(cancelled).toMatchObject({ endTime: expect.any(Date), rolledBackBy: '' });
    const [, second] = await rollouts.places(id);
    expect(second).toMatch(/ CANCELLED$/);
    expect((await world.sim.app(waiting)).audits.at(-1)?.status).toBe(2);
    expect((await rollouts.journal(id)).find(({ type }) => type.endsWith('CANCEL_REQUESTED'))).toMatchObject({
      reason: 'wrong template',
      onBehalfOf: 'li',
      moved: 4,
      total: 4,
    });
    expect(await rollouts.ask('cancelRollout', { id: draft.id })).toMatchObject({
      state: 'ROLLOUT_STATE_CANCELLED',
    });
    await rollouts.event(id, 'Cancelled');
    expect(rollouts.events(id).filter(({ name }) => name === 'TargetCompleted')).toHaveLength(4);
    expect(rollouts.events(draft.id)).toEqual([]);
  });
});

describe('two rollouts on one mini-program', () => {
  it.concurrent('The later one waits until the first is done with the mini-program', async () => {
    const appid = await freshOpen();
    const first = await rollouts.create([appid]);
    await rollouts.untilPlaces(first.id, 'AUDIT WAITING AUDIT');
    const draft = await rollouts.create([appid], {}, false);
    const { findings } = await rollouts.ask<'getRolloutPlan', RolloutPlan>('getRolloutPlan', {
      id: draft.id,
    });
    expect(findings.filter(({ targets }) => targets > 0)).toMatchObject([
      { reason: 'OPEN_AUDIT', blocking: false, targets: 1, sampleAppids: [appid] },
      { reason: 'OTHER_ROLLOUT', blocking: false, targets: 1 },
    ]);
    await rollouts.ask('startRollout', { id: draft.id });
    await rollouts.untilPlaces(draft.id, 'COMMIT WAITING OTHER_ROLLOUT');
    expect(await rollouts.accepted(draft.id)).toBe(0);
    await world.sim.decide(appid, { decision: 'approve' });
    await rollouts.until(first.id);
    await rollouts.untilPlaces(draft.id, 'AUDIT WAITING AUDIT');
    await world.sim.decide(appid, { decision: 'approve' });
    await rollouts.until(draft.id);
    expect([...(await rollouts.places(first.id)), ...(await rollouts.places(draft.id))]).toEqual([
      DONE,
      DONE,
    ]);
  });
});
