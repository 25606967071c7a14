import { describe, expect, it } from '@jest/globals';
import {
  AuditItem,
  type DeepPartial,
  RolloutAudit_OnOpenAudit as OnOpenAudit,
  RolloutCheck,
  type RolloutPlan,
  type RolloutSpec,
  RolloutStep,
} from '@wxa/contracts';
import { eventually } from '../eventually.js';
import { AUDIT_ITEM } from '../release/audit-item.js';
import { newAppids } from '../rollouts/rollout-steps.js';
import { useSharedWorld, world } from '../use-world.js';
import { Journey, openAppid, release, seconds } from './journey.js';

useSharedWorld('rollouts');

const rollouts = new Journey(() => world);
const DONE = 'VERIFY SUCCEEDED';
const ALL_CHECKS = [
  RolloutCheck.ROLLOUT_CHECK_BASELINE,
  RolloutCheck.ROLLOUT_CHECK_PAGES,
  RolloutCheck.ROLLOUT_CHECK_CATEGORIES,
  RolloutCheck.ROLLOUT_CHECK_PRIVACY,
];
const auditOf = (address: string) => ({
  itemsFrom: { $case: 'fixed' as const, value: { items: [{ ...AUDIT_ITEM, address }] } },
});
const itemsSent = async (appid: string) => {
  const [call] = await world.sim.calls({ appid, api: 'wxa/submit_audit' });
  return JSON.parse(call?.body ?? '{}').item_list;
};
describe('checks', () => {
  it.concurrent('Each check that does not hold fails its target without an audit, and the baseline is recorded', async () => {
    const [fine = '', category = '', privacy = ''] = newAppids(3);
    await release(world, fine, '1.0.0');
    await world.sim.patch(category, {
      categories: [{ first_class: '教育', first_id: 7, second_class: '学校', second_id: 8 }],
    });
    await world.sim.patch(privacy, { forbiddenPrivateApis: ['getLocation'] });
    const { id } = await rollouts.create([fine, category, privacy], {
      checks: ALL_CHECKS,
      audit: auditOf('index'),
    });
    const pages = await rollouts.create(newAppids(1), { checks: ALL_CHECKS, audit: auditOf('no/such/page') });
    await Promise.all([rollouts.until(id), rollouts.until(pages.id)]);
    const shown = [...(await rollouts.list(id)), ...(await rollouts.list(pages.id))];
    expect(
      shown.map(({ step, error, baselineVersion }) => [
        step.replace('ROLLOUT_STEP_', ''),
        error?.reason,
        baselineVersion,
      ]),
    ).toEqual([
      ['VERIFY', undefined, '1.0.0'],
      ['CHECK', 'CHECK_CATEGORIES', ''],
      ['CHECK', 'CHECK_PRIVACY', ''],
      ['CHECK', 'CHECK_PAGES', ''],
    ]);
    expect(shown[3]?.error?.errmsg).toContain('no/such/page');
    for (const { appid } of shown.slice(1))
      expect((await world.sim.callCounts(appid))[appid]?.['wxa/submit_audit']).toBeUndefined();
  });

  it.concurrent('A rule builds the items from the pages and categories of each mini-program, and a target has its own items instead', async () => {
    const [preferred = '', other = '', own = ''] = newAppids(3);
    const category = (id: number) => ({
      first_class: '教育',
      first_id: 7,
      second_class: `类${id}`,
      second_id: id,
    });
    await world.sim.patch(preferred, { categories: [category(8), category(9)] });
    await world.sim.patch(other, { categories: [category(8)] });
    const rule = { title: '首页', tag: '教育', preferSecondId: 9 };
    const { id } = await rollouts.create(
      [preferred, other],
      { audit: { itemsFrom: { $case: 'rule', value: rule } } },
      false,
    );
    await rollouts.ask('addRolloutTargets', {
      id,
      targets: [{ appid: own, items: [AuditItem.fromPartial({ ...AUDIT_ITEM, title: '自己' })] }],
    });
    await rollouts.ask('startRollout', { id });
    await rollouts.until(id);
    expect(await rollouts.places(id)).toEqual([DONE, DONE, DONE]);
    expect(await itemsSent(preferred)).toMatchObject([
      { address: 'index', title: '首页', tag: '教育', first_id: 7, second_id: 9 },
    ]);
    expect(await itemsSent(other)).toMatchObject([{ address: 'index', second_id: 8, second_class: '类8' }]);
    expect(await itemsSent(own)).toMatchObject([{ title: '自己', first_id: AUDIT_ITEM.firstId }]);
    const [shown] = await rollouts.list(id);
    expect(shown?.submitAudit?.items).toMatchObject([{ address: 'index', secondId: 9 }]);
  });

  it.concurrent('A merge patch changes one mini-program only, and numbers beyond 2^53 reach WeChat digit by digit', async () => {
    const [plain = '', patched = ''] = newAppids(2);
    const extJson = '{"ext":{"id":9007199254740993,"ratio":1.10,"name":"x","list":[1,2]},"extEnable":true}';
    const { id } = await rollouts.create([plain], { extJson }, false);
    await rollouts.ask('addRolloutTargets', {
      id,
      targets: [
        {
          appid: patched,
          extPatchJson:
            '{"ext":{"id":12345678901234567890123,"name":null,"list":[3],"new":{"a":null,"b":1}}}',
        },
      ],
    });
    const { samples } = await rollouts.ask<'getRolloutPlan', RolloutPlan>('getRolloutPlan', { id });
    await rollouts.ask('startRollout', { id });
    await rollouts.until(id);
    const sent = await Promise.all(
      [plain, patched].map(
        async (appid) =>
          JSON.parse((await world.sim.calls({ appid, api: 'wxa/commit' }))[0]?.body ?? '{}').ext_json,
      ),
    );
    expect(sent).toEqual([
      `{"ext":{"id":9007199254740993,"ratio":1.10,"name":"x","list":[1,2]},"extEnable":true,"extAppid":"${plain}"}`,
      `{"ext":{"id":12345678901234567890123,"ratio":1.10,"list":[3],"new":{"b":1}},"extEnable":true,"extAppid":"${patched}"}`,
    ]);
    // The plan shows the requests exactly as they are sent.
    expect(samples.map(({ commit }) => commit?.extConfig?.value)).toEqual(sent);
  });
});

