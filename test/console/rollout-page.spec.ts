import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { RolloutStopRule_Cause as Cause } from '@wxa/contracts';
import { eventually } from '../eventually.js';
import { AUDIT_RULES, count, Journey, REST, rejectedAppid, release } from '../journeys/journey.js';
import { newAppids } from '../rollouts/rollout-steps.js';
import { useSharedWorld, world } from '../use-world.js';
import { addTemplate } from './add-template.js';
import { addUser, newUser } from './new-user.js';
import { ROUTES } from './routes.js';
import { type Page, textOf, Visitor } from './visitor.js';

const APPROVE = { decision: 'approve' as const };

useSharedWorld('console');
let visitor: Visitor;
beforeAll(async () => {
  await world.sim.patchPlatform({ auditRules: [...AUDIT_RULES, APPROVE] });
  visitor = await Visitor.of(world.stack);
  await addTemplate(world);
}, 60_000);
afterAll(() => world.sim.patchPlatform({ auditRules: [] }));

const rollouts = new Journey(() => world);
const show = (id: string) => visitor.get(`/rollouts/${id}`);
/** The text of a part of the page that is live. */
const part = (page: Page, name: string) => {
  const found = page.html.querySelector(`[sse-swap=${name}]`);
  if (found === null) throw new Error(`no ${name} on ${page.path}: ${page.text}`);
  return textOf(found);
};
const links = (page: Page, name: string) => page.html.querySelectorAll(`[sse-swap=${name}] a`).map(textOf);

describe('The page of a rollout', () => {
  it('A canary whose audits are rejected pauses; its one group is retried, and after the resume the gates open by themselves', async () => {
    const canaries = Array.from({ length: 3 }, rejectedAppid);
    const { id } = await rollouts.create([...newAppids(2), ...canaries, ...newAppids(2)], {
      waves: [count(5), REST],
      stopRules: [{ cause: Cause.CAUSE_AUDIT_REJECTED, percent: 20, minEnded: 5 }],
    });
    await rollouts.until(id, 'PAUSED');
    const paused = await show(id);
    expect(part(paused, 'holds')).toMatch(
      /已暂停: 停止规则触发 审核：5 个已结束，其中 3 个失败，达到规则“审核未通过 20 %”/,
    );
    expect(part(paused, 'failures')).toMatch(/^3 失败 · 审核 · AUDIT_REJECTED · “类目不符”/);
    expect(paused.html.querySelectorAll('[sse-swap=failures] li')).toHaveLength(1);
    expect(part(paused, 'bar')).toMatch(/已暂停.*失败 3/);

    await world.sim.patchPlatform({
      auditRules: [...AUDIT_RULES.filter(({ decision }) => decision !== 'reject'), APPROVE],
    });
    const retry = await visitor.follow(paused, '从提审重试');
    expect(retry.text).toContain('3 个');
    await visitor.submit(retry, 'main form', { reason: '类目已改' });
    const resume = await visitor.follow(await show(id), '恢复…');
    expect(resume.text).toContain('停止规则重新计数');
    const resumed = await visitor.submit(resume, 'main form', { reason: '模板无误' });
    expect(resumed.path).toBe(`/rollouts/${id}`);
    await rollouts.until(id);
    const done = await show(id);
    expect(part(done, 'bar')).toMatch(/已完成.*成功 7.*失败 0/);
    expect(part(done, 'changes')).toMatch(/恢复 · “模板无误”.*重试 · “类目已改” · 已处理 3 \/ 3/);
    expect(part(done, 'waves')).toMatch(/第 1 批5.*完成/);
    expect(done.html.querySelector('[sse-connect]')).toBeNull();
  }, 60_000);

  it('A gate of releases is opened by hand, and the journal has the name and the reason', async () => {
    const { id } = await rollouts.create(newAppids(3), {
      waves: [count(1), { ...REST, releaseGate: { manual: true } }],
    });
    await rollouts.untilPlaces(id, 'VERIFY SUCCEEDED', 'RELEASE PENDING', 'RELEASE PENDING');
    const held = await eventually(async () => {
      const page = await show(id);
      return links(page, 'holds').length > 0 && page;
    });
    expect(part(held, 'holds')).toMatch(/^第 2 批 发布闸门 .*需要人工放行 · 2 个小程序在等 立即放行$/);
    expect(part(held, 'waves')).toMatch(/第 2 批2.*发布闸门未开/);
    const form = await visitor.follow(held, '立即放行');
    expect(form.text).toContain('第 2 批有 2 个小程序');
    await visitor.submit(form, 'main form', { reason: '<b>看过了</b>' });
    await rollouts.until(id);
    expect(part(await show(id), 'changes')).toContain(
      'operator 闸门开启: 第 2 批 发布闸门 · “<b>看过了</b>”',
    );
  }, 60_000);

  it('A rollback needs the typed name, is linked in both directions, and skips what was released by hand', async () => {
    const [kept = '', byHand = ''] = newAppids(2);
    for (const appid of [kept, byHand]) await release(world, appid, 'before');
    const name = '春季版 <3.2>';
    const { id } = await rollouts.create([kept, byHand], { name });
    await rollouts.until(id);
    await release(world, byHand, 'by hand');
    const form = await visitor.follow(await show(id), '回滚…');
    expect(form.text).toContain('2 个');
    const refused = await visitor.submit(form, 'main form', { typed_name: '春季版', reason: '崩溃' });
    expect(refused.status).toBe(400);
    expect(refused.text).toContain('输入的名称不一致');
    expect(refused.html.querySelector('textarea')?.textContent).toBe('崩溃');
    expect(refused.html.querySelector('[name=typed_name]')?.getAttribute('value')).toBe('春季版');
    const second = await visitor.submit(refused, 'main form', { typed_name: name });
    expect(second.path).not.toBe(`/rollouts/${id}`);
    expect((await visitor.submit(refused, 'main form', { typed_name: name })).path).toBe(second.path);
    await rollouts.until(second.path.split('/').at(-1) ?? '');
    const rollback = await visitor.get(second.path);
    expect(part(rollback, 'bar')).toMatch(/成功 1.*跳过 1/);
    expect(part(rollback, 'failures')).toMatch(/^1 跳过 · 回滚 · .*the live version is "by hand"/);
    const first = await visitor.follow(rollback, '原批量发布');
    expect(first.path).toBe(`/rollouts/${id}`);
    expect((await visitor.follow(first, '回滚')).path).toBe(second.path);
    expect(links(first, 'actions')).toEqual([]);
  }, 60_000);

  it('A rollout is paused without a question, and cancelled after its name was typed', async () => {
    const { id, spec } = await rollouts.create(newAppids(2), {
      waves: [{ ...REST, submitGate: { manual: true } }],
    });
    const paused = await visitor.submit(await show(id), '#pause');
    expect(part(paused, 'bar')).toContain('已暂停');
    expect(part(paused, 'holds')).toBe('已暂停: 由人暂停 operator');
    const form = await visitor.follow(paused, '取消…');
    expect(form.text).toMatch(/2 个小程序不再继续/);
    expect((await visitor.submit(form, 'main form')).status).toBe(400);
    await visitor.submit(form, 'main form', { typed_name: spec?.name ?? '' });
    await rollouts.until(id, 'CANCELLED');
    const again = await visitor.submit(paused, '#pause');
    expect(again.status).toBe(409);
    expect(again.text).toContain('ROLLOUT_STATE');
    expect(again.text).toContain('已取消');
  });

  it('A viewer sees everything and no action', async () => {
    const { id } = await rollouts.create(newAppids(1), {
      waves: [{ ...REST, submitGate: { manual: true } }],
    });
    const viewer = await newUser(world, 'viewer of a rollout', 'viewer');
    const page = await viewer.get(`/rollouts/${id}`);
    expect(part(page, 'bar')).toContain('运行中');
    expect(part(page, 'actions')).toBe('');
    expect(page.text).not.toContain('立即放行');
    const form = await viewer.get(`/rollouts/${id}/resume`);
    expect((await viewer.submit(form, 'main form')).status).toBe(403);
  });

  it('The list has a bar for each rollout and is filtered by state and mini-program', async () => {
    const [appid = ''] = newAppids(1);
    const name = '<script>alert(1)</script>';
    await rollouts.create([appid], { name }, false);
    const all = await visitor.get('/rollouts');
    expect(all.html.querySelectorAll('tbody tr').length).toBeGreaterThan(1);
    expect(all.html.querySelectorAll('tbody svg').length).toBe(all.html.querySelectorAll('tbody tr').length);
    const one = await visitor.submit(all, 'main form', { state: 'DRAFT', appid });
    expect(one.path).toBe(`/rollouts?state=DRAFT&appid=${appid}`);
    expect(one.html.querySelectorAll('tbody tr').map((row) => textOf(row))).toEqual([
      expect.stringMatching(/^<script>alert\(1\)<\/script>草稿/),
    ]);
    expect((await visitor.submit(one, 'main form', { state: 'RUNNING' })).text).toContain('没有符合条件');
    const wrong = await visitor.submit(one, 'main form', { appid: 'x' });
    expect(wrong.status).toBe(400);
    expect(wrong.text).toContain('appid');
    expect((await visitor.follow(all, '新建批量发布')).path).toBe('/rollouts/new');
  });
});

