import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { RolloutStopRule_Cause as Cause } from '@wxa/contracts';
import { newAppid } from '../appid.js';
import { eventually } from '../eventually.js';
import { AUDIT_RULES, count, Journey, openAppid, REST, rejectedAppid, release } from '../journeys/journey.js';
import { newAppids } from '../rollouts/rollout-steps.js';
import { useSharedWorld, world } from '../use-world.js';
import { addUser, newUser } from './new-user.js';
import { ROUTES } from './routes.js';
import { pageWith, useVisitor, visitor } from './use-visitor.js';
import { inputOf, type Page, rowsOf, textOf, Visitor } from './visitor.js';

const APPROVE = { decision: 'approve' as const };
const SCRIPT = '<script>alert(1)</script>';
const HELD = { waves: [{ ...REST, submitGate: { manual: true } }] };

useSharedWorld('console');
useVisitor({ templates: true });
beforeAll(() => world.sim.patchPlatform({ auditRules: [...AUDIT_RULES, APPROVE] }));
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
    const waves = [count(1), { ...REST, releaseGate: { manual: true } }];
    const { id } = await rollouts.create(newAppids(3), { waves });
    const held = await pageWith(`/rollouts/${id}`, (page) =>
      expect(part(page, 'holds')).toMatch(/^第 2 批 发布闸门 .*需要人工放行 · 2 个小程序在等 立即放行$/),
    );
    expect(part(held, 'waves')).toMatch(/第 2 批2.*发布闸门未开/);
    const form = await visitor.follow(held, '立即放行');
    expect(form.text).toContain('第 2 批有 2 个小程序');
    await visitor.submit(form, 'main form', { reason: '<b>看过了</b>' });
    await rollouts.until(id);
    const opened = 'operator 闸门开启: 第 2 批 发布闸门 · “<b>看过了</b>”';
    expect(part(await show(id), 'changes')).toContain(opened);
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
    expect(refused).toMatchObject({ status: 400, text: expect.stringContaining('输入的名称不一致') });
    expect(refused.html.querySelector('textarea')?.textContent).toBe('崩溃');
    expect(inputOf(refused, '[name=typed_name]')).toBe('春季版');
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

  it('A rollout is paused without a question, and cancelled after its name was typed; a viewer sees it without actions', async () => {
    const { id, spec } = await rollouts.create(newAppids(2), HELD);
    const viewer = await newUser(world, 'viewer of a rollout', 'viewer');
    const seen = await viewer.get(`/rollouts/${id}`);
    expect([part(seen, 'bar'), part(seen, 'actions')]).toEqual([expect.stringContaining('运行中'), '']);
    expect(seen.text).not.toContain('立即放行');
    const paused = await visitor.submit(await show(id), '#pause');
    expect(part(paused, 'bar')).toContain('已暂停');
    expect(part(paused, 'holds')).toBe('已暂停: 由人暂停 operator');
    const form = await visitor.follow(paused, '取消…');
    expect(form.text).toMatch(/2 个小程序不再继续/);
    expect((await visitor.submit(form, 'main form')).status).toBe(400);
    await visitor.submit(form, 'main form', { typed_name: spec?.name ?? '' });
    await rollouts.until(id, 'CANCELLED');
    const again = await visitor.submit(paused, '#pause');
    expect(again).toMatchObject({ status: 409, text: expect.stringContaining('ROLLOUT_STATE') });
    expect(again.text).toContain('已取消');
  });

  it('The list has a bar for each rollout and is filtered by state and mini-program', async () => {
    const appid = newAppid();
    await rollouts.create([appid], { name: SCRIPT }, false);
    const all = await visitor.get('/rollouts');
    expect(rowsOf(all).length).toBeGreaterThan(1);
    expect(all.html.querySelectorAll('tbody svg')).toHaveLength(rowsOf(all).length);
    const one = await visitor.submit(all, 'main form', { state: 'DRAFT', appid });
    expect(one.path).toBe(`/rollouts?state=DRAFT&appid=${appid}`);
    expect(rowsOf(one)).toEqual([expect.stringMatching(/^<script>alert\(1\)<\/script>草稿/)]);
    expect((await visitor.submit(one, 'main form', { state: 'RUNNING' })).text).toContain('没有符合条件');
    const wrong = await visitor.submit(one, 'main form', { appid: 'x' });
    expect(wrong).toMatchObject({ status: 400, text: expect.stringContaining('appid') });
    expect(all.html.querySelector('a[href="/rollouts/new"]')?.text).toContain('新建批量发布');
  });
});

