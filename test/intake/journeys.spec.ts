import { afterEach, describe, expect, it } from '@jest/globals';
import type { CreateAuthorizationLinkResponse, DeepPartial, Rollout, RolloutSpec } from '@wxa/contracts';
import { RolloutStep } from '@wxa/contracts';
import { newAppid } from '../appid.js';
import { eventually } from '../eventually.js';
import { count, DONE, Journey, openAppid, placeOf, REST, release } from '../journeys/journey.js';
import { specOf } from '../rollouts/rollout-steps.js';
import { useSharedWorld, world } from '../use-world.js';
import { unary } from '../world.js';

useSharedWorld('component');

const rollouts = new Journey(() => world);
const PERMISSIONS = { permissionSets: [17, 18] };
const FIRST_STEP = { firstStep: RolloutStep.ROLLOUT_STEP_COMMIT };

/** The open rollouts of a test, which would take in the mini-programs of others. */
const started: string[] = [];
afterEach(async () => {
  for (const id of started.splice(0)) {
    const { state } = await rollouts.get(id);
    if (state !== 'ROLLOUT_STATE_COMPLETED') await rollouts.ask('cancelRollout', { id });
  }
});

/** Starts a rollout that takes in all mini-programs that authorize from now on. */
async function open(given: DeepPartial<RolloutSpec> = {}, appids: string[] = []): Promise<Rollout> {
  const match = { $case: 'allAuthorized' as const, value: true };
  const spec = specOf({ ...FIRST_STEP, ...given, continuous: { match, ...given.continuous } });
  const by = { $case: 'appids' as const, value: { appids } };
  const selection = appids.length === 0 ? {} : { selection: { by } };
  const rollout = await rollouts.ask('createRollout', { spec, ...selection, start: true });
  started.push(rollout.id);
  return rollout;
}

const place = async (id: string, appid: string) => {
  const found = (await rollouts.targets(id)).find((target) => target.appid === appid);
  return found && placeOf(found);
};
const untilPlace = (id: string, appid: string, expected: string) =>
  eventually(async () => expect(await place(id, appid)).toBe(expected), 30_000);
const liveVersion = async (appid: string) =>
  (await world.sim.apps()).find((app) => app.appid === appid)?.liveVersion;

