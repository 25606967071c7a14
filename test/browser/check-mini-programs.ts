import { readFile } from 'node:fs/promises';
import { beforeAll, expect, it } from '@jest/globals';
import type { Locator, Page } from 'playwright-core';
import { addUser } from '../console/new-user.js';
import { eventually } from '../eventually.js';
import { AUDIT_RULES, authorized as letAuthorize, openAppid } from '../journeys/journey.js';
import { AUDIT_ITEM } from '../release/audit-item.js';
import { unary } from '../world.js';
import { lookFaults } from './looks.js';
import { tabs, useTabs, world } from './use-tabs.js';
import { COMPONENT, authorized as labelled } from './usual-data.js';
import { qrCodeOf } from './visits.js';

useTabs({ env: { ...COMPONENT, SIM_AUDIT_RULES: JSON.stringify(AUDIT_RULES) } });
// The first ticket has come: there are tokens.
beforeAll(() => eventually(async () => (await world.sql('select from components')).length === 1));

const authorized = async () => (await letAuthorize(world, openAppid()))[0] ?? '';
const nameOf = (appid: string) => `小程序${appid.slice(-4)}`;
const commit = (appid: string, userVersion = '1.0') =>
  world.run('Commit', { appid, templateId: 1n, userVersion });

async function openPage(appid: string): Promise<Page> {
  const page = await tabs.open();
  await page.goto(`/mini-programs/${appid}`);
  return page;
}

const button = (page: Page, name: string): Locator =>
  page.getByRole('main').getByRole('button', { name: named(name) });
/** Ant Design puts a space between two Chinese characters of a button. */
const named = (name: string) => new RegExp(`^${[...name].join('\\s?')}$`);
const dialog = (page: Page): Locator => page.getByRole('dialog');
const card = (page: Page, title: string): Locator =>
  page.locator('.ant-card', { has: page.locator('.ant-card-head-title').getByText(title, { exact: true }) });

/** Opens the form of an action and sends it. */
async function act(page: Page, name: string, fill?: (form: Locator) => Promise<void>, verb = name) {
  await button(page, name).click();
  await fill?.(dialog(page));
  await dialog(page)
    .getByRole('button', { name: named(verb) })
    .click();
  await dialog(page).waitFor({ state: 'detached' });
}

it('A customer is found by typing a part of the name, of the appid or a label, and opened with 1 click.', async () => {
  const appid = await authorized();
  const page = await tabs.open();
  const rows = page.locator('tbody tr.ant-table-row');
  for (const typed of [nameOf(appid).slice(-4), appid.slice(4, 14)]) {
    await page.goto('/mini-programs');
    await page.getByLabel('名称、AppID 或标签').fill(typed);
    await eventually(async () =>
      expect(await rows.allTextContents()).toEqual([expect.stringContaining(appid)]),
    );
  }
  await page.getByRole('link', { name: nameOf(appid) }).click();
  await page.waitForURL(`**/mini-programs/${appid}`);
  await labelled(world, 3);
  await page.goto('/mini-programs?label=餐饮&label=活跃');
  await eventually(async () => expect(await rows.count()).toBe(2));
  await page.getByText('共 2 个', { exact: true }).waitFor();
  // Nobody counts what a search finds.
  await page.route('**/Fleet/ListMiniPrograms', async (route) => {
    const response = await route.fetch();
    await route.fulfill({ response, json: { ...(await response.json()), nextPageToken: 'more' } });
  });
  await page.goto(`/mini-programs?search=${appid}`);
  await page.getByText('已加载 1 个', { exact: true }).waitFor();
  await page.unrouteAll({ behavior: 'wait' });
  await page.goto('/mini-programs?template=127');
  expect(await page.getByLabel('模板', { exact: true }).inputValue()).toBe('127');
});

