import { expect, it } from '@jest/globals';
import type { Page, Route } from 'playwright-core';
import { addUser, removeUser } from '../console/new-user.js';
import { eventually } from '../eventually.js';
import { newAppids, RolloutSteps } from '../rollouts/rollout-steps.js';
import { unary } from '../world.js';
import { FIRST_LOOK, lookFaults, looksFaults } from './looks.js';
import { open } from './open.js';
import { tabs, useTabs, world } from './use-tabs.js';
import { clicksOf, pathOf } from './visits.js';

useTabs();

/** A path that nobody has a page for: the frame alone. */
const NOWHERE = '/nowhere';
const says = (page: Page, text: string) => page.getByText(text, { exact: true }).first().waitFor();

it('The login and the frame are accessible and fit the window in all languages, colors and widths', async () => {
  const visitor = await tabs.open({ ...FIRST_LOOK, user: null });
  await visitor.goto('/login?ended');
  await visitor.locator('main button[type=submit]').click();
  const page = await tabs.open(FIRST_LOOK);
  await page.goto(NOWHERE);
  await says(page, '没有找到这个页面');
  expect([...(await looksFaults(visitor, 'login')), ...(await looksFaults(page, 'frame'))]).toEqual([]);
});

it.each(['light', 'dark'] as const)(
  'A link and a button keep their contrast under the mouse, in %s',
  async (colors) => {
    const page = await tabs.open({ colors });
    await open(page, '/users');
    await page.locator('main tbody a').hover();
    expect(await lookFaults(page, 'link-hovered')).toEqual([]);
    await open(page, '/rollouts');
    await page.locator('main .ant-btn-primary').hover();
    expect(await lookFaults(page, 'button-hovered')).toEqual([]);
  },
);

it('A wrong password is refused; after the right one the language changes, and neither a log-out nor a removed user leaves a session', async () => {
  tabs.toleratesNetwork = true;
  const user = await addUser(world, '王五', 'operator');
  const page = await tabs.open({ user: null });
  await page.goto(`${NOWHERE}?a=b`);
  await page.waitForURL('**/login?to=%2Fnowhere%3Fa%3Db');
  await tabs.logIn(page, { ...user, password: 'wrong' });
  await says(page, '用户名或密码不正确。');
  await tabs.logIn(page, user);
  await page.waitForURL(`**${NOWHERE}?a=b`);
  await page.getByRole('button', { name: 'English' }).click();
  await says(page, 'This page does not exist');
  await page.reload();
  await says(page, 'This page does not exist');
  await page.getByRole('button', { name: 'User 王五' }).click();
  await page.getByRole('menuitem', { name: 'Log out' }).click();
  await page.waitForURL('**/login');
  await page.goto(NOWHERE);
  await page.waitForURL('**/login?*');
  await tabs.logIn(page, user);
  await removeUser(world, user.name);
  await page.goto(NOWHERE);
  await page.waitForURL('**/login?*');
  expect(pathOf(page)).toBe('/login');
});

it('The theme that a user has chosen stays', async () => {
  const page = await tabs.open();
  await page.goto(NOWHERE);
  await says(page, '没有找到这个页面');
  const background = () =>
    page.evaluate<string>('getComputedStyle(document.querySelector("header")).backgroundColor');
  const light = await background();
  await page.getByRole('button', { name: /^用户/ }).click();
  await page.getByRole('menuitem', { name: '主题' }).hover();
  await page.getByRole('menuitem', { name: '深色' }).click();
  await page.reload();
  await says(page, '没有找到这个页面');
  expect(await background()).not.toBe(light);
});

it('A telephone opens the navigation in a drawer, and a link of it leads to its page', async () => {
  const page = await tabs.open({ width: 390 });
  await page.goto(NOWHERE);
  await page.getByRole('button', { name: '打开导航' }).click();
  await page.getByRole('link', { name: '队列' }).click();
  await page.waitForURL('**/lanes');
});

it('A format character in a name is shown by its number', async () => {
  const user = await addUser(world, 'evil\u202Eresu', 'viewer');
  const page = await tabs.open({ user });
  await page.goto(NOWHERE);
  await says(page, 'evil[U+202E]resu');
});

