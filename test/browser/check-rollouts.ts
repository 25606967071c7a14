import { beforeAll, expect, it } from '@jest/globals';
import {
  type DeepPartial,
  type ListTemplatesResponse,
  type RolloutSpec,
  RolloutStopRule_Cause,
} from '@wxa/contracts';
import type { Page } from 'playwright-core';
import { addUser } from '../console/new-user.js';
import { eventually } from '../eventually.js';
import {
  AUDIT_RULES,
  count,
  Journey,
  authorized as letAuthorize,
  REST,
  rejectedAppid,
  release,
} from '../journeys/journey.js';
import { newAppids } from '../rollouts/rollout-steps.js';
import { tabs, useTabs, world } from './use-tabs.js';
import { COMPONENT } from './usual-data.js';
import { counts, isLive, part, pathOf, says, showsState, submit, textOf, watch } from './visits.js';

useTabs({ env: { ...COMPONENT, SIM_AUDIT_RULES: JSON.stringify(AUDIT_RULES) } });
const rollouts = new Journey(() => world);
const authorized = (appids: string[]) => letAuthorize(world, ...appids);

/** Two templates in the library; the first one is not the one that forms offer. */
let template = 0n;
beforeAll(async () => {
  // Until the first ticket has come, there is no token.
  for (const draftId of [1n, 2n])
    await eventually(async () => {
      const { state } = await world.run('AddTemplate', { draftId, templateType: 0 });
      return state === 'OPERATION_STATE_SUCCEEDED';
    });
  const { templates } = (await world.call('ListTemplates', {})) as ListTemplatesResponse;
  template = templates.map(({ templateId }) => templateId).toSorted()[0] ?? 0n;
}, 60_000);

const create = (appids: string[], given: DeepPartial<RolloutSpec>) =>
  rollouts.create(appids, { templateId: template, ...given });
const idOf = (page: Page) => /\/rollouts\/([0-9a-f-]{36})/.exec(page.url())?.[1] ?? '';
const next = (page: Page) => page.getByRole('button', { name: '下一步' }).click();

/** The bodies of the Commits of a mini-program, as WeChat got them. */
async function commits(appid: string): Promise<Record<string, unknown>[]> {
  return (await world.sim.calls({ appid, api: 'wxa/commit' })).map(({ body }) => JSON.parse(body));
}

it('A first rollout of 25 pasted appids is put together, previewed, started and watched to its end without a reload', async () => {
  tabs.toleratesNetwork = true;
  const appids = newAppids(25);
  const [sample = '', second] = appids;
  const unauthorized = appids.at(-1) ?? '';
  await authorized(appids.slice(0, -1));
  const page = await tabs.open();
  await page.goto('/rollouts');
  await page.getByRole('link', { name: '新建批量发布' }).click();
  await page.fill('[name=name]', '春季版 3.2.0');
  await page.selectOption('[name=templateId]', String(template));
  await page.fill('[name=userVersion]', '3.2.0');
  const pasted = `${appids.slice(0, 12).join(', ')}\n${appids.slice(12).join('；')}\n${second} wxABC`;
  await page.fill('[name=appids]', pasted);
  await next(page);
  const leftOut = page.getByRole('alert');
  await leftOut.waitFor();
  expect(await leftOut.getByRole('listitem').allInnerTexts()).toEqual([
    '第 3 行： wxABC',
    `第 3 行： ${second}`,
  ]);
  expect(await page.inputValue('[name=appids]')).toBe(pasted);
  await leftOut.getByRole('checkbox').check();
  await next(page);
  await page.waitForURL('**/draft/content');
  await page.fill('[name=extJson]', '{"ext":{"city":"上海"}}');
  await next(page);
  await page.waitForURL('**/draft/waves');
  await page.fill('[name="waves[0].count"]', '5');
  await next(page);

  const id = idOf(page);
  await page.waitForURL(`**/rollouts/${id}/draft`);
  await says(page, '目标 25 · 第 1 批 5 · 第 2 批 20');
  const finding = page.getByRole('row', { name: 'NOT_AUTHORIZED' });
  expect(await textOf(finding)).toContain(`! 未授权 NOT_AUTHORIZED1${unauthorized}`);
  const request = page.locator('section', { hasText: sample }).locator('details', { hasText: 'commit' });
  await request.locator('summary').click();
  const previewed = JSON.parse(await textOf(request.locator('pre')));
  await page.fill('[name=reason]', '春季版上线');
  await page.getByRole('button', { name: '开始' }).click();
  await page.waitForURL(`**/rollouts/${id}`);
  const isUndisturbed = await watch(page, `/rollouts/${id}`);
  await isLive(page);
  await showsState(page, '已完成');
  await isLive(page, 'ended');
  await counts(page, '成功 24');
  await counts(page, '跳过 1');
  expect(await textOf(part(page, 'changes'))).toMatch(/operator 开始 · “春季版上线”/);
  await isUndisturbed();
  expect(await commits(sample)).toEqual([
    expect.objectContaining({
      template_id: Number(template),
      user_version: '3.2.0',
      ext_json: previewed.extJson,
    }),
  ]);
  expect(JSON.parse(previewed.extJson)).toEqual({ extAppid: sample, ext: { city: '上海' } });
});