describe('audits', () => {
  const other = async (appid: string) => {
    await world.run('Commit', { appid, templateId: 1n, userVersion: 'other' });
    expect((await world.run('SubmitAudit', { appid, items: [AUDIT_ITEM] })).state).toBe(
      'OPERATION_STATE_SUCCEEDED',
    );
  };
  const onOpenAudit = (value: OnOpenAudit) => ({ audit: { ...auditOf('index'), onOpenAudit: value } });

  it.concurrent('An open audit of someone else fails the target, is waited for, or is withdrawn, as on_open_audit says', async () => {
    const [fail, wait, withdraw] = [openAppid(), openAppid(), openAppid()];
    await Promise.all([fail, wait, withdraw].map(other));
    const [failing, waiting, withdrawing] = await Promise.all([
      rollouts.create([fail], onOpenAudit(OnOpenAudit.ON_OPEN_AUDIT_FAIL)),
      rollouts.create([wait], onOpenAudit(OnOpenAudit.ON_OPEN_AUDIT_WAIT)),
      rollouts.create([withdraw], onOpenAudit(OnOpenAudit.ON_OPEN_AUDIT_WITHDRAW)),
    ]);
    await rollouts.until(failing.id);
    expect(await rollouts.target(failing.id, fail)).toMatchObject({
      step: 'ROLLOUT_STEP_SUBMIT_AUDIT',
      error: { reason: 'OPEN_AUDIT', errcode: 85009 },
    });
    await rollouts.untilPlaces(waiting.id, 'SUBMIT_AUDIT WAITING OPEN_AUDIT');
    await world.sim.decide(wait, { decision: 'reject', reason: '1:x' });
    await rollouts.untilPlaces(waiting.id, 'AUDIT WAITING AUDIT');
    await rollouts.untilPlaces(withdrawing.id, 'AUDIT WAITING AUDIT');
    expect(await rollouts.target(withdrawing.id, withdraw)).toMatchObject({ attempt: 3 });
    expect((await rollouts.effects(withdraw)).map((effect) => effect.split(' ')[0])).toEqual([
      'commit',
      'submit_audit',
      'commit',
      'undo',
      'submit_audit',
    ]);
    for (const appid of [wait, withdraw]) await world.sim.decide(appid, { decision: 'approve' });
    for (const { id } of [waiting, withdrawing]) {
      await rollouts.until(id);
      expect(await rollouts.places(id)).toEqual([DONE]);
    }
  });

  it.concurrent('A delayed audit is shown, one without a verdict in time fails, and a retry waits for the same audit without a limit', async () => {
    const appid = openAppid();
    const { id } = await rollouts.create([appid], { audit: { ...auditOf('index'), timeout: seconds(3600) } });
    await rollouts.untilPlaces(id, 'AUDIT WAITING AUDIT');
    await world.sim.decide(appid, { decision: 'delay' });
    await eventually(async () => (await rollouts.target(id, appid)).auditDelayed);
    await world.sql(`update audits set submitted_at = submitted_at - interval '1 hour' where appid = $1`, [
      appid,
    ]);
    await rollouts.makeDue(id);
    await rollouts.until(id);
    const failed = await rollouts.target(id, appid);
    expect(failed).toMatchObject({ auditDelayed: true, error: { reason: 'AUDIT_TIMEOUT' } });
    await rollouts.ask('retryRollout', { id });
    await rollouts.untilPlaces(id, 'AUDIT WAITING AUDIT');
    await world.sim.decide(appid, { decision: 'approve' });
    await rollouts.until(id);
    expect(await rollouts.target(id, appid)).toMatchObject({
      state: 'ROLLOUT_TARGET_STATE_SUCCEEDED',
      auditId: failed.auditId,
      auditDelayed: false,
    });
    expect((await world.sim.callCounts(appid))[appid]?.['wxa/submit_audit']).toBe(1);
  });
});

