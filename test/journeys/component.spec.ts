import { describe, expect, it } from '@jest/globals';
import type { Rollout, RolloutPlan } from '@wxa/contracts';
import { RolloutGateType, RolloutTargetState } from '@wxa/contracts';
import { eventually } from '../eventually.js';
import { newAppids } from '../rollouts/rollout-steps.js';
import { useSharedWorld, world } from '../use-world.js';
import { count, Journey, authorized as letAuthorize, openAppid, REST, release, seconds } from './journey.js';

useSharedWorld('component');

const rollouts = new Journey(() => world);
const { ROLLOUT_TARGET_STATE_SKIPPED: SKIPPED } = RolloutTargetState;
const DONE = 'VERIFY SUCCEEDED';

const authorized = <Appids extends string[]>(...appids: Appids) => letAuthorize(world, ...appids);
const live = async (appid: string) =>
  (await world.sim.apps()).find((app) => app.appid === appid)?.liveVersion ?? null;
const rollBack = (id: string, request: object = {}) =>
  rollouts.ask('rollbackRollout', { id, reason: 'crashes', ...request });
const reasons = async (id: string) => (await rollouts.targets(id)).map(({ error }) => error?.reason);

describe('authorizations', () => {
  it.concurrent('Waves take explicit targets, counts, labels and the rest, and unauthorized targets are skipped and retried', async () => {
    const [vip = '', ...others] = await authorized(...newAppids(4));
    const [unknown = '', noCode = ''] = newAppids(2);
    await world.sim.authorize(noCode, { permissionSets: [17] });
    await eventually(
      async () =>
        (
          await world.sql(`select from authorizers where appid = $1 and permission_sets is not null`, [
            noCode,
          ])
        ).length === 1,
    );
    await world.sql(`update authorizers set labels = '{vip}' where appid = $1`, [vip]);
    const waves = [count(1), { size: { $case: 'label' as const, value: 'vip' } }, REST];
    const { id } = await rollouts.create([...others.slice(0, 2), vip, unknown, noCode], { waves }, false);
    await rollouts.ask('addRolloutTargets', { id, targets: [{ appid: others[2] ?? '', wave: 2 }] });
    const plan = await rollouts.ask<'getRolloutPlan', RolloutPlan>('getRolloutPlan', { id });
    expect(plan.waveTargets).toEqual([1, 2, 3]);
    expect(plan.findings).toEqual(
      expect.arrayContaining([
        expect.objectContaining({
          reason: 'NOT_AUTHORIZED',
          blocking: false,
          targets: 1,
          sampleAppids: [unknown],
        }),
        expect.objectContaining({ reason: 'NO_PERMISSION_SET_18', targets: 1, sampleAppids: [noCode] }),
      ]),
    );
    await rollouts.ask('startRollout', { id });
    await rollouts.until(id);
    expect(await rollouts.places(id)).toEqual([DONE, DONE, DONE, 'COMMIT SKIPPED', 'COMMIT SKIPPED', DONE]);
    expect(await rollouts.accepted(id)).toBeGreaterThan(0);
    expect(await rollouts.failures(id)).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ state: SKIPPED, reason: 'NOT_AUTHORIZED', retryable: false }),
      ]),
    );
    await authorized(unknown, noCode);
    await rollouts.ask('retryRollout', { id, filter: { states: [SKIPPED], reason: 'NOT_AUTHORIZED' } });
    await rollouts.until(id);
    expect(await rollouts.places(id)).toEqual(Array(6).fill(DONE));
  });

  it.concurrent('A mini-program that withdraws its authorization meanwhile is skipped, is no failure, and continues after it authorized again', async () => {
    const [appid] = await authorized(openAppid());
    const { id } = await rollouts.create([appid], { stopRules: [{ cause: 'CAUSE_ANY', count: 1 }] as never });
    await rollouts.untilPlaces(id, 'AUDIT WAITING AUDIT');
    await world.sim.unauthorize(appid);
    await world.sim.decide(appid, { decision: 'approve' });
    await rollouts.until(id);
    expect(await rollouts.places(id)).toEqual(['RELEASE SKIPPED']);
    expect(await reasons(id)).toEqual(['NOT_AUTHORIZED']);
    await authorized(appid);
    await rollouts.ask('retryRollout', { id, filter: { states: [SKIPPED] } });
    await rollouts.until(id);
    expect(await rollouts.places(id)).toEqual([DONE]);
    expect(
      (await rollouts.effects(appid)).filter((effect) => /^(commit|submit|release)/.test(effect)),
    ).toHaveLength(3);
  });
});

