import { beforeAll, expect, it } from '@jest/globals';
import type { Page, Route } from 'playwright-core';
import { addUser } from '../console/new-user.js';
import { eventually } from '../eventually.js';
import { AUDIT_RULES, Journey, authorized as letAuthorize } from '../journeys/journey.js';
import { newAppids } from '../rollouts/rollout-steps.js';
import { choose, confirm, counts, fill, says, showsState } from './rollout-visits.js';
import { tabs, useTabs, world } from './use-tabs.js';
import { COMPONENT, twoTemplates } from './usual-data.js';
import { clicksOf } from './visits.js';

useTabs({ env: { ...COMPONENT, SIM_AUDIT_RULES: JSON.stringify(AUDIT_RULES) } });
const rollouts = new Journey(() => world);
const authorized = (appids: string[]) => letAuthorize(world, ...appids);

/** Two templates in the library; this one is not the one that forms offer. */
let template = 0n;
beforeAll(async () => {
  template = await twoTemplates(world);
});

const idOf = (page: Page) => /\/rollouts\/([0-9a-f-]{36})/.exec(page.url())?.[1] ?? '';
const next = (page: Page) => page.getByRole('button', { name: '下一步' }).click();

/** A colleague changes a draft. */
const change = (id: string, maxInFlight: number, onBehalfOf: string) =>
  rollouts.ask('updateRollout', { id, spec: { maxInFlight }, updateMask: ['max_in_flight'], onBehalfOf });

/** As if WeChat had refused a submission since the quota was read. */
async function quotaUsedUp(route: Route): Promise<void> {
  const response = await route.fetch();
  const stop = { errcode: 85_085, startTime: new Date().toISOString(), reason: '' };
  const apis = [{ api: 'wxa/submit_audit', stop }];
  await route.fulfill({ response, json: { ...(await response.json()), apis } });
}

/** The bodies of the Commits of a mini-program, as WeChat got them. */
async function commits(appid: string): Promise<Record<string, unknown>[]> {
  return (await world.sim.calls({ appid, api: 'wxa/commit' })).map(({ body }) => JSON.parse(body));
}

it('A first rollout of 25 pasted appids is put together, shown as a summary, started and watched to its end without a reload', async () => {
  const appids = newAppids(25);
  const [sample = '', second] = appids;
  await authorized(appids.slice(0, -1));
  await world.call('GetAuditQuota', { appid: sample });
  const page = await tabs.open();
  await page.goto('/rollouts');
  await page.getByRole('link', { name: '新建批量发布' }).click();
  await choose(page, '模板', `${template} · `);
  await fill(page, '版本号', '3.2.0');
  await fill(page, '名称', '春季版 3.2.0');
  await page.getByText('指定小程序').click();
  const pasted = `${appids.slice(0, 12).join(', ')}\n${appids.slice(12).join('；')}\n${second} wxABC`;
  await fill(page, 'AppID', pasted);
  await says(page, '现在选中 25 个小程序');
  await says(page, `1 项不是 AppID（wx 加 16 位小写十六进制）：第 3 行： wxABC`);
  await fill(page, 'AppID', pasted.replace('wxABC', ''));
  await next(page);

  await page.waitForURL('**/rollouts/*?step=waves');
  await page.getByRole('spinbutton', { name: '个数' }).fill('5');
  await page.route('**/api/Platform/GetPlatformStatus', quotaUsedUp);
  await next(page);
  await says(page, '平台剩余 0 次');
  await page.unroute('**/api/Platform/GetPlatformStatus');
  const id = idOf(page);
  await says(page, '第 1 批 · 5');
  await says(page, '第 2 批 · 20');
  await says(page, '未授权 NOT_AUTHORIZED');
  await fill(page, '原因', '春季版上线');
  await page.evaluate('globalThis.isFirstLoad = true');
  await page.getByRole('button', { name: '开始发布（25 个小程序）' }).click();
  await showsState(page, '已完成');
  await counts(page, '已完成 24');
  await counts(page, '已跳过 1');
  await says(page, '开始 · 春季版上线');
  expect(await page.evaluate('globalThis.isFirstLoad')).toBe(true);
  const sent = { template_id: Number(template), user_version: '3.2.0' };
  expect(await commits(sample)).toEqual([expect.objectContaining(sent)]);
  expect(idOf(page)).toBe(id);
});

