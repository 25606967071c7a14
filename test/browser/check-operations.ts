import { credentials } from '@grpc/grpc-js';
import { expect, it } from '@jest/globals';
import { PlatformClient, StopScope } from '@wxa/contracts';
import { newAppid } from '../appid.js';
import { eventually } from '../eventually.js';
import { AUDIT_ITEM } from '../release/audit-item.js';
import { unary } from '../world.js';
import { inDoubt } from './in-doubt.js';
import { tabs, useTabs, world } from './use-tabs.js';

useTabs();

it('Operations are found by mini-program, kind, state, person, version and time, and the address keeps what is sought', async () => {
  const appid = newAppid();
  const first = await world.run('Commit', { appid, templateId: 1n, userVersion: '7.1.0' });
  const second = await world.run('Commit', { appid, templateId: 1n, userVersion: '7.2.0' });
  await world.sql(`update operations set on_behalf_of = '李四' where id = $1`, [second.id]);
  const page = await tabs.open();
  await page.goto('/operations');
  const rows = page.locator('tbody tr.ant-table-row');
  const finds = (...found: { id: string }[]) =>
    eventually(async () => {
      const hrefs = await rows
        .getByRole('link')
        .evaluateAll((links) => links.map((one) => one.getAttribute('href')));
      expect(hrefs.filter((href) => href?.startsWith('/operations/'))).toEqual(
        found.map(({ id }) => `/operations/${id}`),
      );
    });
  const search = async (label: string, text: string) => {
    await page.getByLabel(label, { exact: true }).fill(text);
    await page.getByLabel(label, { exact: true }).press('Enter');
  };
  await search('AppID', appid);
  await finds(second, first);
  await search('版本号', '7.1.0');
  await finds(first);
  await search('版本号', '');
  await search('操作人', '李四');
  await finds(second);
  await page.goBack();
  await finds(second, first);
  expect(await page.getByLabel('操作人', { exact: true }).inputValue()).toBe('');
  await page.goForward();
  await finds(second);
  await page.reload();
  await finds(second);
  expect(await page.getByLabel('操作人', { exact: true }).inputValue()).toBe('李四');
  await page.goto(`/operations?appid=${appid}&method=Commit&state=SUCCEEDED`);
  await finds(second, first);
  await page.goto(`/operations?appid=${appid}&to=${first.createTime?.toISOString()}`);
  await page.getByText('没有符合条件的操作。').waitFor();
});

it('A search is one entry of the history, however slow the browser is', async () => {
  const page = await tabs.open();
  await page.goto('/operations');
  const person = page.getByLabel('操作人', { exact: true });
  await person.waitFor();
  const entries = () => page.evaluate<number>('history.length');
  const before = await entries();
  const browser = await page.context().newCDPSession(page);
  await browser.send('Emulation.setCPUThrottlingRate', { rate: 50 });
  await person.fill('赵六');
  await page.getByText('没有符合条件的操作。').waitFor();
  await person.fill('王五');
  await page.waitForURL('**/operations?person=%E7%8E%8B%E4%BA%94');
  await page.getByText('没有符合条件的操作。').waitFor();
  expect((await entries()) - before).toBe(2);
});

it('A list of operations is read again by itself, but not a search that no index finds', async () => {
  const page = await tabs.open();
  await page.clock.install();
  const read: string[] = [];
  await page.route('**/api/Operations/ListOperations', async (route) => {
    read.push(String(route.request().postData()));
    await route.continue();
  });
  await page.goto('/operations?person=王五');
  await page.getByText('没有符合条件的操作。').waitFor();
  await page.clock.fastForward(60_000);
  await page.getByLabel('操作人', { exact: true }).fill('');
  await page.getByLabel('操作人', { exact: true }).press('Enter');
  await eventually(() => read.length > 1);
  await page.clock.fastForward(60_000);
  await eventually(() => read.length > 2);
  expect(read.filter((body) => body.includes('王五'))).toHaveLength(1);
});

it('The trail shows since when it lists, as its address says', async () => {
  const page = await tabs.open();
  await page.goto('/trail?since=2026-12-01T00:00:00.000Z');
  const since = page.getByLabel('起始时间', { exact: true });
  await since.waitFor();
  expect(await since.inputValue()).toBe('2026-12-01 08:00:00');
});

it('A queued operation is cancelled after a confirmation, and one that was sent or put back after a restore is not offered that', async () => {
  const appid = newAppid();
  const doubt = await inDoubt(appid);
  const { id } = await world.change('Commit', { appid, templateId: 1n, userVersion: '3.0' });
  const page = await tabs.open();
  await page.goto(`/operations/${id}`);
  await page.getByText('前一个操作').waitFor();
  await page.getByRole('button', { name: '取消操作' }).click();
  await page.getByRole('dialog').getByRole('button', { name: '取消操作' }).click();
  await page.getByText('操作已取消').waitFor();
  await eventually(async () => (await world.get(id)).state === 'OPERATION_STATE_CANCELLED');
  await page.goto(`/operations/${doubt}`);
  await page
    .locator('main')
    .getByRole('link', { name: /处\s*理/ })
    .waitFor();
  expect(await page.getByRole('button', { name: '取消操作' }).count()).toBe(0);
  // As a restore puts back one whose first attempt may have been executed.
  await world.sql(`update operations set state = 'QUEUED', ask_at = null where id = $1 and attempts = 1`, [
    doubt,
  ]);
  await page.locator('main').getByText('排队', { exact: true }).waitFor();
  expect(await page.getByRole('button', { name: '取消操作' }).count()).toBe(0);
  // As a restore leaves one whose lost attempt may have been executed.
  await world.sql('update operations set attempts = 0, may_have_acted = true where id = $1', [doubt]);
  await page.getByRole('row', { name: /发送次数 0( |$)/ }).waitFor();
  expect(await page.getByRole('button', { name: '取消操作' }).count()).toBe(0);
  await world.sql(`update operations set state = 'SUCCEEDED', ended_at = now() where id = $1`, [doubt]);
});

