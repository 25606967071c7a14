import { describe, expect, it } from '@jest/globals';
import { AuditItem, RolloutAudit_OnOpenAudit as OnOpenAudit, RolloutCheck } from '@wxa/contracts';
import { eventually } from '../eventually.js';
import { AUDIT_ITEM } from '../release/audit-item.js';
import { newAppids } from '../rollouts/rollout-steps.js';
import { useSharedWorld, world } from '../use-world.js';
import { DONE, Journey, openAppid, release, seconds } from './journey.js';

useSharedWorld('rollouts');

const rollouts = new Journey(() => world);
const { ROLLOUT_CHECK_BASELINE, ROLLOUT_CHECK_PAGES, ROLLOUT_CHECK_CATEGORIES, ROLLOUT_CHECK_PRIVACY } =
  RolloutCheck;
const checks = [ROLLOUT_CHECK_BASELINE, ROLLOUT_CHECK_PAGES, ROLLOUT_CHECK_CATEGORIES, ROLLOUT_CHECK_PRIVACY];
const auditOf = (address: string) => ({
  itemsFrom: { $case: 'fixed' as const, value: { items: [{ ...AUDIT_ITEM, address }] } },
});
const category = (id: number) => ({
  ...{ first_class: '教育', first_id: 7 },
  ...{ second_class: `类${id}`, second_id: id },
});
/** What WeChat got in the first call of an API. */
const sent = async (appid: string, api: string) =>
  JSON.parse((await world.sim.calls({ appid, api }))[0]?.body ?? '{}');

describe('checks', () => {
  it.concurrent('Each check that does not hold fails its target without an audit, and the baseline is recorded', async () => {
    const [fine = '', wrong = '', privacy = ''] = newAppids(3);
    await release(world, fine, '1.0.0');
    await world.sim.patch(wrong, { categories: [category(8)] });
    await world.sim.patch(privacy, { forbiddenPrivateApis: ['getLocation'] });
    const { id } = await rollouts.create([fine, wrong, privacy], { checks, audit: auditOf('index') });
    const pages = await rollouts.create(newAppids(1), { checks, audit: auditOf('no/such/page') });
    await Promise.all([rollouts.until(id), rollouts.until(pages.id)]);
    const shown = [...(await rollouts.list(id)), ...(await rollouts.list(pages.id))];
    expect(shown).toMatchObject([
      { step: 'ROLLOUT_STEP_VERIFY', baselineVersion: '1.0.0' },
      { step: 'ROLLOUT_STEP_CHECK', error: { reason: 'CHECK_CATEGORIES' } },
      { step: 'ROLLOUT_STEP_CHECK', error: { reason: 'CHECK_PRIVACY' } },
      {
        step: 'ROLLOUT_STEP_CHECK',
        error: { reason: 'CHECK_PAGES', errmsg: expect.stringContaining('no/such/page') },
      },
    ]);
    for (const { appid } of shown.slice(1)) expect(await rollouts.kinds(appid)).toEqual(['commit']);
  });

  it.concurrent('A mini-program gets the items that a rule builds from its pages and categories, or its own, and its own merge patch', async () => {
    const [preferred = '', other = '', own = ''] = newAppids(3);
    await world.sim.patch(preferred, { categories: [category(8), category(9)] });
    await world.sim.patch(other, { categories: [category(8)] });
    const value = { title: '首页', tag: '教育', preferSecondId: 9 };
    const extJson = '{"ext":{"id":9007199254740993,"ratio":1.10,"name":"x"},"extEnable":true}';
    const spec = { audit: { itemsFrom: { $case: 'rule' as const, value } }, extJson };
    const { id } = await rollouts.create([preferred, other], spec, false);
    const items = [AuditItem.fromPartial({ ...AUDIT_ITEM, title: '自己' })];
    const extPatchJson = '{"ext":{"id":12345678901234567890123,"name":null}}';
    await rollouts.ask('addRolloutTargets', { id, targets: [{ appid: own, items, extPatchJson }] });
    const { samples } = await rollouts.ask('getRolloutPlan', { id });
    await rollouts.ask('startRollout', { id });
    await rollouts.untilEnd(id, DONE, DONE, DONE);
    const itemsSent = async (appid: string) => (await sent(appid, 'wxa/submit_audit')).item_list;
    expect(await itemsSent(preferred)).toMatchObject([{ address: 'index', tag: '教育', second_id: 9 }]);
    expect(await itemsSent(other)).toMatchObject([{ address: 'index', second_id: 8, second_class: '类8' }]);
    expect(await itemsSent(own)).toMatchObject([{ title: '自己', first_id: AUDIT_ITEM.firstId }]);
    const [shown] = await rollouts.list(id);
    expect(shown?.submitAudit?.items).toMatchObject([{ address: 'index', secondId: 9 }]);
    const extSent = await Promise.all(
      [preferred, own].map(async (appid) => (await sent(appid, 'wxa/commit')).ext_json),
    );
    expect(extSent).toEqual([
      `{"ext":{"id":9007199254740993,"ratio":1.10,"name":"x"},"extEnable":true,"extAppid":"${preferred}"}`,
      `{"ext":{"id":12345678901234567890123,"ratio":1.10},"extEnable":true,"extAppid":"${own}"}`,
    ]);
    // The plan shows the requests exactly as they are sent.
    expect([samples[0], samples[2]].map((sample) => sample?.commit?.extConfig?.value)).toEqual(extSent);
  });
});

