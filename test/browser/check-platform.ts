import { afterEach, beforeAll, expect, it } from '@jest/globals';
import { type Operation, RolloutGateType, RolloutTargetState } from '@wxa/contracts';
import type { Page } from 'playwright-core';
import { addUser, removeUser } from '../console/new-user.js';
import { eventually } from '../eventually.js';
import { AUDIT_RULES, Journey, authorized as letAuthorize, openAppid, REST } from '../journeys/journey.js';
import { AUDIT_ITEM } from '../release/audit-item.js';
import { delayedFor } from '../release/delayed-for-api.js';
import { newAppids } from '../rollouts/rollout-steps.js';
import { unary } from '../world.js';
import { tabs, useTabs, world } from './use-tabs.js';
import { COMPONENT } from './usual-data.js';
import { counts, part, pathOf, qrCodeOf, says, showsState, submit, tabTo, watch } from './visits.js';

const SUBMIT_AUDIT = 'wxa/submit_audit';
const NO_READS = { api: 'wxa/getversioninfo', kind: 'errcode' as const, errcode: 48001, times: 0 };
const PLENTY = { rest: 1_000, limit: 1_000, speedupRest: 5, speedupLimit: 5 };
const { ROLLOUT_TARGET_STATE_SUCCEEDED: SUCCEEDED } = RolloutTargetState;
const DONE = { resolution: 'RESOLUTION_DONE', resolvedBy: 'li', reason: 'seen', auditId: 0n };

useTabs({ env: { ...COMPONENT, SIM_AUDIT_RULES: JSON.stringify(AUDIT_RULES) } });
const rollouts = new Journey(() => world);
const authorized = <Appids extends string[]>(...appids: Appids) => letAuthorize(world, ...appids);

// The first ticket has come: there are tokens.
beforeAll(() => eventually(async () => (await world.sql('select from components')).length === 1));
afterEach(() => world.sim.clearFaults());

/** Commits a version and submits it for audit. */
async function submitted(appid: string): Promise<Operation> {
  await world.run('Commit', { appid, templateId: 1n, userVersion: '1.0' });
  return world.change('SubmitAudit', { appid, items: [AUDIT_ITEM] });
}

async function setQuota(auditQuota: Partial<typeof PLENTY>): Promise<void> {
  await world.sim.patchPlatform({ auditQuota });
}

/** Lets the service read the quota. */
const readQuota = (appid = '') => world.call('GetAuditQuota', { appid });

/** Lifts the stop of an API on the page of quota and rates. */
async function lift(page: Page, api: string, reason: string): Promise<void> {
  await page.goto('/platform');
  await page.locator('tr', { hasText: api }).getByRole('link', { name: '恢复调用…' }).click();
  await submit(page, { reason });
  await page.waitForURL('**/platform');
}

/** A card of the overview. */
const card = (page: Page, title: string) =>
  page.locator('article', { has: page.getByRole('link', { name: title, exact: true }) });

/** Waits until cards of the overview, by title, say what is expected. */
async function overviewSays(page: Page, texts: Record<string, RegExp>): Promise<void> {
  await eventually(async () => {
    await page.goto('/');
    for (const [title, text] of Object.entries(texts))
      expect(await card(page, title).textContent()).toMatch(text);
  });
}