it('Two clicks and a reason stop all forward changes, every page says so, and two clicks lift it', async () => {
  const page = await tabs.open();
  await page.goto(NOWHERE);
  const stop = async () => {
    await page.getByRole('button', { name: '紧急停止' }).click();
    await page.getByLabel('原因').pressSequentially('线上故障');
    expect(await lookFaults(page, 'stop')).toEqual([]);
    await page.getByRole('button', { name: '立即停止' }).click();
  };
  expect(await clicksOf(page, stop)).toBe(2);
  const banner = page.getByRole('alert').filter({ hasText: '已停止：发布类变更' });
  await banner.getByText('线上故障').waitFor();
  const stopped = () =>
    world.sql<{ api: string }>(`select api from api_limits where stopped_at is not null order by api`);
  const apis = (await stopped()).map(({ api }) => api);
  expect(apis).toContain('wxa/release');
  expect(apis).not.toContain('wxa/revertcoderelease');
  const other = await tabs.open({ language: 'en', width: 390 });
  await other.goto(NOWHERE);
  await other.getByText('Stopped: Forward changes').waitFor();
  expect(await lookFaults(other, 'banner')).toEqual([]);
  const lift = async () => {
    await banner.getByRole('button', { name: '全部恢复' }).click();
    const confirmation = page.getByRole('dialog').getByRole('button', { name: /^恢 ?复$/ });
    await confirmation.click();
    await banner.waitFor({ state: 'detached' });
  };
  expect(await clicksOf(page, lift)).toBe(2);
  expect(await stopped()).toEqual([]);
});