describe('first releases', () => {
  it('1: A customer whose callback was lost is released once the sync has found it', async () => {
    const { id, spec } = await open();
    const appid = newAppid();
    await world.sim.authorize(appid, { ...PERMISSIONS, push: { none: true } });
    await unary(world.authorizers, 'syncAuthorizers', {});
    await untilPlace(id, appid, DONE);
    expect(await liveVersion(appid)).toBe(spec?.userVersion);
  });

  it('2: A customer whose callback arrives twice, and who withdraws and comes back, is one target and is released once', async () => {
    const { id } = await open();
    const appid = newAppid();
    await world.sim.authorize(appid, { ...PERMISSIONS, push: { times: 2 } });
    await untilPlace(id, appid, DONE);
    await world.sim.unauthorize(appid);
    await world.sim.authorize(appid, PERMISSIONS);
    await eventually(
      async () =>
        (
          await world.sql(
            "select from authorizers where appid = $1 and code is null and state = 'AUTHORIZED'",
            [appid],
          )
        ).length === 1,
    );
    await rollouts.ask('closeRollout', { id });
    await rollouts.untilEnd(id, DONE);
    expect(await rollouts.kinds(appid)).toEqual(['commit', 'submit_audit', 'release']);
    const { json } = await rollouts.event(id, 'Closed');
    expect(json).toMatchObject({ cause: 'ROLLOUT_CLOSE_CAUSE_REQUESTED' });
  });

  it('A customer who authorizes by a link with labels becomes a target of the rollout of these labels', async () => {
    const label = newAppid();
    const [all, own] = [
      await open(),
      await open({ continuous: { match: { $case: 'labels', value: { labels: [label] } } } }),
    ];
    const link = { redirectUri: 'https://platform.example/authorized', labels: [label] };
    const { preAuthCode } = (await world.call(
      'CreateAuthorizationLink',
      link,
    )) as CreateAuthorizationLinkResponse;
    const appid = newAppid();
    await world.sim.authorize(appid, { ...PERMISSIONS, preAuthCode });
    await untilPlace(own.id, appid, DONE);
    expect(await place(all.id, appid)).toBeUndefined();
  });

  it('11: A customer who has not filed waits and is released once the filing is seen, and one with a live version is skipped', async () => {
    const { ROLLOUT_STEP_UNSPECIFIED: firstStep } = RolloutStep;
    const [filing, live, ready] = [newAppid(), newAppid(), newAppid()];
    await release(world, live, '1.0.0');
    const { id } = await open({ firstStep, maxInFlight: 1, continuous: { onlyUnreleased: true } });
    await world.sim.setFiling(filing, { status: 1024, push: { none: true } });
    for (const appid of [filing, live, ready]) await world.sim.authorize(appid, PERMISSIONS);
    await untilPlace(id, ready, DONE);
    await untilPlace(id, live, 'READINESS SKIPPED');
    expect((await rollouts.target(id, live)).error).toMatchObject({ reason: 'ALREADY_RELEASED' });
    await untilPlace(id, filing, 'READINESS WAITING READINESS');
    expect(await rollouts.effects(filing)).toEqual([]);
    await world.sql(`update mini_programs set read_at = now() - interval '1 minute' where appid = $1`, [
      filing,
    ]);
    await world.sim.setFiling(filing, { status: 6 });
    await untilPlace(id, filing, DONE);
  }, 90_000);

  it('13: 86009 pauses the rollout; newcomers are taken in meanwhile and are submitted after Resume', async () => {
    const { id } = await open();
    const [first, second] = [newAppid(), newAppid()];
    const refusal = { api: 'wxa/submit_audit', kind: 'errcode' as const, errcode: 86009 };
    const fault = await world.sim.addFault({ ...refusal, appid: first, times: 0 });
    await world.sim.authorize(first, PERMISSIONS);
    await rollouts.until(id, 'PAUSED');
    await world.sim.authorize(second, PERMISSIONS);
    await untilPlace(id, second, 'COMMIT PENDING');
    await world.sim.clearFaults(fault.id);
    await rollouts.ask('resumeRollout', { id });
    for (const appid of [first, second]) await untilPlace(id, appid, DONE);
  });

  it('14: With the budget of the day used up, newcomers are committed, and submitted with the next day', async () => {
    const { id } = await open({ continuous: { maxSubmissionsPerDay: 1 } });
    const [first, second] = [newAppid(), newAppid()];
    await world.sim.authorize(first, PERMISSIONS);
    await untilPlace(id, first, DONE);
    await world.sim.authorize(second, PERMISSIONS);
    await untilPlace(id, second, 'SUBMIT_AUDIT PENDING');
    const { holds } = await rollouts.get(id);
    expect(holds).toMatchObject([{ cause: 'CAUSE_AUDIT_BUDGET', until: expect.any(Date) }]);
    await world.sql('update rollouts set tally_day = tally_day - 1, next_turn_at = now() where id = $1', [
      id,
    ]);
    await untilPlace(id, second, DONE);
  });

  it('15: A newcomer of a rollout that is replaced ends in it, and then gets the version of the new one', async () => {
    const old = await open();
    const [canary, newcomer] = [newAppid(), openAppid()];
    await world.sim.authorize(newcomer, PERMISSIONS);
    await untilPlace(old.id, newcomer, 'AUDIT WAITING AUDIT');
    // Who authorizes in the second in which the new rollout is created belongs to that one too.
    const before = `select from authorizers where appid = $1 and authorized_at < date_trunc('second', now())`;
    await eventually(async () => (await world.sql(before, [newcomer])).length === 1);
    await world.sim.authorize(canary, { ...PERMISSIONS, push: { none: true } });
    const waves = [count(1), { ...REST, submitGate: { manual: true } }];
    const next = await open({ waves, continuous: { replaces: old.id } }, [canary]);
    const late = openAppid();
    await world.sim.authorize(late, PERMISSIONS);
    await untilPlace(old.id, late, 'AUDIT WAITING AUDIT');
    await rollouts.ask('advanceRollout', { id: next.id, gate: 'ROLLOUT_GATE_TYPE_SUBMIT' as never, wave: 2 });
    await untilPlace(next.id, late, 'COMMIT WAITING OTHER_ROLLOUT');
    expect(await rollouts.get(old.id)).toMatchObject({ open: false });
    await world.sim.decide(late, { decision: 'approve' });
    await untilPlace(old.id, late, DONE);
    await untilPlace(next.id, late, 'AUDIT WAITING AUDIT');
    await world.sim.decide(late, { decision: 'approve' });
    await untilPlace(next.id, late, DONE);
    expect(await liveVersion(late)).toBe(next.spec?.userVersion);
    expect(await place(next.id, newcomer)).toBeUndefined();
  });
});