it('A draft of a label with overrides is saved, and finished and started by a second operator; the journal names both', async () => {
  const appids = newAppids(3);
  const [first = '', second = '', other = ''] = await authorized(appids);
  await world.sql(`update authorizers set labels = '{餐饮}' where appid = any($1)`, [[first, second]]);
  const page = await tabs.open();
  await page.goto('/rollouts/new');
  await page.fill('[name=name]', '餐饮版');
  await page.fill('[name=userVersion]', '4.0.0');
  await page.getByLabel('带有标签的已授权小程序').check();
  await page.fill('[name=labels]', '餐饮');
  await page.fill(
    '[name=overrides]',
    `${first},"{""ext"":{""city"":""上, 海""}}"\n${second},{"ext":{"table":[1,2]}}`,
  );
  await next(page);
  await page.waitForURL('**/draft/content');
  await page.fill('[name=userDesc]', '初稿');
  await page.getByRole('button', { name: '保存草稿' }).click();
  await says(page, '最近修改：operator');

  const colleague = await tabs.open({ user: await addUser(world, '李四', 'operator') });
  await colleague.goto('/rollouts?state=DRAFT');
  await colleague.getByRole('link', { name: '餐饮版' }).click();
  await colleague.getByRole('link', { name: '编辑草稿' }).click();
  await colleague.getByRole('link', { name: '② 内容' }).click();
  expect(await colleague.inputValue('[name=userDesc]')).toBe('初稿');
  await colleague.fill('[name=userDesc]', '终稿');
  await next(colleague);
  await colleague.waitForURL('**/draft/waves');
  await next(colleague);
  await says(colleague, '目标 2');
  await colleague.getByRole('button', { name: '开始' }).click();
  await showsState(colleague, '已完成');
  expect(await textOf(part(colleague, 'changes'))).toMatch(
    /李四 开始.*李四 修改.*operator 修改.*operator 创建/s,
  );
  const extOf = async (appid: string) =>
    (await commits(appid)).map(({ ext_json, user_desc }) => [JSON.parse(String(ext_json)), user_desc]);
  expect(await extOf(first)).toEqual([[{ extAppid: first, ext: { city: '上, 海' } }, '终稿']]);
  expect(await extOf(second)).toEqual([[{ extAppid: second, ext: { table: [1, 2] } }, '终稿']]);
  expect(await commits(other)).toEqual([]);
});