describe('audits', () => {
  it.concurrent('An open audit of someone else fails the target, is waited for, or is withdrawn, as on_open_audit says', async () => {
    const withOpenAudit = async (onOpenAudit: OnOpenAudit) => {
      const appid = openAppid();
      await world.run('Commit', { appid, templateId: 1n, userVersion: 'other' });
      await world.run('SubmitAudit', { appid, items: [AUDIT_ITEM] });
      const { id } = await rollouts.create([appid], { audit: { ...auditOf('index'), onOpenAudit } });
      return { appid, id };
    };
    const { ON_OPEN_AUDIT_FAIL, ON_OPEN_AUDIT_WAIT, ON_OPEN_AUDIT_WITHDRAW } = OnOpenAudit;
    const [failing, waiting, withdrawing] = await Promise.all([
      withOpenAudit(ON_OPEN_AUDIT_FAIL),
      withOpenAudit(ON_OPEN_AUDIT_WAIT),
      withOpenAudit(ON_OPEN_AUDIT_WITHDRAW),
    ]);
    await rollouts.untilEnd(failing.id, 'SUBMIT_AUDIT FAILED');
    const error = { reason: 'OPEN_AUDIT', errcode: 85009 };
    expect(await rollouts.target(failing.id, failing.appid)).toMatchObject({ error });
    await rollouts.untilPlaces(waiting.id, 'SUBMIT_AUDIT WAITING OPEN_AUDIT');
    await world.sim.decide(waiting.appid, { decision: 'reject', reason: '1:x' });
    for (const { id, appid } of [waiting, withdrawing]) {
      await rollouts.untilPlaces(id, 'AUDIT WAITING AUDIT');
      await world.sim.decide(appid, { decision: 'approve' });
      await rollouts.untilEnd(id, DONE);
    }
    expect(await rollouts.target(withdrawing.id, withdrawing.appid)).toMatchObject({ attempt: 3 });
    const kinds = ['commit', 'submit_audit', 'commit', 'undo', 'submit_audit', 'release'];
    expect(await rollouts.kinds(withdrawing.appid)).toEqual(kinds);
  });

  it.concurrent('A delayed audit is shown, one without a verdict in time fails, and a retry waits for the same audit without a limit', async () => {
    const appid = openAppid();
    const { id } = await rollouts.create([appid], { audit: { ...auditOf('index'), timeout: seconds(3600) } });
    await rollouts.untilPlaces(id, 'AUDIT WAITING AUDIT');
    await world.sim.decide(appid, { decision: 'delay' });
    await eventually(async () => (await rollouts.target(id, appid)).auditDelayed);
    const earlier = `update audits set submitted_at = submitted_at - interval '1 hour' where appid = $1`;
    await world.sql(earlier, [appid]);
    await rollouts.makeDue(id);
    await rollouts.until(id);
    const failed = await rollouts.target(id, appid);
    expect(failed).toMatchObject({ auditDelayed: true, error: { reason: 'AUDIT_TIMEOUT' } });
    await rollouts.ask('retryRollout', { id });
    await rollouts.untilPlaces(id, 'AUDIT WAITING AUDIT');
    await world.sim.decide(appid, { decision: 'approve' });
    await rollouts.untilEnd(id, DONE);
    const { auditId } = failed;
    expect(await rollouts.target(id, appid)).toMatchObject({ auditId, auditDelayed: false });
    expect(await rollouts.kinds(appid)).toEqual(['commit', 'submit_audit', 'release']);
  });
});

describe('gray releases', () => {
  it.concurrent('Gray steps follow each other after their pauses, and the release to all follows the last one', async () => {
    const [appid = ''] = newAppids(1);
    await release(world, appid, '1.0.0');
    const graySteps = [
      { percentage: 10, pause: seconds(0.5) },
      { percentage: 50, pause: seconds(3600) },
    ];
    const { id, spec } = await rollouts.create([appid], { release: { graySteps } });
    await eventually(async () => (await rollouts.target(id, appid)).grayPercentage === 50);
    await rollouts.untilPlaces(id, 'RELEASE WAITING GRAY_PAUSE');
    await rollouts.makeDue(id);
    await rollouts.untilEnd(id, DONE);
    expect(await rollouts.target(id, appid)).toMatchObject({ grayPercentage: 100 });
    expect((await rollouts.effects(appid)).slice(-3)).toEqual(
      ['gray V 10%', 'gray V 50%', 'release V'].map((effect) => effect.replace('V', spec?.userVersion ?? '')),
    );
  });
});