it('A version is uploaded, submitted, released and taken back from the page, which follows by itself and offers only what is possible.', async () => {
  await world.run('AddTemplate', { draftId: 1n });
  const appid = await authorized();
  await commit(appid);
  await world.run('SubmitAudit', { appid, items: [AUDIT_ITEM] });
  await world.sim.decide(appid, { decision: 'approve' });
  const page = await openPage(appid);
  await act(page, '发布', (form) => form.getByText(`换成审核通过的 1.0`).waitFor());
  await card(page, '线上版本').getByText('1.0', { exact: true }).waitFor();
  expect(await button(page, '发布').isDisabled()).toBe(true);
  await eventually(() => button(page, '版本回退').isDisabled());
  await button(page, '版本回退').hover({ force: true });
  await page.getByRole('tooltip').getByText('微信没有可以回退的版本').waitFor();

  await act(page, '上传代码', async (form) => {
    await form.getByLabel('模板').click();
    await page.locator('.ant-select-item-option').first().click();
    await form.getByLabel('版本号').fill('2.0');
  });
  await card(page, '体验版').getByText('2.0', { exact: true }).waitFor();
  await act(page, '提交审核', async (form) => {
    for (const label of ['页面', '类目']) {
      await form.getByLabel(label, { exact: true }).first().press('ArrowDown');
      await page.keyboard.press('Enter');
    }
  });
  await card(page, '审核版本').getByText('审核中').waitFor();
  await world.sim.decide(appid, { decision: 'approve' });
  await card(page, '审核版本').getByText('审核通过').waitFor();
  await act(page, '发布');
  await card(page, '线上版本').getByText('2.0', { exact: true }).waitFor();

  await act(page, '版本回退', async (form) => {
    await form.getByText('1.0').first().waitFor();
    await form.getByLabel('原因').fill('首页打不开');
  });
  await card(page, '线上版本').getByText('1.0', { exact: true }).waitFor();
  await button(page, '发布').hover({ force: true });
  await page.getByRole('tooltip').getByText('已被回退').waitFor();
  expect(await button(page, '灰度发布').isDisabled()).toBe(true);
  const [{ request } = {}] = await world.sql<{ request?: object }>(
    `select request from operations where appid = $1 and method = 'RevertRelease'`,
    [appid],
  );
  expect(request).toMatchObject({ reason: '首页打不开', expectedUserVersion: '2.0' });
});

it('A form submits the version that it showed, not one that was uploaded since.', async () => {
  const appid = await authorized();
  await commit(appid);
  const page = await openPage(appid);
  const fill = async (form: Locator) => {
    for (const label of ['页面', '类目']) {
      await form.getByLabel(label, { exact: true }).first().press('ArrowDown');
      await page.keyboard.press('Enter');
    }
    await commit(appid, '1.1');
    await card(page, '体验版').getByText('1.1', { exact: true }).waitFor();
  };
  const request = page.waitForRequest('**/SubmitAudit');
  await act(page, '提交审核', fill);
  expect((await request).postDataJSON()).toMatchObject({ expectedUserVersion: '1.0' });
});

it('The service status and the minimum base library are shown, before their forms too, and follow a change.', async () => {
  const appid = await authorized();
  await commit(appid);
  await world.run('SubmitAudit', { appid, items: [AUDIT_ITEM] });
  await world.sim.decide(appid, { decision: 'approve' });
  await eventually(() => world.run('Release', { appid }));
  const page = await openPage(appid);
  const close = async (form: Locator) => {
    await form.getByText('尚未查询').waitFor();
    await form.getByLabel('原因').fill('欠费');
  };
  await act(page, '服务状态', close, '更改');
  await card(page, '线上版本').getByText('暂停服务').waitFor();
  const require = (form: Locator) => form.getByLabel('最低基础库版本').fill('2.27.0');
  await act(page, '最低基础库版本', require, '更改');
  await card(page, '线上版本').getByText('2.27.0').waitFor();
  await page.goto(`/mini-programs?search=${appid}`);
  await page.locator('tbody').getByText('暂停服务').waitFor();
});