it('The overview names what is broken on a platform that was healthy, and each card leads to its page', async () => {
  const page = await tabs.open();
  const all = ['令牌失效的小程序', '待投递事件', '停用的接口', '存疑', '审核中', '进行中的批量发布'];
  const healthy = Object.fromEntries(all.map((title) => [title, /正常\s*0/]));
  await overviewSays(page, { ...healthy, '票据（ticket）': /正常/, 提审额度: /未知/ });

  const [waiting, ...unclear] = await authorized(...newAppids(4));
  await world.sql(`update components set ticket_sent_at = now() - interval '45 minutes'`);
  await setQuota({ rest: 0, limit: 0 });
  await delayedFor(world, SUBMIT_AUDIT, (await submitted(waiting ?? '')).id);
  await world.sim.addFault(NO_READS);
  await world.sim.addFault({ api: 'wxa/commit', kind: 'lost', times: unclear.length });
  const commits = await Promise.all(
    unclear.map((appid) => world.run('Commit', { appid, templateId: 1n, userVersion: '1.0' })),
  );
  expect(commits.map(({ state }) => state)).toEqual(Array(3).fill('OPERATION_STATE_IN_DOUBT'));
  await readQuota(waiting);
  await overviewSays(page, {
    '票据（ticket）': /异常\s*45 分钟/,
    停用的接口: /异常\s*1\s*wxa\/submit_audit/,
    提审额度: /未知\s*未知\s*查询于/,
    存疑: /(异常|需要处理)\s*3/,
  });

  const pages = {
    '票据（ticket）': '45 分钟',
    停用的接口: SUBMIT_AUDIT,
    提审额度: '未知',
    存疑: unclear[0] ?? '',
    审核中: '没有审核中的版本',
    进行中的批量发布: '还没有批量发布',
    令牌失效的小程序: '小程序',
    待投递事件: 'gateway',
  };
  for (const [title, text] of Object.entries(pages)) {
    await page.goto('/');
    await card(page, title).getByRole('link', { name: title }).click();
    await page.waitForURL((url) => url.pathname !== '/');
    await says(page, text);
  }
  await setQuota(PLENTY);
  await readQuota(waiting);
  await lift(page, SUBMIT_AUDIT, '已恢复');
  await world.sim.clearFaults();
  for (const { id } of commits) await unary(world.operations, 'resolveOperation', { id, ...DONE });
});

it('A wrong password is refused; after the right one the language changes, and neither a log-out nor a removed user leaves a session', async () => {
  tabs.toleratesNetwork = true;
  const user = await addUser(world, '王五', 'operator');
  const page = await tabs.open({ user: null });
  await page.goto('/lanes');
  expect(pathOf(page)).toBe('/login');
  await tabs.logIn(page, { ...user, password: 'wrong' });
  await page.getByRole('alert').getByText('用户名或密码不正确。').waitFor();
  await tabs.logIn(page, user);
  await page.waitForURL('**/lanes');
  await page.getByRole('button', { name: 'English' }).click();
  await page.getByRole('heading', { name: 'Queues' }).waitFor();
  await page.getByRole('button', { name: '中文' }).click();
  await page.getByRole('heading', { name: '队列' }).waitFor();
  await page.getByRole('button', { name: '退出' }).click();
  await page.waitForURL('**/login');
  await page.goto('/lanes');
  expect(pathOf(page)).toBe('/login');
  await tabs.logIn(page, user);
  await page.waitForURL('**/lanes');
  await removeUser(world, user.name);
  await page.goto('/lanes');
  expect(pathOf(page)).toBe('/login');
});

/** A rollout whose Release WeChat executed; the response was lost, and no read can confirm it. */
async function releaseInDoubt(appid: string): Promise<{ id: string; release: string }> {
  const waves = [{ ...REST, releaseGate: { manual: true } }];
  const { id } = await rollouts.create([appid], { userVersion: '2.0', waves });
  await rollouts.untilPlaces(id, 'RELEASE PENDING');
  await world.sim.addFault({ ...NO_READS, appid });
  await world.sim.addFault({ api: 'wxa/release', appid, kind: 'lost', when: 'after' });
  await rollouts.ask('advanceRollout', { id, wave: 1, gate: RolloutGateType.ROLLOUT_GATE_TYPE_RELEASE });
  const unresolved = `select id from operations where rollout_id = $1 and method = 'Release' and asks > 0 and ask_at is null`;
  const release = await eventually(async () => {
    const [row] = await world.sql<{ id: string }>(unresolved, [id]);
    return row?.id ?? false;
  }, 30_000);
  await world.sim.clearFaults();
  return { id, release };
}

