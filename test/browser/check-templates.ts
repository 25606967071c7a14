import { beforeAll, expect, it } from '@jest/globals';
import type { ListTemplatesResponse } from '@wxa/contracts';
import type { Page, Route } from 'playwright-core';
import { eventually } from '../eventually.js';
import { newAppids, RolloutSteps } from '../rollouts/rollout-steps.js';
import { tabs, useTabs, world } from './use-tabs.js';
import { authorized, COMPONENT } from './usual-data.js';
import { clicksOf } from './visits.js';

useTabs({ env: COMPONENT });
const rollouts = new RolloutSteps(() => world);
beforeAll(() => authorized(world, 2));

it('A draft becomes a template by one click, says so, and is marked; a template that nothing uses is deleted', async () => {
  const page = await tabs.open();
  await page.goto('/templates');
  await page.getByRole('button', { name: '添加到模板库' }).first().click();
  await page.getByText('已添加到模板库').waitFor();
  const drafts = page.getByRole('region', { name: '草稿箱' });
  await drafts.getByText(/^已是模板 \d+$/).waitFor();
  expect(await drafts.getByRole('button', { name: '添加到模板库' }).count()).toBe(1);

  const library = page.getByRole('region', { name: '模板库' });
  await library.getByRole('button', { name: '删除' }).click();
  await page.getByRole('dialog').getByRole('button', { name: '删除模板' }).click();
  await library.getByText('模板库是空的').waitFor();
});