it('The page of an operation shows what WeChat returned, and nothing if that was nothing', async () => {
  const appid = newAppid();
  const commit = await world.run('Commit', { appid, templateId: 1n, userVersion: '1.0' });
  const { id } = await world.run('SubmitAudit', { appid, items: [AUDIT_ITEM] });
  const page = await tabs.open();
  await page.goto(`/operations/${id}`);
  await page.getByText('微信返回的内容').click();
  await page
    .locator('main pre')
    .getByText(/"auditId": "\d+"/)
    .waitFor();
  await page.goto(`/operations/${commit.id}`);
  await page.getByText('请求内容').waitFor();
  expect(await page.getByText('微信返回的内容').count()).toBe(0);
});

it('A revert that a stop of all changes holds says so, and is let through with a reason while the rest stays stopped', async () => {
  const appid = newAppid();
  const until = new Date(Date.now() + 600_000);
  const stop = {
    scope: StopScope.STOP_SCOPE_ALL_CHANGES,
    api: '',
    until,
    reason: '线上故障',
    onBehalfOf: '王五',
  };
  const platform = new PlatformClient(world.stack.addresses.grpc, credentials.createInsecure());
  await unary(platform, 'stopApis', stop);
  let operation = await world.change('RevertRelease', { appid });
  // A worker reads a stop within seconds.
  await eventually(async () => {
    operation = await world.get(operation.id);
    if (operation.endTime !== undefined) operation = await world.change('RevertRelease', { appid });
    return operation.heldBy !== undefined;
  });
  const { id } = operation;
  const page = await tabs.open();
  await page.goto('/lanes');
  const lane = page.getByRole('row').filter({ hasText: appid });
  await lane.getByRole('button', { name: '放行回退类变更' }).waitFor();
  await lane.getByRole('link', { name: '版本回退' }).click();
  await page.waitForURL(`**/operations/${id}`);
  // The page before has the same text and button, and may still be there.
  await page.getByText('请求内容').waitFor();
  const held = page.locator('main').getByText(/接口“版本回退”已停用至.*王五.*线上故障/);
  await held.waitFor();
  await unary(world.authorizers, 'registerAuthorizers', { appids: [appid] });
  await page.goto(`/mini-programs/${appid}`);
  await held.waitFor();
  await page.goto(`/operations/${id}`);
  await page.getByRole('button', { name: '放行回退类变更' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('原因').fill('先恢复线上');
  await dialog.getByRole('button', { name: '放行回退类变更' }).click();
  await page.getByText('回退类变更已放行').waitFor();
  await eventually(async () => /FAILED|SUCCEEDED/.test((await world.get(id)).state));
  const stopped = await world.sql<{ api: string }>('select api from api_limits where stopped_at is not null');
  expect(stopped.map(({ api }) => api)).toContain('wxa/release');
  expect(stopped.map(({ api }) => api)).not.toContain('wxa/revertcoderelease');
  await unary(platform, 'liftApiStops', {
    ...{ scope: StopScope.STOP_SCOPE_UNSPECIFIED, api: '', onBehalfOf: '', reason: '' },
  });
  platform.close();
});

it('An overview of a healthy platform with tokens of its own says that nothing needs somebody, and where tokens come from', async () => {
  const page = await tabs.open();
  await page.goto('/');
  await page.getByText('没有需要处理的事。').waitFor();
  await page.getByText('令牌由平台自己的令牌服务刷新').waitFor();
  await page.getByRole('link', { name: '平台状态' }).last().click();
  await page.getByText('不经过本服务，由原有程序接收').waitFor();
  expect(await page.getByText('还没有收到票据').count()).toBe(0);
});

it('A withdrawal and a speed-up that are confirmed by two clicks are one operation each', async () => {
  const appid = newAppid();
  await world.run('Commit', { appid, templateId: 1n, userVersion: '1.0' });
  await world.run('SubmitAudit', { appid, items: [AUDIT_ITEM] });
  const page = await tabs.open();
  await page.goto(`/audits?appid=${appid}`);
  const accepted = (method: string) =>
    world.sql('select state from operations where appid = $1 and method = $2', [appid, method]);
  for (const [verb, method] of [
    ['加急审核', 'SpeedUpAudit'],
    ['撤回审核', 'UndoAudit'],
  ] as const) {
    await page.getByRole('button', { name: verb }).first().click();
    await page.getByRole('dialog').getByRole('button', { name: verb }).dblclick();
    await eventually(async () => expect(await accepted(method)).toEqual([{ state: 'SUCCEEDED' }]));
    await page.getByRole('dialog').waitFor({ state: 'detached' });
  }
});