describe('RollbackRollout', () => {
  it.concurrent('Released versions are reverted, replaced ones are left, and one without an earlier version is skipped', async () => {
    const [released, replaced, first] = await authorized(...(newAppids(3) as [string, string, string]));
    await release(world, released, '1.0.0');
    await release(world, replaced, '1.0.0');
    const forward = await rollouts.create([released, replaced, first]);
    await rollouts.until(forward.id);
    await release(world, replaced, '3.0.0');
    const back = await rollBack(forward.id, { onBehalfOf: 'li' });
    expect(back).toMatchObject({ rollbackOf: forward.id, targets: 3, spec: { rollbackOptions: {} } });
    await rollouts.until(back.id);
    expect(await rollouts.places(back.id)).toEqual([DONE, 'ROLL_BACK SKIPPED', 'ROLL_BACK SKIPPED']);
    const [, byHand, none] = await rollouts.targets(back.id);
    expect(byHand?.error).toMatchObject({
      reason: 'VERSION_MISMATCH',
      errmsg: expect.stringContaining('the live version is "3.0.0"'),
    });
    expect(none?.error?.errcode).toBe(87012);
    expect([await live(released), await live(replaced)]).toEqual(['1.0.0', '3.0.0']);
    expect(await rollouts.get(forward.id)).toMatchObject({
      state: 'ROLLOUT_STATE_COMPLETED',
      rolledBackBy: back.id,
    });
    expect((await rollouts.journal(forward.id)).at(-1)).toMatchObject({
      type: 'ROLLOUT_CHANGE_TYPE_ROLLED_BACK',
      reason: 'crashes',
      onBehalfOf: 'li',
    });
  });

  it.concurrent('A rollout whose targets are at each step is cancelled, and each target gets what it needs', async () => {
    const [gray, audit, done] = await authorized(
      ...(newAppids(1) as [string]),
      openAppid(),
      ...(newAppids(1) as [string]),
    );
    await release(world, gray, '1.0.0');
    await release(world, done, '1.0.0');
    const graySteps = [{ percentage: 10, pause: seconds(600) }];
    const forward = await rollouts.create([gray, audit], { release: { graySteps } });
    await rollouts.untilPlaces(forward.id, 'RELEASE WAITING GRAY_PAUSE', 'AUDIT WAITING AUDIT');
    const back = await rollBack(forward.id, { options: { withdrawAudits: true } });
    await rollouts.until(back.id);
    expect(await rollouts.places(back.id)).toEqual([DONE, DONE]);
    expect((await rollouts.get(forward.id)).state).toBe('ROLLOUT_STATE_CANCELLED');
    expect((await rollouts.effects(gray)).at(-1)).toBe('revert_gray');
    expect((await rollouts.effects(audit)).at(-1)).toMatch(/^undo /);
    expect(await live(gray)).toBe('1.0.0');
    await rollouts.event(forward.id, 'Cancelled');
    expect((await rollouts.event(forward.id, 'Cancelled')).json.rollout).toMatchObject({
      rolledBackBy: back.id,
    });
  });

  it.concurrent('A rollback waits for a forward step in progress, then takes it back', async () => {
    const [appid] = await authorized(...(newAppids(1) as [string]));
    await release(world, appid, '1.0.0');
    const forward: Rollout = await rollouts.create([appid], {
      waves: [{ ...REST, releaseGate: { manual: true } }],
    });
    await rollouts.untilPlaces(forward.id, 'RELEASE PENDING');
    const held = await world.sim.addFault({ api: 'wxa/release', appid, kind: 'hang' });
    await rollouts.ask('advanceRollout', { id: forward.id, gate: RolloutGateType.ROLLOUT_GATE_TYPE_RELEASE });
    await eventually(async () => (await world.sim.fault(held.id)).held === 1);
    const back = await rollBack(forward.id);
    await rollouts.untilPlaces(back.id, 'ROLL_BACK WAITING OTHER_ROLLOUT');
    expect((await rollouts.get(forward.id)).state).toBe('ROLLOUT_STATE_CANCELLING');
    await world.sim.releaseFault(held.id);
    await rollouts.until(forward.id, 'CANCELLED');
    await rollouts.until(back.id);
    expect(await rollouts.places(back.id)).toEqual([DONE]);
    expect(await live(appid)).toBe('1.0.0');
  });
});
