import { credentials } from '@grpc/grpc-js';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import {
  type EffectiveSettings,
  type GetPlatformDomainsResponse,
  MiniProgramSettings,
  SettingsClient,
  type SettingsLayer,
} from '@wxa/contracts';
import type { Page, Route } from 'playwright-core';
import { eventually } from '../eventually.js';
import { unary } from '../world.js';
import { choose, fill } from './rollout-visits.js';
import { tabs, useTabs, world } from './use-tabs.js';
import { authorized, COMPONENT } from './usual-data.js';

useTabs({ env: COMPONENT });
let appid: string;
let layers: SettingsClient;
beforeAll(async () => {
  layers = new SettingsClient(world.stack.addresses.grpc, credentials.createInsecure());
  [appid = ''] = await authorized(world, 2);
  await put({ $case: 'platform', value: true }, { webviewDomains: ['https://h5.example.cn'] });
});
afterAll(() => layers.close());

async function put(scope: object, settings: object): Promise<void> {
  await unary(layers, 'putSettingsLayer', {
    scope: { scope },
    settings: MiniProgramSettings.fromPartial(settings),
    order: 0,
    expectedVersion: 0n,
    reason: '',
  });
}

const save = (page: Page) => page.getByRole('button', { name: '保 存' }).click();
const effective = () => unary<EffectiveSettings>(layers, 'getEffectiveSettings', { appid });

it('A layer of a label is written, is in force for a mini-program with the label, is changed, taken back and deleted.', async () => {
  // A layer that does not exist yet is answered with 404.
  tabs.toleratesNetwork = true;
  const page = await tabs.open();
  await page.goto('/settings/layer?label=餐饮');
  await page.getByLabel('业务域名', { exact: true }).fill('https://shop.example.cn ');
  await page.getByLabel('原因').fill('新域名');
  await save(page);
  await page.getByRole('heading', { name: '第 1 版' }).waitFor();
  expect((await effective()).settings?.webviewDomains).toEqual([
    ...['https://h5.example.cn', 'https://shop.example.cn'],
  ]);
  const other = await tabs.another(page.context());
  await other.goto(`/mini-programs/${appid}`);
  await other.getByText('标签“餐饮”的配置 · 第 1 版').waitFor();
  await world.run('AddTemplate', { draftId: 1n });
  await other.getByText('标签“餐饮”的配置 · 第 1 版').click();
  await other.getByRole('link', { name: '批量发布…' }).click();
  await other.getByText('现在至多选中 1 个小程序，只含已授权的').waitFor();
  await choose(other, '模板', '');
  await fill(other, '版本号', '3.2.0');
  await fill(other, '名称', '餐饮');
  await other.getByRole('button', { name: '下一步' }).click();
  await other.waitForURL('**/rollouts/*?step=waves');
  const specs = () => world.sql<{ settings: object }>(`select spec -> 'settings' as settings from rollouts`);
  expect(await specs()).toEqual([{ settings: {} }]);

  await page.getByRole('button', { name: 'ext.json' }).click();
  await page.getByLabel('合并到 ext.json 的内容').fill('[1]');
  await page.getByRole('button', { name: 'ext.json' }).click();
  // What is invalid in a folded panel is seen.
  await save(page);
  await page.getByText('应为 JSON 对象').waitFor();
  await page.getByLabel('合并到 ext.json 的内容').fill('{"ext":{"city":"上海"}}');
  await page.getByRole('button', { name: '用户隐私保护指引' }).click();
  await page.getByLabel('微信号').fill('wxa-shop');
  await save(page);
  await page.getByRole('heading', { name: '第 2 版' }).waitFor();

  await page.getByRole('button', { name: '历史版本' }).click();
  await page
    .getByRole('row', { name: /新域名/ })
    .getByRole('button')
    .click();
  await page.getByRole('button', { name: '填入这一版' }).click();
  await save(page);
  await page.getByRole('heading', { name: '第 3 版' }).waitFor();
  const restored = (await effective()).settings;
  expect([restored?.extJson, restored?.privacyGuide]).toEqual(['', undefined]);

  await page
    .getByRole('main')
    .getByRole('button', { name: /删\s?除/ })
    .last()
    .click();
  await page
    .getByRole('dialog')
    .getByRole('button', { name: /删\s?除/ })
    .click();
  await page.waitForURL('**/settings');
  expect((await effective()).layers).toHaveLength(1);
});

