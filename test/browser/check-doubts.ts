import { expect, it } from '@jest/globals';
import { newAppid } from '../appid.js';
import { eventually } from '../eventually.js';
import { AUDIT_ITEM } from '../release/audit-item.js';
import { inDoubt } from './in-doubt.js';
import { tabs, useTabs, world } from './use-tabs.js';
import { clicksOf } from './visits.js';

useTabs();

it('A doubt is found by its badge and compared with WeChat, its conclusion is suggested, and three clicks and a reason resolve it', async () => {
  // The mini-program has no name here.
  tabs.toleratesNetwork = true;
  const appid = newAppid();
  const id = await inDoubt(appid);
  const queued = await world.change('Commit', { appid, templateId: 1n, userVersion: '2.1' });
  const page = await tabs.open();
  await page.goto('/');
  await page.getByRole('navigation').getByRole('link', { name: /^存疑/ }).click();
  const row = page.getByRole('row').filter({ hasText: appid });
  await row.waitFor();
  const resolve = async () => {
    await page.getByRole('button', { name: '全部查询微信' }).click();
    await row.getByText('微信已执行').waitFor();
    await row.getByRole('button', { name: /处\s*理/ }).click();
    expect(await page.getByRole('radio', { name: '微信已执行' }).isChecked()).toBe(true);
    await page.getByLabel('依据').pressSequentially('体验版已是 2.0');
    await page.getByRole('button', { name: '确认处理' }).click();
    await row.waitFor({ state: 'detached' });
  };
  expect(await clicksOf(page, resolve)).toBe(3);
  await eventually(async () => (await world.get(id)).state === 'OPERATION_STATE_SUCCEEDED');
  // What waited behind it continues.
  await eventually(async () => (await world.get(queued.id)).state === 'OPERATION_STATE_SUCCEEDED');
});

it('The address of a doubt shows it before the list has it, and asks WeChat about it alone', async () => {
  const [appid, other] = [newAppid(), newAppid()];
  const ids = [await inDoubt(appid), await inDoubt(other)];
  const page = await tabs.open();
  const asked: string[] = [];
  page.on('request', (request) => {
    if (request.url().endsWith('/GetVersionInfo')) asked.push(request.postDataJSON().appid);
  });
  // As if a hundred others were older.
  await page.route('**/api/Operations/ListOperations', async (route) => {
    const response = await route.fetch();
    const { operations, ...rest } = await response.json();
    const first = operations.filter(({ id }: { id: string }) => id !== ids[0]);
    await route.fulfill({ response, json: { operations: first, ...rest } });
  });
  await page.goto(`/doubts/${ids[0]}`);
  await page.getByRole('row').filter({ hasText: appid }).getByText('微信已执行').waitFor();
  await page.getByRole('row').filter({ hasText: other }).getByText('未查询').waitFor();
  expect(asked).toEqual([appid]);
  await world.sql(`update operations set state = 'SUCCEEDED', ended_at = now() where id = any($1::uuid[])`, [
    ids,
  ]);
});

it('Each press asks WeChat again; a failed answer, or a request that could not be read, suggests nothing', async () => {
  tabs.toleratesNetwork = true;
  const appid = newAppid();
  const id = await inDoubt(appid);
  const page = await tabs.open();
  const row = page.getByRole('row').filter({ hasText: appid });
  const ask = () => page.getByRole('button', { name: '全部查询微信' }).click();
  const suggestion = row.getByText('微信已执行');
  await page.goto(`/doubts/${id}`);
  await suggestion.waitFor();
  await page.route('**/api/CodeManagement/GetVersionInfo', (route) => route.abort());
  await ask();
  await row.getByText('控制台没有应答').waitFor();
  expect(await suggestion.count()).toBe(0);
  await page.unroute('**/api/CodeManagement/GetVersionInfo');
  await ask();
  await suggestion.waitFor();
  await page.route('**/api/Operations/GetOperation', (route) => route.abort());
  await page.goto('/doubts');
  await ask();
  await row.getByText('2.0').waitFor();
  expect(await row.getByText(/undefined|未执行/).count()).toBe(0);
  await world.sql(`update operations set state = 'SUCCEEDED', ended_at = now() where id = $1`, [id]);
});