it('A rollout of a label in two waves with a manual gate is started by nine clicks', async () => {
  const appids = await authorized(newAppids(2));
  await world.sql(`update authorizers set labels = '{零售}' where appid = any($1)`, [appids]);
  const page = await tabs.open();
  await page.goto('/rollouts');
  const clicks = await clicksOf(page, async () => {
    await page.getByRole('link', { name: '新建批量发布' }).click();
    await choose(page, '模板', `${template} · `);
    await choose(page, /标签/, '零售 (2)');
    await page.keyboard.press('Escape');
    await fill(page, '版本号', '4.1.0');
    await fill(page, '名称', '零售版');
    await next(page);
    await page.getByRole('group', { name: '提审闸门' }).nth(1).getByLabel('人工放行').check();
    await next(page);
    // A read that is lost afterwards does not make the start look refused.
    tabs.toleratesNetwork = true;
    await page.route('**/api/Rollouts/GetRollout', (route) => route.abort(), { times: 1 });
    await page.getByRole('button', { name: '开始发布（2 个小程序）' }).click();
    await page.locator('main').getByText('变更记录').waitFor();
  });
  expect(clicks).toBe(9);
  const { waves } = (await rollouts.get(idOf(page))).spec ?? {};
  expect(waves).toMatchObject([
    { size: { value: 10 } },
    { size: { value: true }, submitGate: { manual: true } },
  ]);
});

it('A draft of a label with overrides is saved, and finished and started by a second operator; the journal names both', async () => {
  const appids = newAppids(3);
  const [first = '', second = '', other = ''] = await authorized(appids);
  await world.sql(`update authorizers set labels = '{餐饮}' where appid = any($1)`, [[first, second]]);
  const page = await tabs.open();
  await page.goto(`/rollouts/new?label=餐饮&template=${template}`);
  await fill(page, '版本号', '4.0.0');
  await fill(page, '名称', '餐饮版');
  await says(page, '现在至多选中 2 个小程序，只含已授权的');
  await page.getByText('排除与单独设置').click();
  const overrides = `${first},"{""ext"":{""city"":""上, 海""}}"\n${second},{"ext":{"table":[1,2]}}`;
  await fill(page, '单独设置', overrides);
  await next(page);
  await page.waitForURL('**/rollouts/*?step=waves');

  const colleague = await tabs.open({ user: await addUser(world, '李四', 'operator') });
  await colleague.goto('/rollouts?state=DRAFT');
  await colleague.getByRole('link', { name: '餐饮版' }).click();
  await says(colleague, '最近修改：operator');
  await colleague.getByText('版本描述、ext_json 与步骤').click();
  await fill(colleague, '版本描述', '终稿');
  await next(colleague);
  await says(colleague, '加一批');
  await next(colleague);
  await colleague.getByRole('button', { name: '开始发布' }).click();
  await showsState(colleague, '已完成');
  for (const who of ['李四 ', 'operator ']) await says(colleague, who);
  const extOf = async (appid: string) =>
    (await commits(appid)).map(({ ext_json, user_desc }) => [JSON.parse(String(ext_json)), user_desc]);
  expect(await extOf(first)).toEqual([[{ extAppid: first, ext: { city: '上, 海' } }, '终稿']]);
  expect(await extOf(second)).toEqual([[{ extAppid: second, ext: { table: [1, 2] } }, '终稿']]);
  expect(await commits(other)).toEqual([]);
});

it('A form neither overwrites nor starts what a colleague changed meanwhile, keeps its input, and names what is refused at its field', async () => {
  const { id } = await rollouts.create(newAppids(2), { name: '两人的草稿' }, false);
  await change(id, 6, '王五');
  const page = await tabs.open();
  await page.goto(`/rollouts/${id}?step=waves`);
  await says(page, '最近修改：王五');
  await change(id, 7, '赵六');
  await page.getByRole('button', { name: '加一批' }).click();
  // Who comes back to the window reads who changed it last, and still has the form of before.
  await eventually(async () => {
    await page.evaluate(`window.dispatchEvent(new Event('visibilitychange'))`);
    return page.getByText('最近修改：赵六').isVisible();
  });
  await page.getByRole('button', { name: '保存草稿' }).click();
  await says(page, '您打开之后，赵六');
  await says(page, 'maxInFlight 7');
  tabs.toleratesNetwork = true;
  await page.getByRole('spinbutton', { name: '个数' }).last().fill('');
  await page.getByRole('button', { name: '保存草稿' }).click();
  await page.locator('main .ant-form-item-explain-error').first().waitFor();
  await page.getByRole('spinbutton', { name: '个数' }).last().fill('1');
  await page.getByRole('button', { name: '保存草稿' }).click();
  await eventually(async () => expect((await rollouts.get(id)).spec?.waves).toHaveLength(1));
  await page.getByRole('button', { name: '丢弃草稿' }).click();
  const typed = page.getByRole('dialog').getByLabel('两人的草稿');
  let sent = 0;
  await page.route('**/api/Rollouts/CancelRollout', async (route) => {
    sent += 1;
    // The key is held: the form is submitted again before the answer.
    if (sent === 1) await typed.press('Enter');
    await route.continue();
  });
  await typed.fill('两人的草稿');
  await typed.press('Enter');
  await page.waitForURL('**/rollouts');
  expect(sent).toBe(1);
  expect((await rollouts.get(id)).state).toBe('ROLLOUT_STATE_CANCELLED');
});