it('The history of a mini-program lasts however often its page and WeChat are looked at.', async () => {
  // WeChat has no audit of it, which is an answer too.
  tabs.toleratesNetwork = true;
  const appid = await authorized();
  await commit(appid);
  for (let i = 0; i < 50; i++) await world.call('GetVersionInfo', { appid });
  const page = await openPage(appid);
  await card(page, '变更记录').getByRole('link', { name: '上传代码' }).waitFor();
  expect(await card(page, '变更记录').locator('tbody tr.ant-table-row').count()).toBe(1);
  await Promise.all([page.waitForResponse('**/RefreshMiniProgram'), button(page, '查询微信').click()]);
  expect(await card(page, '变更记录').locator('tbody tr.ant-table-row').count()).toBe(1);
});

it('Ticked mini-programs get a label, are sped up, withdrawn, start a rollout, and are exported.', async () => {
  const [one, other] = await letAuthorize(world, openAppid(), openAppid());
  await commit(one ?? '');
  await world.run('SubmitAudit', { appid: one ?? '', items: [AUDIT_ITEM] });
  const page = await tabs.open();
  await page.goto('/mini-programs');
  for (const appid of [one, other])
    await page.locator('tr', { hasText: appid }).getByRole('checkbox').check();
  await button(page, '编辑标签').click();
  // Those that it got since stay.
  await unary(world.authorizers, 'setAuthorizerLabels', { appid: one ?? '', labels: ['老店'] });
  await dialog(page).getByLabel('标签').first().fill('新客');
  await page.keyboard.press('Enter');
  await dialog(page).getByRole('button', { name: '保 存' }).click();
  await dialog(page).getByRole('button', { name: '关 闭' }).click();
  await page.goto('/mini-programs?label=老店&label=新客');
  const rows = page.locator('tbody tr.ant-table-row');
  await rows.filter({ hasText: one ?? '' }).waitFor();
  await page.goto('/mini-programs?label=新客');
  await eventually(async () => expect(await rows.count()).toBe(2));

  await page.locator('thead .ant-checkbox-input').check();
  await button(page, '加急审核').click();
  await dialog(page).getByText('其中 1 个不适用').waitFor();
  await dialog(page).getByRole('button', { name: '加急审核' }).click();
  await eventually(async () =>
    expect((await world.sim.calls({ api: 'wxa/speedupaudit' })).map(({ appid }) => appid)).toEqual([one]),
  );
  await dialog(page).waitFor({ state: 'detached' });
  await page.locator('thead .ant-checkbox-input').check();
  await button(page, '撤回审核').click();
  await dialog(page)
    .getByText(`${nameOf(one ?? '')} 1.0`)
    .waitFor();
  await dialog(page).getByRole('button', { name: '撤回审核' }).click();
  await eventually(async () =>
    expect((await world.sim.calls({ api: 'wxa/undocodeaudit' })).map(({ appid }) => appid)).toEqual([one]),
  );
  await dialog(page).waitFor({ state: 'detached' });
  const [download] = await Promise.all([page.waitForEvent('download'), button(page, '导出 CSV').click()]);
  const csv = await readFile(await download.path(), 'utf8');
  expect(csv.split('\r\n').filter((line) => line.includes('新客'))).toHaveLength(2);
  await page.locator('thead .ant-checkbox-input').check();
  // A ticked row is exported as the list shows it since.
  await unary(world.authorizers, 'setAuthorizerLabels', { appid: one ?? '', labels: ['新客', '会员'] });
  await rows.filter({ hasText: '会员' }).waitFor();
  const [chosen] = await Promise.all([page.waitForEvent('download'), button(page, '导出所选').click()]);
  expect(await readFile(await chosen.path(), 'utf8')).toContain('会员');
  await button(page, '批量发布…').click();
  await page.waitForURL('**/rollouts/new?appids=*');
});