describe('The targets of a rollout', () => {
  it('The list of targets pages by key, and the filters are kept in its URL', async () => {
    const appids = newAppids(60);
    const { id } = await rollouts.create(appids, { waves: [count(55), REST] }, false);
    await rollouts.call('getRolloutPlan', { id });
    const list = await visitor.get(`/rollouts/${id}/targets`);
    const filtered = await visitor.submit(list, 'form.filters', { wave: '1', state: 'PENDING' });
    expect(rowsOf(filtered)).toHaveLength(50);
    const next = await visitor.follow(filtered, '下一页');
    expect(next.html.querySelectorAll('tbody td:first-child').map(textOf)).toEqual(appids.slice(50, 55));
    expect(next.path).toMatch(/state=PENDING.*wave=1.*page=/);
    const target = await visitor.follow(next, appids[52] ?? '');
    const back = await visitor.follow(target, '目标');
    expect(back.text).toEqual(next.text);
    expect((await visitor.follow(back, '上一页')).text).toContain(appids[0]);
  });

  it('Targets of a draft are removed by filter, after a page that names their number; a filter that is refused keeps its input', async () => {
    const [first = '', second = '', third = ''] = newAppids(3);
    const { id } = await rollouts.create([first, second, third], {}, false);
    const refused = await visitor.get(`/rollouts/${id}/targets?appid=wx%3Cb%3E`);
    expect(refused).toMatchObject({ status: 400, text: expect.stringContaining('filter.appids[0]') });
    expect(inputOf(refused, 'input[name=appid]')).toBe('wx<b>');
    const list = await visitor.submit(refused, 'form.filters', { appid: second });
    const confirmation = await visitor.follow(list, '移除筛选结果…');
    expect(confirmation.text).toContain('移除');
    await visitor.submit(confirmation, 'main form');
    expect((await rollouts.targets(id)).map(({ appid }) => appid)).toEqual([first, third]);
  });

  it('A rejected target shows its requests, operations and the reason as text, and its filter is retried', async () => {
    const appid = openAppid();
    const decide = (decision: object) =>
      eventually(() => world.sim.decide(appid, decision as typeof APPROVE));
    const { id } = await rollouts.create([appid], { extJson: JSON.stringify({ ext: { hostile: SCRIPT } }) });
    await decide({ decision: 'reject', reason: `1.1 ${SCRIPT}<br>第二行` });
    await rollouts.until(id);
    const path = `/rollouts/${id}/targets?state=FAILED&reason=AUDIT_REJECTED`;
    const ofViewer = await (await newUser(world, 'viewer of targets', 'viewer')).get(path);
    expect(ofViewer.text).toContain('AUDIT_REJECTED');
    expect(ofViewer.html.querySelectorAll('a[href*="/retry"], a[href*="/skip"]')).toHaveLength(0);
    const page = await visitor.follow(await visitor.get(path), appid);
    expect(page.html.querySelectorAll('main script')).toHaveLength(0);
    expect(page.text).toContain(`1.1 ${SCRIPT} 第二行`);
    expect(page.html.querySelector('.banner br')).not.toBeNull();
    expect(page.html.querySelectorAll('details pre').map(textOf).join()).toContain(SCRIPT);
    const operations = page.html.querySelectorAll('a[href^="/operations/"]').map(textOf);
    expect(operations).toEqual(expect.arrayContaining(['Commit', 'SubmitAudit']));
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
    expect(retried).toMatchObject({ path: again.path, text: expect.stringContaining('类目已修正') });
    await decide(APPROVE);
    await rollouts.until(id);
    expect((await visitor.get(retried.path)).text).toMatch(/operator 重试 · “类目已修正” · 已处理 1 \/ 1/);
  }, 60_000);
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
    const others = ['/logout', '/language', '/login/oidc'];
    expect(pathsOf('POST').filter((path) => !pages.includes(path))).toEqual(others);
  });

  it('A part of a page that htmx requests leads the whole page to the login', async () => {
    const headers = { 'hx-request': 'true' };
    const answer = await new Visitor(world.stack.console?.url ?? '', headers).get('/templates?wechat=1');
    const login = '/login?to=%2Ftemplates%3Fwechat%3D1';
    expect([answer.status, answer.headers.get('hx-redirect')]).toEqual([401, login]);
  });
});
