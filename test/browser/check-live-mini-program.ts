import { expect, it } from '@jest/globals';
import type { Page } from 'playwright-core';
import { eventually } from '../eventually.js';
import { unary } from '../world.js';
import { inDoubt } from './in-doubt.js';
import { isLive } from './rollout-visits.js';
import { tabs, useTabs, world } from './use-tabs.js';
import { approve, authorized, COMPONENT } from './usual-data.js';

useTabs({ env: COMPONENT });

/** The live page of a mini-program whose only unfinished change is in doubt. */
async function liveWithDoubt() {
  tabs.toleratesNetwork = true;
  const [appid = ''] = await authorized(world, 1);
  const id = await inDoubt(appid);
  const page = await tabs.open();
  await page.goto(`/mini-programs/${appid}`);
  await isLive(page);
  await queue(page).waitFor();
  const end = () =>
    world.sql(`update operations set state = 'SUCCEEDED', ended_at = now() where id = $1`, [id]);
  return { page, end };
}

const queue = (page: Page) => page.locator('.ant-card', { hasText: '正在执行和排队' });
const staleSince = (page: Page) => page.getByText(/自 .* 起没有更新/);

const setHidden = (page: Page, isHidden: boolean) =>
  page.evaluate(`
    Object.defineProperty(document, 'hidden', { configurable: true, get: () => ${isHidden} });
    document.dispatchEvent(new Event('visibilitychange'));`);

it('A change that ended while the tab was hidden is not shown as running when it is shown again', async () => {
  const { page, end } = await liveWithDoubt();
  await setHidden(page, true);
  await end();
  await setHidden(page, false);
  await queue(page).waitFor({ state: 'detached' });
  await isLive(page);
});

it('A change that ended while the gateway was gone is not shown as running when the page, then idle, is live again', async () => {
  const { page, end } = await liveWithDoubt();
  const { gateway } = world.stack;
  gateway.kill('SIGKILL');
  await staleSince(page).waitFor();
  await end();
  await gateway.start();
  await gateway.waitReady();
  await isLive(page);
  await queue(page).waitFor({ state: 'detached' });
});

it('While the console is gone a live page says since when, however often it tries to connect', async () => {
  const { page, end } = await liveWithDoubt();
  const { app } = tabs.console;
  app.kill('SIGKILL');
  const since = await staleSince(page).textContent();
  for (let retry = 0; retry < 2; retry++)
    await page.waitForEvent('requestfailed', (request) => request.url().includes('WatchOperations'));
  expect(await staleSince(page).textContent()).toBe(since);
  await app.start();
  await app.waitReady();
  await isLive(page);
  await end();
});

it('Edited labels keep those that a colleague has added since, and do not bring back those that were removed', async () => {
  const [appid = ''] = await authorized(world, 1);
  const label = (...labels: string[]) => unary(world.authorizers, 'setAuthorizerLabels', { appid, labels });
  await label('老店', '停业', '上海');
  const page = await tabs.open();
  await page.goto(`/mini-programs/${appid}`);
  await page.getByRole('button', { name: '编辑标签' }).click();
  await page.getByTitle('老店').getByLabel('close').click();
  await page.getByLabel('标签').first().fill('新客');
  await page.keyboard.press('Enter');
  await label('老店', '上海', '会员');
  await page.getByRole('button', { name: /保\s?存/ }).click();
  await page.getByText('标签已保存').waitFor();
  await eventually(async () =>
    expect(await world.sql('select labels from authorizers where appid = $1', [appid])).toEqual([
      { labels: ['上海', '会员', '新客'] },
    ]),
  );
});

it('A revert names the version that its form shows, and is not sent while the versions cannot be read', async () => {
  tabs.toleratesNetwork = true;
  const [appid = ''] = await authorized(world, 1);
  await approve(world, appid, '2.0');
  await world.run('Release', { appid });
  const page = await tabs.open();
  const versions = (status: number, body: object) =>
    page.route('**/ListReleaseHistory', (route) => route.fulfill({ status, json: body }));
  await versions(403, { code: 'PERMISSION_DENIED' });
  await page.goto(`/mini-programs/${appid}`);
  await page.locator('main').getByRole('button', { name: '版本回退' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByText('没有权限。').waitFor();
  const confirm = dialog.getByRole('button', { name: '版本回退' });
  const requests: object[] = [];
  await page.route('**/RevertRelease', (route) => {
    requests.push(route.request().postDataJSON());
    return route.fulfill({ json: {} });
  });
  await confirm.click();
  await dialog.locator('.ant-form-item-explain-error').waitFor();
  await versions(200, { versions: [{ appVersion: '7', userVersion: '1.0', userDesc: '' }] });
  await dialog.getByRole('button', { name: /重\s?试/ }).click();
  await dialog.getByTitle('1.0').first().waitFor();
  await versions(403, { code: 'PERMISSION_DENIED' });
  await confirm.click();
  await dialog.waitFor({ state: 'detached' });
  expect(requests).toEqual([expect.objectContaining({ appVersion: '7', expectedUserVersion: '2.0' })]);
});

it('The time of the next attempt follows an attempt that failed too fast to be seen', async () => {
  const [appid = ''] = await authorized(world, 1);
  const retrying = (nextAttemptTime: string) =>
    JSON.stringify({ id: 'a', appid, method: 'Commit', state: 'OPERATION_STATE_RETRYING', nextAttemptTime });
  const [first, second] = ['2030-01-02T03:04:00Z', '2030-01-02T03:05:00Z'].map(retrying);
  const page = await tabs.open();
  await page.route('**/WatchOperations?*', (route) =>
    route.fulfill({
      contentType: 'text/event-stream',
      body: `event: live\ndata: {}\n\ndata: ${first}\n\ndata: ${second}\n\n`,
    }),
  );
  await page.goto(`/mini-programs/${appid}`);
  await queue(page).getByText('2030-01-02 11:05').waitFor();
});

it('A session that ends while a form is filled in leaves what was typed, and the login opens once it is closed', async () => {
  tabs.toleratesNetwork = true;
  const [appid = ''] = await authorized(world, 1);
  const page = await tabs.open();
  await page.goto(`/mini-programs/${appid}`);
  await page.locator('main').getByRole('button', { name: '上传代码' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('版本号').fill('2.0');
  await page.context().clearCookies();
  await page.locator('.ant-alert-banner').getByText('登录已失效，请重新登录。').waitFor();
  expect(await dialog.getByLabel('版本号').inputValue()).toBe('2.0');
  await dialog.getByRole('button', { name: /取\s?消/ }).click();
  await page.waitForURL('**/login?to=*&ended');
});
