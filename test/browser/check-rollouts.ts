import { credentials } from '@grpc/grpc-js';
import { beforeAll, describe, expect, it } from '@jest/globals';
import {
  type DeepPartial,
  PlatformClient,
  type RolloutSpec,
  RolloutStopRule_Cause,
  StopScope,
} from '@wxa/contracts';
import type { Page } from 'playwright-core';
import { addUser } from '../console/new-user.js';
import { eventually } from '../eventually.js';
import {
  AUDIT_RULES,
  count,
  Journey,
  authorized as letAuthorize,
  openAppid,
  REST,
  rejectedAppid,
  release,
} from '../journeys/journey.js';
import { AUDIT_ITEM } from '../release/audit-item.js';
import { newAppids } from '../rollouts/rollout-steps.js';
import { unary } from '../world.js';
import { confirm, counts, fill, isLive, says, showsState } from './rollout-visits.js';
import { tabs, useTabs, world } from './use-tabs.js';
import { COMPONENT, twoTemplates } from './usual-data.js';
import { clicksOf, pathOf } from './visits.js';

useTabs({ env: { ...COMPONENT, SIM_AUDIT_RULES: JSON.stringify(AUDIT_RULES) } });
const rollouts = new Journey(() => world);
const authorized = (appids: string[]) => letAuthorize(world, ...appids);

/** Two templates in the library; this one is not the one that forms offer. */
let template = 0n;
beforeAll(async () => {
  template = await twoTemplates(world);
});

const create = (appids: string[], given: DeepPartial<RolloutSpec>) =>
  rollouts.create(appids, { templateId: template, ...given });
const idOf = (page: Page) => /\/rollouts\/([0-9a-f-]{36})/.exec(page.url())?.[1] ?? '';
const next = (page: Page) => page.getByRole('button', { name: '下一步' }).click();

/** Stops all changes; the dialog of a rollback says so, and resumes those that undo others. */
async function letUndoThrough(page: Page, open: () => Promise<void>): Promise<void> {
  const platform = new PlatformClient(world.stack.addresses.grpc, credentials.createInsecure());
  const until = new Date(Date.now() + 600_000);
  const stop = {
    scope: StopScope.STOP_SCOPE_ALL_CHANGES,
    api: '',
    until,
    reason: '故障',
    onBehalfOf: '王五',
  };
  await unary(platform, 'stopApis', stop);
  await page.getByText('已停止：').waitFor();
  await open();
  await says(page, '接口“版本回退”已停用至', 'dialog');
  await page.getByRole('dialog').getByRole('button', { name: '放行回退类变更' }).click();
  const confirmation = page.getByRole('dialog', { name: '放行回退类变更' });
  await confirmation.getByLabel('原因').fill('先恢复线上');
  await confirmation.getByRole('button', { name: '放行回退类变更' }).click();
  await page.getByText('回退类变更已放行').waitFor();
  await confirmation.waitFor({ state: 'detached' });
  await confirm(page, '取消');
  const all = { scope: StopScope.STOP_SCOPE_UNSPECIFIED, api: '', onBehalfOf: '', reason: '' };
  await unary(platform, 'liftApiStops', all);
  platform.close();
}