it('A batch says for which mini-programs it was accepted and for which it was not, which alone stay ticked.', async () => {
  tabs.toleratesNetwork = true;
  const [refused = '', accepted = ''] = await letAuthorize(world, openAppid(), openAppid());
  for (const appid of [refused, accepted]) {
    await commit(appid);
    await world.run('SubmitAudit', { appid, items: [AUDIT_ITEM] });
  }
  const page = await tabs.open();
  await page.goto('/audits');
  for (const appid of [refused, accepted])
    await page.getByRole('row').filter({ hasText: appid }).getByRole('checkbox').check();
  await world.sql(`update authorizers set permission_sets = '{1}' where appid = $1`, [refused]);
  await page.getByText('已选 2 个').getByRole('button', { name: '加急审核' }).click();
  await dialog(page).getByText('加急 2 个小程序的审核').waitFor();
  await dialog(page).getByRole('button', { name: '加急审核' }).click();
  for (const [title, appid] of [
    ['1 个没有受理', refused],
    ['1 个已受理', accepted],
  ] as const)
    await page.locator('.ant-alert', { hasText: title }).getByText(`${appid} 1.0`).waitFor();
  await dialog(page).getByRole('button', { name: '关 闭' }).click();
  await page.getByText('已选 1 个').waitFor();
  await eventually(async () =>
    expect((await world.sim.calls({ api: 'wxa/speedupaudit', appid: accepted })).length).toBe(1),
  );
});

it('The trial QR code can be scanned; a viewer sees the page without any action.', async () => {
  const appid = await authorized();
  await commit(appid);
  const page = await openPage(appid);
  await button(page, '体验版二维码').click();
  expect(await qrCodeOf(page.getByRole('main').locator('img'))).toContain(appid);
  const viewer = await tabs.open({ user: await addUser(world, '看客', 'viewer') });
  await viewer.goto(`/mini-programs/${appid}`);
  await card(viewer, '体验版').getByText('1.0').waitFor();
  for (const name of ['上传代码', '提交审核', '编辑标签']) expect(await button(viewer, name).count()).toBe(0);
});

it('The page of a mini-program begins with what is missing, in a sentence for its owner, and says who has read its token.', async () => {
  const appid = openAppid();
  await world.sim.setFiling(appid, { status: 1024, push: { none: true } });
  await letAuthorize(world, appid);
  await world.sql(`insert into token_readers (appid, caller, token_id, reads) values ($1, 'crm', '', 7)`, [
    appid,
  ]);
  const page = await openPage(appid);
  await card(page, '授权与令牌').getByText('crm × 7').waitFor();
  await card(page, '上线准备').getByText('给商家的话').first().waitFor();
  expect(await page.locator('main .ant-card-head-title').first().textContent()).toBe('上线准备');
});

it('An authorization link is made with labels, and its QR code leads an owner to WeChat; a viewer makes none.', async () => {
  const page = await tabs.open();
  await page.goto('/mini-programs');
  await button(page, '生成授权链接').click();
  await dialog(page).getByLabel('授权后打开的网址').fill('https://platform.example/back');
  await dialog(page).getByLabel('标签').first().fill('新客');
  await page.keyboard.press('Enter');
  await dialog(page).getByRole('button', { name: '生成链接' }).click();
  const code = dialog(page).getByRole('img', { name: '请小程序的管理员用微信扫码授权。' });
  await code.waitFor();
  expect(await qrCodeOf(code)).toMatch(
    /^https:.*pre_auth_code=.*redirect_uri=https%3A%2F%2Fplatform\.example%2Fback/,
  );
  expect(await lookFaults(page, 'invite')).toEqual([]);
  const viewer = await tabs.open({ user: await addUser(world, '访客', 'viewer') });
  await viewer.goto('/mini-programs');
  await viewer.getByRole('table').first().waitFor();
  expect(await button(viewer, '生成授权链接').count()).toBe(0);
});