it('A change of somebody else in between is refused, and the input is kept.', async () => {
  tabs.toleratesNetwork = true;
  const page = await tabs.open();
  await page.goto(`/settings/layer?appid=${appid}`);
  await page.getByLabel('业务域名', { exact: true }).fill('https://mine.example.cn ');
  await put({ $case: 'appid', value: appid }, { webviewDomains: ['https://theirs.example.cn'] });
  await save(page);
  await page.locator('.ant-message-error').waitFor();
  expect(await page.getByRole('main').textContent()).toContain('https://mine.example.cn');
  const { settings } = await unary<SettingsLayer>(layers, 'getSettingsLayer', {
    scope: { scope: { $case: 'appid', value: appid } },
    version: 0n,
  });
  expect(settings?.webviewDomains).toEqual(['https://theirs.example.cn']);
});

it('A new layer keeps its input while its user looks at another tab, and when the language changes', async () => {
  tabs.toleratesNetwork = true;
  const page = await tabs.open();
  await page.goto('/settings/layer?label=分店');
  await page.getByLabel('原因').fill('新店开业');
  await page.evaluate(`dispatchEvent(new Event('visibilitychange'))`);
  await page.waitForLoadState('networkidle');
  expect(await page.getByLabel('原因').inputValue()).toBe('新店开业');
  await page.getByRole('button', { name: 'English' }).click();
  await page.getByRole('heading', { name: 'Settings of the label “分店”' }).waitFor();
  await page.waitForLoadState('networkidle');
  expect(await page.getByLabel('Reason').inputValue()).toBe('新店开业');
});

it('The domains of the platform are read from WeChat, and a change of them reaches it once, also if its answer is lost.', async () => {
  tabs.toleratesNetwork = true;
  const page = await tabs.open();
  await page.goto('/settings/domains');
  await page.getByLabel('线上版本可用的域名').fill('api.example.cn ');
  const loseAnswer = async (route: Route) => {
    await route.fetch();
    await route.abort();
  };
  await page.route('**/api/PlatformDomains/SetPlatformDomains', loseAnswer, { times: 1 });
  await page.getByRole('button', { name: '更改平台域名' }).click();
  await page.getByText('控制台没有应答').waitFor();
  await page.getByRole('button', { name: '更改平台域名' }).click();
  await page.getByText('平台域名已更改').waitFor();
  await page.getByText('测试版本可用：api.example.cn').waitFor();
  await eventually(async () =>
    expect(
      await world.sql<{ state: string }>(`select state from operations where method = 'SetPlatformDomains'`),
    ).toEqual([{ state: 'SUCCEEDED' }]),
  );
});

it('A save of the domains of the platform keeps what a colleague has added and removed since the form was opened.', async () => {
  const set = (domains: string[]) =>
    world.run('SetPlatformDomains', {
      value: { $case: 'server', value: { domains } },
      ...{ publishedTogether: true, allowInUse: true },
    });
  await set(['kept.example.cn', 'theirs.example.cn', 'mine.example.cn']);
  const page = await tabs.open();
  await page.goto('/settings/domains');
  await page.getByTitle('mine.example.cn').getByLabel('close').click();
  await page.getByLabel('线上版本可用的域名').fill('new-of-mine.example.cn ');
  await set(['kept.example.cn', 'mine.example.cn', 'new-of-theirs.example.cn']);
  await page.getByRole('button', { name: '更改平台域名' }).click();
  await eventually(async () => {
    const { server } = (await world.call('GetPlatformDomains', {})) as GetPlatformDomainsResponse;
    expect(server?.published).toEqual([
      ...['kept.example.cn', 'new-of-mine.example.cn', 'new-of-theirs.example.cn'],
    ]);
  });
});

it('Domains that the platform has not registered are named on the page, where they cover nothing.', async () => {
  tabs.toleratesNetwork = true;
  await world.sql(
    `insert into platform_domains (server, webview, read_at) values (null, $1, now())
     on conflict (one_row) do update set webview = excluded.webview`,
    [JSON.stringify({ published: ['shop.example.cn'], testing: [] })],
  );
  const page = await tabs.open({ width: 390 });
  await page.goto('/settings/layer?label=新店');
  await page.getByLabel('业务域名', { exact: true }).fill('https://new.example.cn ');
  await save(page);
  await page.getByRole('heading', { name: '第 1 版' }).waitFor();
  const warning = page.getByRole('main').getByRole('alert').filter({ hasText: '平台没有登记这些域名' });
  await warning.getByText('https://new.example.cn').waitFor();
  await page.getByRole('button', { name: '历史版本' }).click();
  await page.getByRole('dialog').waitFor();
});