describe('The page of a rollout', () => {
  it('Rejections of a canary pause it; their one group is retried, and after the resume the next gate opens by itself', async () => {
    const rejected = await authorized([rejectedAppid(), rejectedAppid(), rejectedAppid()]);
    const { id } = await create(await authorized([...rejected, ...newAppids(9)]), {
      waves: [count(10), REST],
      stopRules: [{ cause: RolloutStopRule_Cause.CAUSE_AUDIT_REJECTED, percent: 20, minEnded: 5 }],
    });
    const page = await tabs.open();
    await page.goto(`/rollouts/${id}`);
    await showsState(page, '已暂停');
    await says(page, '停止规则触发，已暂停');
    await says(page, '个失败，达到规则“审核未通过 20%”');
    await counts(page, '失败 3');
    await says(page, '类目不符');
    const approve = AUDIT_RULES.filter(({ decision }) => decision === 'approve');
    await world.sim.patchPlatform({ auditRules: approve });
    const retry = await clicksOf(page, async () => {
      await page.getByRole('button', { name: '从提交审核重试' }).click();
      await says(page, '将重试 3 个', 'dialog');
      await says(page, '恢复后才开始重试', 'dialog');
      await confirm(page, '重试', { reason: '类目已改' });
    });
    expect(retry).toBe(2);
    await page.getByRole('button', { name: '恢复…' }).click();
    await says(page, '停止规则重新计数', 'dialog');
    await confirm(page, '恢复', { reason: '模板无误' });
    await showsState(page, '已完成');
    await counts(page, '已完成 12');
    await says(page, '闸门打开 · 第 2 批');
    await says(page, '恢复 · 模板无误');
    await says(page, '重试 · 类目已改 · 已处理 3 / 3');
    await world.sim.patchPlatform({ auditRules: AUDIT_RULES });
  });

  it('A wave that is approved and held goes live once an operator opens its release gate, with a reason in the journal; a viewer only looks', async () => {
    const appids = await authorized(newAppids(3));
    const waves = [count(1), { ...REST, releaseGate: { manual: true } }];
    const { id } = await create(appids, { waves, userVersion: '5.0.0' });
    const page = await tabs.open();
    await page.goto(`/rollouts/${id}`);
    await showsState(page, '等待放行');
    await says(page, '第 2 批发布闸门条件已满足，2 个小程序等待人工放行');
    const live = async () =>
      (await world.sim.apps()).filter((app) => appids.includes(app.appid)).map((app) => app.liveVersion);
    expect(await live()).toEqual(['5.0.0', null, null]);
    const viewer = await tabs.open({ user: await addUser(world, '只看的人', 'viewer') });
    await viewer.goto(`/rollouts/${id}`);
    await showsState(viewer, '等待放行');
    expect(await viewer.locator('main').getByRole('button').allInnerTexts()).toEqual([
      '暂停刷新',
      '全部记录',
    ]);
    const opening = await clicksOf(page, async () => {
      await page.getByRole('button', { name: '立即放行' }).click();
      await says(page, '第 2 批有 2 个小程序', 'dialog');
      await confirm(page, '立即放行', { reason: '产品已验收' });
    });
    expect(opening).toBe(2);
    await showsState(page, '已完成');
    expect(await live()).toEqual(Array(3).fill('5.0.0'));
    await says(page, '闸门打开 · 第 2 批发布闸门 · 产品已验收');
    await showsState(viewer, '已完成');
  });

  it('A rollout is taken back once its name is typed; both rollouts name each other, and what was released by hand is skipped', async () => {
    const [kept = '', byHand = ''] = await authorized(newAppids(2));
    for (const appid of [kept, byHand]) await release(world, appid, '3.1.0');
    const { id } = await create([kept, byHand], { name: '3.2.0', userVersion: '3.2.0' });
    await rollouts.until(id);
    await release(world, byHand, '3.3.0');
    const page = await tabs.open();
    await page.goto(`/rollouts/${id}`);
    const open = () => page.getByRole('button', { name: '批量回退…' }).click();
    await open();
    await says(page, '把 2 个已发布的小程序退回上一版本', 'dialog');
    await confirm(page, '批量回退', { name: '3.1.0' });
    expect(await rollouts.get(id)).toMatchObject({ rolledBackBy: '' });
    await confirm(page, '取消');
    await letUndoThrough(page, open);
    const clicks = await clicksOf(page, async () => {
      await open();
      await confirm(page, '批量回退', { name: '3.2.0', reason: '崩溃' });
    });
    expect(clicks).toBe(2);
    await says(page, '批量回退：3.2.0');
    await showsState(page, '已完成');
    await counts(page, '已完成 1');
    await says(page, '线上版本：现为 3.3.0，应为 3.2.0');
    // Nothing is left to do with it; a copy would release what it took back.
    expect(await page.getByRole('button', { name: '更多操作' }).count()).toBe(0);
    const rollback = pathOf(page);
    await page.getByRole('link', { name: '原批量发布' }).click();
    await page.locator(`main a[href="${rollback}"]`).waitFor();
    const live = (await world.sim.apps()).map(({ appid, liveVersion }) => [appid, liveVersion]);
    expect(Object.fromEntries(live)).toMatchObject({ [kept]: '3.1.0', [byHand]: '3.3.0' });
  });

  it('A rollout is paused and resumed by one click each, and a refused action says so and keeps the dialog', async () => {
    const { id } = await create(newAppids(1), { waves: [{ ...REST, submitGate: { manual: true } }] });
    const page = await tabs.open();
    await page.goto(`/rollouts/${id}`);
    await isLive(page);
    let resumes = 0;
    page.on('request', (request) => {
      if (request.url().endsWith('/ResumeRollout')) resumes += 1;
    });
    let letRead = () => {};
    const isOver = new Promise<void>((resolve) => {
      letRead = resolve;
    });
    await page.route('**/api/Rollouts/GetRollout', (route) => isOver.then(() => route.continue()));
    const pause = await clicksOf(page, () => page.getByRole('button', { name: /暂停$/ }).click());
    await showsState(page, '已暂停');
    // A slow double click does not undo itself.
    await page.getByRole('button', { name: /恢复$/ }).click({ force: true });
    letRead();
    await page.locator('main .ant-btn-loading').waitFor({ state: 'detached' });
    expect(resumes).toBe(0);
    await says(page, '已由人暂停 · operator');
    const resume = await clicksOf(page, () => page.getByRole('button', { name: /恢复$/ }).click());
    await showsState(page, '等待放行');
    expect([pause, resume]).toEqual([1, 1]);
    await page.getByRole('button', { name: '立即放行' }).click();
    await rollouts.ask('cancelRollout', { id });
    tabs.toleratesNetwork = true;
    await confirm(page, '立即放行');
    await says(page, 'ROLLOUT_STATE', 'dialog');
    await confirm(page, '取消');
    await showsState(page, '已取消');
  });

  it('All groups of failures that may succeed are retried by one dialog, which says for which that was accepted', async () => {
    const [open = '', withdrawn = ''] = await authorized([openAppid(), openAppid()]);
    await world.run('Commit', { appid: open, templateId: template, userVersion: '1.0.0' });
    await world.run('SubmitAudit', { appid: open, items: [AUDIT_ITEM] });
    const { id } = await create([open, withdrawn], {});
    await rollouts.untilPlaces(id, 'SUBMIT_AUDIT FAILED', 'AUDIT WAITING AUDIT');
    await world.run('UndoAudit', { appid: withdrawn });
    await rollouts.until(id);
    const page = await tabs.open();
    await page.goto(`/rollouts/${id}`);
    await page.getByRole('button', { name: '重试全部可重试的' }).click();
    await says(page, '重新执行 2 个可能成功的小程序', 'dialog');
    await confirm(page, '重试全部可重试的', { reason: '审核已撤回' });
    await says(page, '2 个已受理：', 'dialog');
    await page.getByRole('dialog').getByRole('button', { name: '关 闭' }).click();
    await says(page, '重试 · 审核已撤回');
    const retries = (await rollouts.journal(id)).filter(({ type }) => type.endsWith('_RETRIED'));
    expect(retries.map(({ reason }) => reason)).toEqual(['审核已撤回', '审核已撤回']);
  });

  it('A copy over the targets that failed has their appids and the same content', async () => {
    const [failed = '', done = ''] = await authorized([rejectedAppid(), ...newAppids(1)]);
    const { id } = await create([failed, done], { name: '原来的', userDesc: '描述' });
    await rollouts.until(id);
    const page = await tabs.open();
    await page.goto(`/rollouts/${id}`);
    await showsState(page, '已完成，1 个失败');
    expect(await page.title()).toMatch(/^已完成，1 个失败 · 原来的 · /);
    const open = async () => {
      const read = page.waitForRequest('**/api/Rollouts/ListRolloutTargets');
      await page.getByRole('button', { name: '更多操作' }).click();
      await page.getByRole('menuitem', { name: '对失败的小程序新建' }).click();
      await says(page, '现在选中 1 个小程序');
      await read;
    };
    await open();
    await page.getByRole('link', { name: '返回' }).click();
    await page.getByRole('link', { name: '原来的' }).click();
    // Others may have failed since.
    await open();
    await fill(page, '版本号', '9.9.9');
    await next(page);
    await page.waitForURL('**/rollouts/*?step=waves');
    const copy = await rollouts.get(idOf(page));
    expect(copy.spec).toMatchObject({ name: '原来的 2', userDesc: '描述', userVersion: '9.9.9' });
    expect((await rollouts.targets(copy.id)).map(({ appid }) => appid)).toEqual([failed]);
  });
});

