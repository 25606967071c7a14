import { describe, expect, it } from '@jest/globals';
import { RolloutStopRule_Cause as Cause, RolloutTargetState } from '@wxa/contracts';
import { eventually } from '../eventually.js';
import { newAppids } from '../rollouts/rollout-steps.js';
import { useSharedWorld, world } from '../use-world.js';
import { DONE, Journey, authorized as letAuthorize, openAppid, release, seconds } from './journey.js';

useSharedWorld('component');

const rollouts = new Journey(() => world);
const { ROLLOUT_TARGET_STATE_SKIPPED: SKIPPED } = RolloutTargetState;

const authorized = <Appids extends string[]>(...appids: Appids) => letAuthorize(world, ...appids);
const live = async (appid: string) =>
  (await world.sim.apps()).find((app) => app.appid === appid)?.liveVersion ?? null;

describe('authorizations', () => {
  it.concurrent('A mini-program without an authorization, or that withdraws it meanwhile, is skipped, is no failure, and continues once it has authorized', async () => {
    const [fine, withdrawn] = await authorized(newAppids(1)[0] ?? '', openAppid());
    const [unknown = '', noCode = ''] = newAppids(2);
    await world.sim.authorize(noCode, { permissionSets: [17] });
    const stored = 'select from authorizers where appid = $1 and permission_sets is not null';
    await eventually(async () => (await world.sql(stored, [noCode])).length === 1);
    const appids = [fine, unknown, noCode, withdrawn];
    const { id } = await rollouts.create(appids, { stopRules: [{ cause: Cause.CAUSE_ANY, count: 1 }] });
    const skipped = Array(2).fill('COMMIT SKIPPED');
    await rollouts.untilPlaces(id, DONE, ...skipped, 'AUDIT WAITING AUDIT');
    await world.sim.unauthorize(withdrawn);
    await world.sim.decide(withdrawn, { decision: 'approve' });
    await rollouts.untilEnd(id, DONE, ...skipped, 'RELEASE SKIPPED');
    const group = { state: SKIPPED, reason: 'NOT_AUTHORIZED', retryable: false };
    const failures = await rollouts.failures(id);
    expect(failures).toEqual(failures.map(() => expect.objectContaining(group)));
    await authorized(unknown, noCode, withdrawn);
    await rollouts.ask('retryRollout', { id, filter: { states: [SKIPPED], reason: 'NOT_AUTHORIZED' } });
    await rollouts.untilEnd(id, DONE, DONE, DONE, DONE);
    expect(await rollouts.kinds(withdrawn)).toEqual(['commit', 'submit_audit', 'release']);
  });
});

describe('RollbackRollout', () => {
  it.concurrent('Released versions are reverted, replaced ones are left, and one without an earlier version is skipped', async () => {
    const [released, replaced, first] = await authorized(...(newAppids(3) as [string, string, string]));
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
      { error: { reason: 'VERSION_MISMATCH', errmsg } },
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

  it.concurrent('A rollout whose targets are at each step is cancelled, and each target gets what it needs, one with a step in progress after that', async () => {
    const [gray, held, audit] = await authorized(
      ...(newAppids(2) as [string, string]),
      ...([openAppid()] as const),
    );
    for (const appid of [gray, held]) await release(world, appid, '1.0.0');
    const fault = await world.sim.addFault({ api: 'wxa/grayrelease', appid: held, kind: 'hang' });
    const graySteps = [{ percentage: 10, pause: seconds(600) }];
    const { id } = await rollouts.create([gray, held, audit], { release: { graySteps } });
    await rollouts.untilPlaces(id, 'RELEASE WAITING GRAY_PAUSE', 'RELEASE RUNNING', 'AUDIT WAITING AUDIT');
    await eventually(async () => (await world.sim.fault(fault.id)).held === 1);
    const back = await rollouts.ask('rollbackRollout', { id, options: { withdrawAudits: true } });
    const waits = 'ROLL_BACK WAITING OTHER_ROLLOUT';
    await eventually(async () => expect((await rollouts.places(back.id))[1]).toBe(waits));
    expect((await rollouts.get(id)).state).toBe('ROLLOUT_STATE_CANCELLING');
    await world.sim.releaseFault(fault.id);
    await rollouts.until(id, 'CANCELLED');
    await rollouts.untilEnd(back.id, DONE, DONE, DONE);
    for (const appid of [gray, held]) {
      expect((await rollouts.effects(appid)).at(-1)).toBe('revert_gray');
      expect(await live(appid)).toBe('1.0.0');
    }
    expect((await rollouts.kinds(audit)).at(-1)).toBe('undo');
    const { json } = await rollouts.event(id, 'Cancelled');
    expect(json.rollout).toMatchObject({ rolledBackBy: back.id });
  });
});