it('A Release of a rollout in doubt is found, checked and resolved by the keyboard alone, and its target continues', async () => {
  const [appid = ''] = await authorized(...newAppids(1));
  const { id, release } = await releaseInDoubt(appid);
  const page = await tabs.open();
  await page.goto('/lanes');
  const enter = async (url: string) => {
    await page.keyboard.press('Enter');
    await page.waitForURL(url);
  };
  await tabTo(page, '存疑');
  await enter('**/doubts');
  await tabTo(page, '查询版本');
  await page.keyboard.press('Enter');
  await says(page, '线上 2.0');
  await tabTo(page, 'input[name="resolution"]');
  await page.keyboard.press('Space');
  await tabTo(page, '[name="reason"]');
  await page.keyboard.type('线上版本已是 2.0');
  await tabTo(page, 'main button[type="submit"]');
  await enter('**/resolve?*');
  await tabTo(page, 'main button[type="submit"]');
  await enter(`**/operations/${release}`);
  await page.goto(`/rollouts/${id}`);
  await showsState(page, '已完成');
  expect((await rollouts.target(id, appid)).state).toBe(SUCCEEDED);
  const next = await world.run('Commit', { appid, templateId: 1n, userVersion: '2.1' });
  expect(next.state).toBe('OPERATION_STATE_SUCCEEDED');
});

it('Audits are filtered by delay and age; one is sped up, one is withdrawn, and a trial QR code can be scanned', async () => {
  const [fresh, old, delayed] = await authorized(openAppid(), openAppid(), openAppid());
  for (const appid of [fresh, old, delayed]) await world.wait((await submitted(appid)).id);
  await world.sim.decide(delayed, { decision: 'delay', reason: '1:排队' });
  await world.sql(`update audits set submitted_at = now() - interval '9 days' where appid = $1`, [old]);
  const page = await tabs.open();
  const shown = () => page.locator('tbody tr td:first-child').allTextContents();
  const filter = async (label: string) => {
    await page.goto('/audits');
    await page.getByLabel(label).check();
    await page.getByRole('button', { name: '筛选' }).click();
    await page.waitForURL('**/audits?*');
  };
  await eventually(async () => {
    await page.goto('/audits');
    return (await page.locator('main').textContent())?.includes('审核延后') === true;
  });
  expect(await shown()).toEqual([old, fresh, delayed]);

  await filter('仅延迟的');
  expect(await shown()).toEqual([delayed]);
  await page.getByRole('link', { name: '撤回审核…' }).click();
  await says(page, `撤回 1 个小程序 ${delayed}`);
  await submit(page);
  await page.waitForURL('**/miniprograms/*');
  await filter('7 天前提交的');
  expect(await shown()).toEqual([old]);
  await page.getByRole('link', { name: '加急…' }).click();
  await submit(page);
  await page.waitForURL('**/miniprograms/*');
  const effects = async (api: string) => (await world.sim.calls({ api })).map(({ appid }) => appid);
  await eventually(async () => expect(await effects('wxa/speedupaudit')).toEqual([old]));
  await eventually(async () => {
    await page.goto('/audits');
    expect(await shown()).toEqual([old, fresh]);
  });
  expect(await effects('wxa/undocodeaudit')).toEqual([delayed]);

  await page.getByRole('link', { name: fresh }).click();
  await page.getByRole('link', { name: '体验二维码' }).click();
  expect(await qrCodeOf(page.locator('main img'))).toContain(fresh);
});

it('While 85085 stops submissions releases continue, and once the quota is raised a lift on the page lets submissions continue', async () => {
  const appids = await authorized(...newAppids(8));
  await setQuota({ ...PLENTY, rest: 100 });
  await readQuota(appids[0]);
  // Others use up what the platform has just read.
  await setQuota({ ...PLENTY, rest: 3 });
  const { id } = await rollouts.create(appids, { maxInFlight: 2 });
  const page = await tabs.open();
  const isUndisturbed = await watch(page, `/rollouts/${id}`);
  await part(page, 'holds').getByText('提审额度').waitFor();
  await counts(page, '成功 3');
  expect((await rollouts.get(id)).state).toBe('ROLLOUT_STATE_RUNNING');

  await setQuota(PLENTY);
  await lift(await tabs.another(page.context()), SUBMIT_AUDIT, '微信已提高额度');
  await showsState(page, '已完成');
  await counts(page, '成功 8');
  await isUndisturbed();
});