it('Rejections of a canary pause it; their one group is retried, and after the resume the next gate opens by itself', async () => {
  const rejected = await authorized([rejectedAppid(), rejectedAppid(), rejectedAppid()]);
  const { id } = await create(await authorized([...rejected, ...newAppids(9)]), {
    waves: [count(10), REST],
    stopRules: [{ cause: RolloutStopRule_Cause.CAUSE_AUDIT_REJECTED, percent: 20, minEnded: 5 }],
  });
  const page = await tabs.open();
  await page.goto(`/rollouts/${id}`);
  await part(page, 'holds').getByText('停止规则触发').waitFor();
  const groups = part(page, 'failures').getByRole('listitem');
  await groups.first().waitFor();
  expect(await groups.allInnerTexts()).toEqual([
    expect.stringMatching(/^3 失败 · 审核 · AUDIT_REJECTED · “类目不符/),
  ]);
  expect((await textOf(part(page, 'failures'))).match(/类目不符/g)).toHaveLength(1);

  const approve = AUDIT_RULES.filter(({ decision }) => decision === 'approve');
  await world.sim.patchPlatform({ auditRules: approve });
  await groups.getByRole('link', { name: '从提审重试' }).click();
  await says(page, '将重试 3 个');
  await submit(page, { reason: '类目已改' });
  await page.waitForURL('**/targets?*');
  await page.goto(`/rollouts/${id}`);
  await page.getByRole('link', { name: '恢复…' }).click();
  await submit(page, { reason: '模板无误' });
  await page.waitForURL(`**/rollouts/${id}`);
  await showsState(page, '已完成');
  await counts(page, '成功 12');
  // The journal is shown up to a second later than the progress.
  await eventually(async () => {
    const journal = await textOf(part(page, 'changes'));
    expect(journal).toMatch(/系统 闸门开启: 第 2 批/);
    expect(journal).toMatch(/operator 恢复 · “模板无误”.*operator 重试 · “类目已改” · 已处理 3 \/ 3/s);
  });
});

it('A wave that is approved and held goes live once an operator opens its release gate, with a reason in the journal', async () => {
  const appids = await authorized(newAppids(3));
  const waves = [count(1), { ...REST, releaseGate: { manual: true } }];
  const { id } = await create(appids, { waves, userVersion: '5.0.0' });
  const page = await tabs.open();
  await page.goto(`/rollouts/${id}`);
  await part(page, 'holds')
    .getByText(/需要人工放行 · 2 个小程序在等/)
    .waitFor();
  const live = async () =>
    (await world.sim.apps()).filter((app) => appids.includes(app.appid)).map((app) => app.liveVersion);
  expect(await live()).toEqual(['5.0.0', null, null]);
  await part(page, 'holds').getByRole('link', { name: '立即放行' }).click();
  await submit(page, { reason: '产品已验收' });
  await page.waitForURL(`**/rollouts/${id}`);
  await showsState(page, '已完成');
  expect(await live()).toEqual(Array(3).fill('5.0.0'));
  expect(await textOf(part(page, 'changes'))).toMatch(/operator 闸门开启: 第 2 批 发布闸门 · “产品已验收”/);
});

it('A rollout is taken back once its name is typed; both rollouts name each other, and what was released by hand is skipped', async () => {
  tabs.toleratesNetwork = true;
  const [kept = '', byHand = ''] = await authorized(newAppids(2));
  for (const appid of [kept, byHand]) await release(world, appid, '3.1.0');
  const { id } = await create([kept, byHand], { name: '3.2.0', userVersion: '3.2.0' });
  await rollouts.until(id);
  await release(world, byHand, '3.3.0');
  const page = await tabs.open();
  await page.goto(`/rollouts/${id}`);
  await page.getByRole('link', { name: '回滚…' }).click();
  await submit(page, { typed_name: '3.1.0' });
  await page.getByRole('alert').getByText('输入的名称不一致').waitFor();
  expect(await rollouts.get(id)).toMatchObject({ rolledBackBy: '' });
  await submit(page, { typed_name: '3.2.0' });
  const first = page.getByRole('link', { name: '原批量发布' });
  await first.waitFor();
  const rollback = pathOf(page);
  expect(rollback).not.toBe(`/rollouts/${id}`);
  await showsState(page, '已完成');
  await counts(page, '成功 1');
  await part(page, 'failures').getByText('the live version is "3.3.0"').waitFor();
  await first.click();
  await page.locator(`main a[href="${rollback}"]`).waitFor();
  const live = (await world.sim.apps()).map(({ appid, liveVersion }) => [appid, liveVersion]);
  expect(Object.fromEntries(live)).toMatchObject({ [kept]: '3.1.0', [byHand]: '3.3.0' });
});