const SCRIPT = '<script>alert(1)</script>';

it('A rejected target shows its requests, operations and the reason as text, and its filter is retried', async () => {
  const [appid = ''] = await authorized([openAppid()]);
  const decide = (decision: object) =>
    eventually(() => world.sim.decide(appid, decision as { decision: 'approve' }));
  const { id } = await create([appid], { extJson: JSON.stringify({ ext: { hostile: SCRIPT } }) });
  await decide({ decision: 'reject', reason: `1.1 ${SCRIPT}<br>第二行` });
  await rollouts.until(id);
  const page = await tabs.open();
  await page.goto(`/rollouts/${id}/targets?state=FAILED&reason=AUDIT_REJECTED`);
  const why = page.locator(`main a[href^="/rollouts/${id}/targets/${appid}"]`);
  expect(await clicksOf(page, () => why.click())).toBe(1);
  await says(page, `1.1 ${SCRIPT}`);
  await page.getByText('上传代码的请求').click();
  await says(page, `\\"hostile\\":\\"${SCRIPT}\\"`);
  await page.getByRole('link', { name: '提交审核' }).waitFor();
  await page.getByRole('button', { name: '体验版二维码' }).click();
  await page.getByRole('img', { name: '体验版二维码' }).waitFor();
  await page.getByRole('link', { name: '目标小程序' }).click();
  await page.getByRole('button', { name: '重试筛选结果…' }).click();
  await says(page, '将重试 1 个失败或已跳过的小程序', 'dialog');
  await confirm(page, '重试', { reason: '类目已修正' });
  await says(page, '重试 · 类目已修正 · 已处理 1 / 1');
  await decide({ decision: 'approve' });
  await rollouts.until(id);
});