it('An answer from before a change was sent again suggests nothing; WeChat is asked once more', async () => {
  tabs.toleratesNetwork = true;
  const appid = newAppid();
  const id = await inDoubt(appid);
  const page = await tabs.open();
  const suggestion = page.getByRole('row').filter({ hasText: appid }).getByText('微信已执行');
  await page.goto(`/doubts/${id}`);
  await suggestion.waitFor();
  const asked = page.waitForRequest(/GetVersionInfo/);
  await world.sql(`update operations set started_at = now() + interval '1 hour' where id = $1`, [id]);
  await page.evaluate("dispatchEvent(new Event('visibilitychange'))");
  await asked;
  await suggestion.waitFor({ state: 'detached' });
  await world.sql(`update operations set state = 'SUCCEEDED', ended_at = now() where id = $1`, [id]);
});

it('The badge counts the doubts that need a decision, not those that the service still checks', async () => {
  const ids = [await inDoubt(newAppid()), await inDoubt(newAppid())];
  await world.sql(`update operations set ask_at = now() + interval '1 hour' where id = $1`, [ids[0]]);
  const page = await tabs.open();
  await page.goto('/audits');
  const doubts = page.getByRole('navigation').getByRole('link', { name: /^存疑/ });
  await doubts.getByTitle('1', { exact: true }).waitFor();
  await world.sql(`update operations set state = 'SUCCEEDED', ended_at = now() where id = any($1::uuid[])`, [
    ids,
  ]);
});

it('A resolution without evidence, or of a submission without its audit id, is refused with its input kept', async () => {
  tabs.toleratesNetwork = true;
  const appid = newAppid();
  await world.run('Commit', { appid, templateId: 1n, userVersion: '1.0' });
  const { id } = await world.run('SubmitAudit', { appid, items: [AUDIT_ITEM] });
  await world.sql(`update operations set state = 'IN_DOUBT', ended_at = null, ask_at = null where id = $1`, [
    id,
  ]);
  const page = await tabs.open();
  await page.goto('/doubts');
  const row = page.getByRole('row').filter({ hasText: appid });
  await row.getByRole('button', { name: /处\s*理/ }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByRole('radio', { name: '微信已执行' }).check();
  await dialog.getByRole('button', { name: '确认处理' }).click();
  await dialog.getByText('请填写依据').waitFor();
  await dialog.getByLabel('依据').fill('后台可见审核单');
  await dialog.getByRole('button', { name: '确认处理' }).click();
  await page
    .getByText(/audit_id|审核编号/)
    .last()
    .waitFor();
  expect(await dialog.getByLabel('依据').inputValue()).toBe('后台可见审核单');
  await dialog.getByRole('radio', { name: '未执行，记为失败' }).check();
  await dialog.getByRole('button', { name: '确认处理' }).click();
  await eventually(async () => (await world.get(id)).state === 'OPERATION_STATE_FAILED');
});

it('Doubts that are decided together are decided each, and the dialog names those that were and those that were not', async () => {
  tabs.toleratesNetwork = true;
  const [gone, left] = [newAppid(), newAppid()];
  const ids = [await inDoubt(gone), await inDoubt(left)];
  const page = await tabs.open();
  await page.goto('/doubts');
  for (const appid of [gone, left])
    await page.getByRole('row').filter({ hasText: appid }).getByRole('checkbox').check();
  await page.getByRole('button', { name: '处理所选的 2 个' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByRole('radio', { name: '未执行，记为失败' }).check();
  await dialog.getByLabel('依据').fill('后台没有新版本');
  // Somebody else has decided the first one.
  await world.sql(`update operations set state = 'SUCCEEDED', ended_at = now() where id = $1`, [ids[0]]);
  await dialog.getByRole('button', { name: '确认处理' }).click();
  await dialog.locator('.ant-alert', { hasText: '1 个没有受理' }).getByText(gone).waitFor();
  await dialog.locator('.ant-alert', { hasText: '1 个已受理' }).getByText(left).waitFor();
  expect((await world.get(ids[1] ?? '')).state).toBe('OPERATION_STATE_FAILED');
  await dialog.getByRole('button', { name: '关 闭' }).click();
  await page.getByText('没有需要人工处理的操作。').waitFor();
});

it('Doubts stand in the order in which they began, the oldest first', async () => {
  tabs.toleratesNetwork = true;
  const appids = [newAppid(), newAppid(), newAppid()];
  const ids: string[] = [];
  for (const appid of appids) ids.push(await inDoubt(appid));
  const page = await tabs.open();
  await page.goto('/doubts');
  await page.getByRole('row').filter({ hasText: appids[2] }).waitFor();
  const shown = await page.getByRole('row').allTextContents();
  const places = appids.map((appid) => shown.findIndex((row) => row.includes(appid)));
  expect(places).toEqual(places.toSorted((one, other) => one - other));
  await world.sql(`update operations set state = 'SUCCEEDED', ended_at = now() where id = any($1::uuid[])`, [
    ids,
  ]);
});
