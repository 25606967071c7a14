import { beforeAll, expect, it } from '@jest/globals';
import type { HTMLElement } from 'node-html-parser';
import { newAppid } from '../appid.js';
import { eventually } from '../eventually.js';
import { RolloutSteps } from '../rollouts/rollout-steps.js';
import { useSharedWorld, world } from '../use-world.js';
import { addTemplate } from './add-template.js';
import { newUser } from './new-user.js';
import { textOf, Visitor } from './visitor.js';

useSharedWorld('console');
let visitor: Visitor;
beforeAll(async () => {
  visitor = await Visitor.of(world.stack);
  await addTemplate(world);
}, 60_000);

const rollouts = new RolloutSteps(() => world);
const SCRIPT = '<script>alert(1)</script>';

/** A rollout with a mini-program whose audit is rejected with this reason. */
async function withRejection(reason: string): Promise<{ id: string; appid: string }> {
  const appid = newAppid();
  const extJson = JSON.stringify({ ext: { hostile: SCRIPT } });
  const { id } = await rollouts.create([appid], { extJson });
  await eventually(() =>
    world.sim.decide(appid, { decision: 'reject', reason }).then(
      () => true,
      () => false,
    ),
  );
  await rollouts.until(id);
  return { id, appid };
}

it('The list of targets pages by key, and the filters are kept in its URL', async () => {
  const appids = Array.from({ length: 60 }, newAppid);
  const waves = [
    { size: { $case: 'count' as const, value: 55 } },
    { size: { $case: 'rest' as const, value: true } },
  ];
  const { id } = await rollouts.create(appids, { waves }, false);
  await rollouts.call('getRolloutPlan', { id });
  const list = await visitor.get(`/rollouts/${id}/targets`);
  const filtered = await visitor.submit(list, 'form.filters', { wave: '1', state: 'PENDING' });
  expect(filtered.html.querySelectorAll('tbody tr')).toHaveLength(50);
  const next = await visitor.follow(filtered, '下一页');
  expect(
    next.html.querySelectorAll('tbody tr').map((row) => textOf(row.querySelector('td') as HTMLElement)),
  ).toEqual(appids.slice(50, 55));
  expect(next.path).toMatch(/state=PENDING.*wave=1.*page=/);
  const target = await visitor.follow(next, appids[52] ?? '');
  const back = await visitor.follow(target, '目标');
  expect(back.text).toEqual(next.text);
  expect((await visitor.follow(back, '上一页')).text).toContain(appids[0]);
});

it('A filter that the gateway refuses is shown with its input and the reason', async () => {
  const { id } = await rollouts.create([newAppid()], {}, false);
  const page = await visitor.get(`/rollouts/${id}/targets?appid=wx%3Cb%3E`);
  expect(page.status).toBe(400);
  expect(page.text).toContain('filter.appids[0]');
  expect(page.html.querySelector('input[name=appid]')?.getAttribute('value')).toBe('wx<b>');
});

it('A rejected target shows its requests, operations and the reason as text, and its filter is retried', async () => {
  const { id, appid } = await withRejection(`1.1 ${SCRIPT}<br>第二行`);
  const list = await visitor.get(`/rollouts/${id}/targets?state=FAILED&reason=AUDIT_REJECTED`);
  const page = await visitor.follow(list, appid);
  expect(page.html.querySelectorAll('main script')).toHaveLength(0);
  expect(page.text).toContain(`1.1 ${SCRIPT} 第二行`);
  expect(page.html.querySelector('.banner br')).not.toBeNull();
  expect(page.html.querySelectorAll('details pre').map(textOf).join()).toContain(SCRIPT);
  expect(page.html.querySelectorAll('a[href^="/operations/"]').map(textOf)).toEqual(
    expect.arrayContaining(['Commit', 'SubmitAudit']),
  );
  await world.sim.addFault({ appid, api: 'wxa/get_qrcode', kind: 'errcode', errcode: 48001 });
  expect((await visitor.follow(page, '向微信查询并显示')).text).toContain('没有得到微信的回答');
  const withQr = await visitor.follow(page, '向微信查询并显示');
  const source = withQr.html.querySelector('main img')?.getAttribute('src');
  expect(source?.slice(0, 35)).toMatch(/^data:image\/jpeg;base64,\/9j/);

  const again = await visitor.follow(withQr, '目标');
  const confirmation = await visitor.follow(again, '重试筛选结果…');
  expect(confirmation.text).toContain('将重试 1 个失败或已跳过的小程序');
  const steps = confirmation.html.querySelectorAll('[name=from_step] option').map(textOf);
  expect(steps.slice(1)).toEqual(['提交', '检查', '提审', '审核', '发布', '核验']);
  const retried = await visitor.submit(confirmation, 'main form', { reason: '类目已修正' });
  expect(retried.path).toBe(again.path);
  expect(retried.text).toContain('类目已修正');
  await eventually(() =>
    world.sim.decide(appid, { decision: 'approve' }).then(
      () => true,
      () => false,
    ),
  );
  await rollouts.until(id);
  expect((await visitor.get(retried.path)).text).toMatch(/operator 重试 · “类目已修正” · 已处理 1 \/ 1/);
}, 60_000);

it('Targets of a draft are removed by filter, after a page that names their number', async () => {
  const appids = Array.from({ length: 3 }, newAppid);
  const { id } = await rollouts.create(appids, {}, false);
  const list = await visitor.get(`/rollouts/${id}/targets?appid=${appids[1]}`);
  const confirmation = await visitor.follow(list, '移除筛选结果…');
  expect(confirmation.text).toContain('移除');
  await visitor.submit(confirmation, 'main form');
  expect((await rollouts.targets(id)).map(({ appid }) => appid)).toEqual([appids[0], appids[2]]);
});

it('A viewer sees targets without actions, and the server refuses a retry', async () => {
  const { id } = await withRejection('1.1');
  const viewer = await newUser(world, 'viewer of targets', 'viewer');
  const list = await viewer.get(`/rollouts/${id}/targets?state=FAILED`);
  expect(list.text).toContain('AUDIT_REJECTED');
  expect(list.html.querySelectorAll('a[href*="/retry"], a[href*="/skip"]')).toHaveLength(0);
  const form = await viewer.get(`/rollouts/${id}/targets/retry?state=FAILED`);
  expect((await viewer.submit(form, 'main form')).status).toBe(403);
}, 60_000);