it('A dialog keeps its input after a click beside it, and stays open until its answer is there', async () => {
  tabs.toleratesNetwork = true;
  const page = await tabs.open();
  await page.goto(NOWHERE);
  await page.getByRole('button', { name: '紧急停止' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('原因').fill('线上故障');
  await page.mouse.click(5, 5);
  await page.mouse.click(5, 5);
  const held: Route[] = [];
  await page.route('**/api/Platform/StopApis', (route) => void held.push(route));
  await dialog.getByRole('button', { name: '立即停止' }).click();
  await eventually(() => held.length === 1);
  await page.keyboard.press('Escape');
  await held[0]?.abort();
  await dialog.getByText('控制台没有应答').waitFor();
  expect(await dialog.getByLabel('原因').inputValue()).toBe('线上故障');
  await page.keyboard.press('Escape');
  await dialog.waitFor({ state: 'detached' });
});

it('The keyboard begins in the first field of a dialog that is empty', async () => {
  const page = await tabs.open();
  await page.goto('/mini-programs');
  await page.getByRole('button', { name: '生成授权链接' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('授权后打开的网址').waitFor();
  await page.keyboard.type('https://example.cn/');
  expect(await dialog.getByLabel('授权后打开的网址').inputValue()).toBe('https://example.cn/');
});

it('An answer that breaks off, and a network that is gone, are said where the list would be', async () => {
  tabs.toleratesNetwork = true;
  const page = await tabs.open();
  const lists = '**/api/Operations/ListOperations';
  await page.route(lists, (route) => route.fulfill({ status: 200, body: '{"operations":[' }));
  await page.goto('/operations');
  const error = page.locator('main').getByText('控制台没有应答');
  await error.waitFor();
  await page.unroute(lists);
  await page.getByRole('button', { name: /重\s?试/ }).click();
  await error.waitFor({ state: 'detached' });
  await page.context().setOffline(true);
  await page.getByLabel('版本号', { exact: true }).fill('7.7.7');
  await error.waitFor();
  await page.context().setOffline(false);
  await says(page, '没有符合条件的操作。');
});

it('What is wrong is said in the language of the page, also if the answer was on its way when that changed', async () => {
  tabs.toleratesNetwork = true;
  const page = await tabs.open({ language: 'en' });
  const answers: (() => Promise<void>)[] = [];
  const hold = async (route: Route) => {
    const response = await route.fetch();
    // Nobody waits any more for one that is read again.
    answers.push(() => route.fulfill({ response }).catch(() => undefined));
  };
  await page.route('**/api/Rollouts/GetRollout', hold, { times: 1 });
  await page.goto('/rollouts/01999999-9999-7999-8999-999999999999/targets');
  await eventually(() => answers.length === 1);
  await page.locator('button[lang=zh]').click();
  await page.locator('html[lang=zh-CN]').waitFor({ state: 'attached' });
  await answers[0]?.();
  // The page reads it again every few seconds: what it said first counts.
  expect(await page.locator('main').getByText('没有找到').textContent()).toContain('检查 id');
});

it('A viewer is not offered the stop', async () => {
  const page = await tabs.open({ user: await addUser(world, 'looker', 'viewer') });
  await page.goto(NOWHERE);
  await says(page, '没有找到这个页面');
  expect(await page.getByRole('button', { name: '紧急停止' }).count()).toBe(0);
});

it('A part of a name or an appid finds its mini-program by one click and typing, and an id finds its rollout or its audit', async () => {
  const [appid = ''] = newAppids(1);
  const { id } = await new RolloutSteps(() => world).create([appid], { name: '搜索用' }, false);
  await unary(world.authorizers, 'registerAuthorizers', { appids: [appid] });
  await world.sql(`update authorizers set nick_name = '山茶饮品店' where appid = $1`, [appid]);
  // What is sought may be of another kind.
  tabs.toleratesNetwork = true;
  const page = await tabs.open();
  await page.goto(NOWHERE);
  await says(page, '没有找到这个页面');
  const field = page.getByRole('dialog').getByRole('textbox');
  const find = async (typed: string) => {
    await page.getByRole('button', { name: /搜索/ }).click();
    await field.pressSequentially(typed);
    await page
      .getByRole('dialog')
      .getByRole('link', { name: new RegExp(appid) })
      .waitFor();
    await field.press('Enter');
    await page.waitForURL(`**/mini-programs/${appid}`);
    await page.getByRole('dialog').waitFor({ state: 'hidden' });
  };
  expect(await clicksOf(page, () => find('茶饮'))).toBe(1);
  // Also what is open.
  await find('茶饮');
  await page.goBack();
  expect(await clicksOf(page, () => find(appid.slice(3, 15)))).toBe(1);
  await page.goto('/');
  await page.getByRole('button', { name: /搜索/ }).waitFor();
  await page.keyboard.press('Control+k');
  await field.fill(id);
  await page.getByRole('link', { name: /搜索用/ }).waitFor();
  expect(await lookFaults(page, 'search')).toEqual([]);
  await field.fill('搜索');
  await page.getByRole('link', { name: /搜索用/ }).waitFor();
  const auditId = '9007199254740993';
  await world.sql(
    `insert into audits (operation_id, appid, audit_id, user_version, submitted_at) values (gen_random_uuid(), $1, $2, '1.0', now())`,
    [appid, auditId],
  );
  await field.fill(auditId);
  await page.getByRole('link', { name: new RegExp(`审核单.*${auditId} ${appid} · 1`) }).click();
  await page.waitForURL(`**/audits/${appid}/${auditId}`);
});

it('Enter in the search opens what the present text finds, even if that is not found yet', async () => {
  const appids = newAppids(2);
  await unary(world.authorizers, 'registerAuthorizers', { appids });
  const page = await tabs.open();
  const field = page.getByRole('dialog').getByRole('textbox');
  const results = page.getByRole('dialog').getByRole('link');
  await world.sql(`update authorizers set nick_name = '青梅' || appid where appid = any($1)`, [appids]);
  for (const appid of appids) {
    await page.goto(NOWHERE);
    await page.getByRole('button', { name: /搜索/ }).click();
    await field.fill('青梅');
    await eventually(async () => (await results.count()) === 2);
    const held: Route[] = [];
    await page.route('**/api/Fleet/ListMiniPrograms', (route) => void held.push(route), { times: 1 });
    await field.fill(`青梅${appid}`);
    await field.press('Enter');
    await eventually(() => held.length === 1);
    await held[0]?.continue();
    await page.waitForURL(`**/mini-programs/${appid}`);
  }
});

it('A page starts again for another object of its route, without the dialog or the input about the one before', async () => {
  const appids = newAppids(2);
  const [one = '', other = ''] = appids;
  const rollouts = new RolloutSteps(() => world);
  await unary(world.authorizers, 'registerAuthorizers', { appids });
  for (const name of ['春季版', '秋季版']) await rollouts.create(appids, { name });
  const page = await tabs.open();
  const heading = (name: string) => page.getByRole('heading', { name }).waitFor();
  const find = async (name: string) => {
    await page.keyboard.press('Control+k');
    await page.getByRole('dialog').getByRole('textbox').fill(name);
    await page
      .getByRole('dialog')
      .getByRole('link', { name: new RegExp(name) })
      .click();
    await heading(name);
  };
  await page.goto('/rollouts');
  await heading('批量发布');
  await find('春季版');
  await find('秋季版');
  await page.getByRole('button', { name: '批量回退…' }).click();
  await page.getByLabel('以确认').waitFor();
  await page.goBack();
  await heading('春季版');
  expect(await page.getByLabel('以确认').count()).toBe(0);
  await find(one);
  await page.getByRole('button', { name: '编辑标签' }).click();
  await find(other);
  await page.getByRole('button', { name: '编辑标签' }).waitFor();
});