describe('parts of the pipeline', () => {
  it.concurrent('A rollout that ends with AUDIT leaves the version approved, and one that begins with RELEASE releases it', async () => {
    const appids = newAppids(2);
    const { id, spec } = await rollouts.create(appids, { lastStep: RolloutStep.ROLLOUT_STEP_AUDIT });
    await rollouts.until(id);
    expect(await rollouts.places(id)).toEqual(['AUDIT SUCCEEDED', 'AUDIT SUCCEEDED']);
    const second = await rollouts.create(appids, {
      userVersion: spec?.userVersion,
      firstStep: RolloutStep.ROLLOUT_STEP_RELEASE,
    });
    await rollouts.until(second.id);
    expect(await rollouts.places(second.id)).toEqual([DONE, DONE]);
    for (const appid of appids)
      expect((await rollouts.effects(appid)).map((effect) => effect.split(' ')[0])).toEqual([
        'commit',
        'submit_audit',
        'release',
      ]);
  });
});

describe('gray releases', () => {
  const gray = (...pauses: [percentage: number, pauseS: number][]): DeepPartial<RolloutSpec> => ({
    release: { graySteps: pauses.map(([percentage, pauseS]) => ({ percentage, pause: seconds(pauseS) })) },
  });

  it.concurrent('Gray steps follow each other after their pauses, and the release to all follows the last one', async () => {
    const appid = openAppid();
    await release(world, appid, '1.0.0');
    const { id, spec } = await rollouts.create([appid], gray([10, 0.5], [50, 3600]));
    await rollouts.untilPlaces(id, 'AUDIT WAITING AUDIT');
    await world.sim.decide(appid, { decision: 'approve' });
    await eventually(async () => (await rollouts.target(id, appid)).grayPercentage === 50);
    expect(await rollouts.places(id)).toEqual(['RELEASE WAITING GRAY_PAUSE']);
    await rollouts.makeDue(id);
    await rollouts.until(id);
    expect(await rollouts.target(id, appid)).toMatchObject({
      step: 'ROLLOUT_STEP_VERIFY',
      grayPercentage: 100,
    });
    expect(await rollouts.places(id)).toEqual([DONE]);
    const calls = (await world.sim.calls({ appid })).filter(
      ({ api }) => /release$/.test(api) && !/revert/.test(api),
    );
    expect(calls.map(({ effect }) => effect)).toEqual([
      `gray ${spec?.userVersion} 10%`,
      `gray ${spec?.userVersion} 50%`,
      `release ${spec?.userVersion}`,
    ]);
    const [first = 0, second = 0] = calls.map(({ startedAt }) => startedAt);
    expect(second - first).toBeGreaterThanOrEqual(450);
  });
});