describe('a session that has ended', () => {
  it('A form leads back to its page after the login, which says that it was not done', async () => {
    const { id } = await rollouts.create(newAppids(1), {}, false);
    const user = await addUser(world, 'tired', 'operator');
    const tired = await Visitor.of(world.stack, user);
    for (const path of [`/rollouts/${id}/draft`, `/rollouts/${id}/cancel`, '/templates/delete?template=7']) {
      const form = await tired.get(path);
      tired.setCookie('wxa_session', 'ended');
      const sent = await tired.submit(form, 'main form');
      expect(sent.text).toContain('会话已结束');
      const page = await tired.submit(sent, 'form[action="/login"]', { ...user });
      expect([page.status, page.path]).toEqual([200, path]);
    }
    expect((await rollouts.get(id)).state).toBe('ROLLOUT_STATE_DRAFT');
  });

  it('Every form is sent to the address of a page, where a browser can be led back to', () => {
    const pathsOf = (of: string) => ROUTES.filter(({ method }) => method === of).map(({ path }) => path);
    const pages = pathsOf('GET');
    expect(pathsOf('POST').filter((path) => !pages.includes(path))).toEqual([
      '/logout',
      '/language',
      '/login/oidc',
    ]);
  });

  it('A part of a page that htmx requests leads the whole page to the login', async () => {
    const headers = { 'hx-request': 'true' };
    const answer = await new Visitor(world.stack.console?.url ?? '', headers).get('/templates?wechat=1');
    expect([answer.status, answer.headers.get('hx-redirect')]).toEqual([
      401,
      '/login?to=%2Ftemplates%3Fwechat%3D1',
    ]);
  });
});