it('A template shows the rollout that uses it, and is not deleted while that has code to upload', async () => {
  const page = await tabs.open();
  await page.goto('/templates');
  await page.getByRole('button', { name: '添加到模板库' }).first().click();
  await page.getByText('已添加到模板库').waitFor();
  const library = page.getByRole('region', { name: '模板库' });
  await library.getByRole('button', { name: '删除' }).waitFor();
  const templateId = BigInt((await library.locator('tbody tr td').first().textContent()) ?? '');
  const waves = [{ size: { $case: 'count' as const, value: 1 }, submitGate: { manual: true } }];
  const { id } = await rollouts.create(newAppids(1), { name: '新年版', templateId, waves });
  await page.goto('/');
  const look = async () => {
    await page.getByRole('navigation').getByRole('link', { name: '模板' }).click();
    await library.getByRole('link', { name: '新年版' }).waitFor();
  };
  expect(await clicksOf(page, look)).toBe(1);
  await library.getByRole('button', { name: '删除' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByText('不能删除').waitFor();
  expect(await dialog.getByRole('button', { name: '删除模板' }).isDisabled()).toBe(true);
  expect(await dialog.getByRole('link', { name: '新年版' }).getAttribute('href')).toBe(`/rollouts/${id}`);
});

it('A list that WeChat refuses is shown as a failure, and the other list is not affected', async () => {
  tabs.toleratesNetwork = true;
  await world.sim.addFault({ api: 'wxa/gettemplatelist', kind: 'errcode', errcode: 48001, times: 0 });
  const page = await tabs.open();
  await page.goto('/templates');
  const card = (title: string) => page.locator('.ant-card', { hasText: title }).first();
  await card('模板库')
    .getByText(/^微信没有完成这个请求。.*让小程序授权包含该接口的权限集。$/)
    .waitFor();
  await page.getByRole('region', { name: '草稿箱' }).locator('tbody tr').nth(1).waitFor();
  expect(await card('草稿箱').getByRole('alert').count()).toBe(0);
  await world.sim.clearFaults();
});

/** The page of the templates, its first button that adds one, and how often one was accepted since. */
async function toAdd() {
  tabs.toleratesNetwork = true;
  const page = await tabs.open();
  await page.goto('/templates');
  const all = async () => (await world.sql(`select from operations where method = 'AddTemplate'`)).length;
  const before = await all();
  const add = page.getByRole('button', { name: '添加到模板库' }).first();
  await add.waitFor();
  return { page, add, added: async () => (await all()) - before };
}

/** The page shows its lists as they are now. */
const keepLists = (page: Page) => page.route('**/api/Templates/List*', (route) => route.abort());

/** Deletes the newest template, which no rollout uses: its draft can be added again. */
async function deleteNewest(): Promise<void> {
  const { templates } = (await world.call('ListTemplates', {})) as ListTemplatesResponse;
  const templateId = templates
    .map((template) => template.templateId)
    .toSorted()
    .at(-1);
  if (templateId !== undefined) await world.run('DeleteTemplate', { templateId });
}

it('A template whose answer is lost is added once, also if a repetition of the request was refused', async () => {
  const { page, add, added } = await toAdd();
  const loseAnswer = async (route: Route) => {
    await route.fetch();
    await route.abort();
  };
  await keepLists(page);
  await page.route('**/api/Templates/AddTemplate', loseAnswer, { times: 1 });
  await add.click();
  await page.getByText('控制台没有应答').first().waitFor();
  // A limit of the caller applies before its request id is looked up.
  const refused = { code: 'RESOURCE_EXHAUSTED', hint: '额度已用完。' };
  const refuse = (route: Route) => route.fulfill({ status: 429, json: refused });
  await page.route('**/api/Templates/AddTemplate', refuse, { times: 1 });
  await add.click();
  await page.getByText('额度已用完').waitFor();
  await add.click();
  await page.getByText('已添加到模板库').waitFor();
  expect(await added()).toBe(1);
});

it('A template that was accepted is added once, whatever a later call or a proxy answers', async () => {
  await deleteNewest();
  const { page, add, added } = await toAdd();
  await keepLists(page);
  const proxy = async (route: Route) => {
    await route.fetch();
    await route.fulfill({ status: 502, json: { error: 'bad gateway' } });
  };
  await page.route('**/api/Templates/AddTemplate', proxy, { times: 1 });
  await add.click();
  await page.getByText('请求没有完成').waitFor();
  const refused = { status: 429, json: { code: 'RESOURCE_EXHAUSTED', reason: 'TOO_MANY_WAITING' } };
  await page.route('**/api/Operations/WaitOperation', (route) => route.fulfill(refused));
  // As the first call would answer if its end was slower.
  const queued = async (route: Route) => {
    const response = await route.fetch();
    const json = { ...(await response.json()), state: 'OPERATION_STATE_QUEUED' };
    await route.fulfill({ response, json });
  };
  await page.route('**/api/Templates/AddTemplate', queued, { times: 1 });
  await add.click();
  await page.getByText('请求已被接受，但还没有执行完').waitFor();
  await add.click();
  await page.getByText('已添加到模板库').waitFor();
  expect(await added()).toBe(1);
});

it('A template in doubt is neither called failed nor added twice', async () => {
  await deleteNewest();
  const { page, add, added } = await toAdd();
  const { id } = await world.sim.addFault({ api: 'wxa/addtotemplate', kind: 'lost' });
  await world.sim.addFault({ api: 'wxa/gettemplatelist', kind: 'errcode', errcode: -1, times: 0, after: id });
  await add.click();
  await page.getByText('尚不清楚微信是否已经执行').waitFor();
  await add.click();
  await page.getByText('尚不清楚微信是否已经执行').nth(1).waitFor();
  expect(await added()).toBe(1);
  await world.sim.clearFaults();
});

it('A dialog does not wait without end for a template that is being deleted', async () => {
  const page = await tabs.open();
  await page.goto('/templates');
  const library = page.getByRole('region', { name: '模板库' });
  await library.getByRole('link', { name: '新年版' }).waitFor();
  const waiting = { json: { state: 'OPERATION_STATE_QUEUED' } };
  await page.route('**/api/Operations/WaitOperation', (route) => route.fulfill(waiting));
  await library.locator('tbody tr', { hasNotText: '新年版' }).getByRole('button', { name: '删除' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByRole('button', { name: '删除模板' }).click();
  await dialog.getByText('请求已被接受，但还没有执行完').waitFor();
  await dialog.getByRole('button', { name: /取 ?消/ }).click();
  await dialog.waitFor({ state: 'hidden' });
});

it('The page of the adoption says which step is reached and what is next, and renews a token with a reason', async () => {
  const [appid = ''] = await authorized(world, 1);
  const token = async () =>
    (
      await world.sql<{ at: string }>(
        'select access_token_at::text as at from authorizers where appid = $1',
        [appid],
      )
    )[0]?.at;
  await eventually(async () => (await token()) !== null);
  await world.sql(`update authorizers set access_token_at = now() - interval '1 hour' where appid = $1`, [
    appid,
  ]);
  const before = await token();
  const page = await tabs.open();
  await page.goto('/adoption');
  const step = (name: string) => page.locator('.ant-steps-item', { hasText: name });
  await step('接管令牌')
    .getByText(/票据在 \d+ 分钟前收到/)
    .waitFor();
  expect(await step('接管令牌').getAttribute('class')).toContain('finish');
  await step('通用调用').getByText('下一步').waitFor();
  await step('通用调用').getByText('策略文件没有列出接口：请在策略中列出').waitFor();
  await page.getByRole('button', { name: '更换令牌' }).first().click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('AppID').fill(appid);
  await dialog.getByRole('button', { name: '更换令牌' }).click();
  await dialog.getByText('请填写原因').waitFor();
  await dialog.getByLabel('原因').fill('令牌写进了日志');
  await dialog.getByRole('button', { name: '更换令牌' }).click();
  await page.getByText('正在更换令牌').waitFor();
  await eventually(async () => (await token()) !== before);
  await page.goto('/trail?action=token.renewed');
  await page
    .getByRole('row', { name: /令牌写进了日志/ })
    .first()
    .waitFor();
});