it('A form begins with what a colleague saved last, before it was opened or while it was read', async () => {
  const { id } = await rollouts.create(newAppids(1), { name: '旧的草稿' }, false);
  const page = await tabs.open();
  await page.goto(`/rollouts/${id}/targets`);
  await page.getByRole('link', { name: '旧的草稿' }).waitFor();
  await page.locator('a[href="/rollouts"]').first().click();
  const draft = page.getByRole('row').getByRole('link', { name: '旧的草稿' });
  await draft.waitFor();
  await change(id, 6, '王五');
  await page.route(
    '**/api/Rollouts/ListRolloutChanges',
    async (route) => {
      await change(id, 7, '王五');
      await route.continue();
    },
    { times: 1 },
  );
  await draft.click();
  await says(page, '最近修改：王五');
  await page.getByRole('button', { name: '保存草稿' }).click();
  await eventually(async () => expect((await rollouts.journal(id)).at(-1)?.onBehalfOf).not.toBe('王五'));
  expect((await rollouts.get(id)).spec?.maxInFlight).toBe(7);
});

it('A draft that could not be read again keeps its input when the language changes', async () => {
  tabs.toleratesNetwork = true;
  const { id } = await rollouts.create(newAppids(1), { name: '双语的草稿' }, false);
  const page = await tabs.open();
  await page.goto(`/rollouts/${id}`);
  await fill(page, '名称', '改过的名称');
  let refused = 0;
  await page.route('**/api/Rollouts/GetRollout', async (route) => {
    refused += 1;
    await route.fulfill({ status: 403, json: { code: 'PERMISSION_DENIED' } });
  });
  await eventually(async () => {
    await page.evaluate(`window.dispatchEvent(new Event('visibilitychange'))`);
    return refused > 0;
  });
  await page.waitForLoadState('networkidle');
  await page.getByRole('button', { name: 'English' }).click();
  await page.getByRole('button', { name: 'Save the draft' }).waitFor();
  await page.waitForLoadState('networkidle');
  expect(await page.getByLabel('Name', { exact: true }).inputValue()).toBe('改过的名称');
});

it('A new rollout stays one draft if its overrides are refused and corrected', async () => {
  tabs.toleratesNetwork = true;
  const [appid = ''] = newAppids(1);
  const page = await tabs.open();
  await page.goto(`/rollouts/new?appids=${appid}&template=${template}`);
  await fill(page, '版本号', '5.0.0');
  await fill(page, '名称', '只有一份');
  await page.getByText('排除与单独设置').click();
  await fill(page, '单独设置', `${appid},{"a":"${'x'.repeat(64 * 1024)}"}`);
  await next(page);
  await page.locator('main .ant-alert-error').waitFor();
  await fill(page, '单独设置', `${appid},{"a":1}`);
  await next(page);
  await page.waitForURL('**/rollouts/*?step=waves');
  const drafts = (await rollouts.ask('listRollouts', { appid, pageSize: 10 })).rollouts;
  expect(drafts.map(({ id }) => id)).toEqual([idOf(page)]);
});

it('A draft whose plan cannot be read after an edit shows no older plan, and cannot be started', async () => {
  tabs.toleratesNetwork = true;
  const { id } = await rollouts.create(
    await authorized(newAppids(1)),
    { name: '改动的草稿', templateId: template },
    false,
  );
  const page = await tabs.open();
  await page.goto(`/rollouts/${id}?step=plan`);
  const start = page.getByRole('button', { name: '开始发布' });
  await page.getByText('将要做什么').last().waitFor();
  await eventually(() => start.isEnabled());
  await page.getByText('批次与闸门').first().click();
  await page.route('**/api/Rollouts/GetRolloutPlan', (route) =>
    route.fulfill({ status: 403, json: { code: 'PERMISSION_DENIED' } }),
  );
  await next(page);
  await page.locator('main .ant-alert-error').waitFor();
  expect(await start.isDisabled()).toBe(true);
  await page.unroute('**/api/Rollouts/GetRolloutPlan');
  await page.getByRole('button', { name: /重\s?试/ }).click();
  await eventually(() => start.isEnabled());
});

it('Targets of a draft are removed by filter or ticked, after a dialog that names their number', async () => {
  const [first = '', second = '', third = '', fourth = ''] = newAppids(4);
  const { id } = await rollouts.create([first, second, third, fourth], {}, false);
  const page = await tabs.open();
  await page.goto(`/rollouts/${id}/targets?appid=${second}`);
  await page.getByRole('button', { name: '移除筛选结果…' }).click();
  await says(page, '至多 1 个', 'dialog');
  await confirm(page, '移除');
  await eventually(async () =>
    expect((await rollouts.targets(id)).map(({ appid }) => appid)).toEqual([first, third, fourth]),
  );
  await page.goto(`/rollouts/${id}/targets`);
  for (const appid of [first, fourth])
    await page.getByRole('row').filter({ hasText: appid }).getByRole('checkbox').check();
  await page.getByRole('button', { name: '移除所选 2 个…' }).click();
  await says(page, '至多 2 个', 'dialog');
  await confirm(page, '移除');
  await eventually(async () =>
    expect((await rollouts.targets(id)).map(({ appid }) => appid)).toEqual([third]),
  );
});
