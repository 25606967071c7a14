import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Operation } from '@wxa/contracts';
import { newAppid } from '../appid.js';
import { eventually } from '../eventually.js';
import { AUDIT_ITEM } from '../release/audit-item.js';
import { CHANGE_CASES } from '../release/change-cases.js';
import { RolloutSteps } from '../rollouts/rollout-steps.js';
import { useSharedWorld, world } from '../use-world.js';
import { useVisitor, visitor } from './use-visitor.js';
import { inputOf, type Page, rowsOf } from './visitor.js';

useSharedWorld('console');
useVisitor();
const inDoubt = () => world.sql(`select from operations where state = 'IN_DOUBT'`);
// Those of the files before.
beforeAll(() => eventually(async () => (await inDoubt()).length === 0, 40_000), 60_000);
afterAll(() => world.sql(`delete from operations where appid like 'wxd0%'`));

const ROLLOUT = '01900000-0000-7000-8000-000000000000';
const REQUEST_ID = `rollout-${ROLLOUT}-release-1`;
const badge = (page: Page) => page.html.querySelector('.badge')?.textContent;
const prepared = (method: string, appid: string) =>
  CHANGE_CASES.find((one) => one.method === method)?.prepare(world, appid);

/** A Release that WeChat executed, whose response was lost, and which no read can confirm; and a Commit behind it. */
async function releaseInDoubt(appid: string): Promise<{ release: Operation; later: Operation }> {
  await prepared('Release', appid);
  const read = { api: 'wxa/getversioninfo', appid, kind: 'errcode', errcode: 48001, times: 0 } as const;
  const { id: fault } = await world.sim.addFault(read);
  await world.sim.addFault({ api: 'wxa/release', appid, kind: 'lost', when: 'after' });
  const release = await world.run('Release', { appid, expectedUserVersion: '2.0' });
  // As if a rollout had accepted it: the gateway reserves these ids.
  await world.sql('update operations set request_id = $2 where id = $1', [release.id, REQUEST_ID]);
  const later = await world.change('Commit', { appid, templateId: 1n, userVersion: '3.0' });
  await eventually(async () => (await world.get(later.id)).blockedBy === release.id);
  const unresolved = 'select from operations where id = $1 and asks > 0 and ask_at is null';
  await eventually(async () => (await world.sql(unresolved, [release.id])).length === 1);
  await world.sim.clearFaults(fault);
  return { release, later };
}

const INSERT = `
insert into operations (id, appid, request_id, request_hash, method, is_change, request, state, created_at, started_at,
  ended_at, updated_at, traceparent)
select format('01900000-0000-7000-8000-%s', lpad(($4 + i)::text, 12, '0'))::uuid,
  coalesce(nullif($1, ''), 'wxd0' || lpad(i::text, 14, '0')), i::text, '', $2, $3 = 'IN_DOUBT', '{}', $3,
  now() - interval '1 hour', now() - interval '1 hour', case when $3 <> 'IN_DOUBT' then now() end, now(), ''
from generate_series(1, 60) i`;

describe('operations in doubt', () => {
  it('A Release in doubt is found by the badge, checked and resolved as done on the page, which frees its queue', async () => {
    const appid = newAppid();
    const { release, later } = await releaseInDoubt(appid);
    await eventually(async () => badge(await visitor.get('/lanes')) === '1');
    const doubts = await visitor.get('/doubts');
    expect(doubts.text).toMatch(/版本 2\.0.*待人工处理.*阻塞后续 1 个操作/);
    const rollout = doubts.html.querySelector(`a[href="/rollouts/${ROLLOUT}/targets/${appid}"]`);
    expect(rollout?.textContent).toBe('批量发布');
    expect(badge(doubts)).toBe('1');
    const checked = await visitor.follow(doubts, '查询版本');
    expect(checked.text).toContain('线上 2.0');
    const evidence = { resolution: 'DONE', reason: '线上版本已是 2.0' };
    const confirmation = await visitor.submit(checked, `form[action$="${release.id}/resolve"]`, evidence);
    expect(confirmation.text).toContain(`将 ${appid} 的 Release 记为成功`);
    expect((await world.get(release.id)).state).toBe('OPERATION_STATE_IN_DOUBT');
    const clicks = [1, 2].map(() => visitor.submit(confirmation, 'main form'));
    const [done, again] = (await Promise.all(clicks)).toSorted((a, b) => a.status - b.status);
    expect([done?.status, done?.path]).toEqual([200, `/operations/${release.id}`]);
    expect(done?.text).toContain('成功');
    expect([again?.status, again?.text]).toEqual([409, expect.stringContaining('OPERATION_NOT_IN_DOUBT')]);
    const stored = 'select resolved_by, resolve_reason from operations where id = $1';
    expect(await world.sql(stored, [release.id])).toEqual([
      { resolved_by: expect.stringMatching(/operator$/), resolve_reason: evidence.reason },
    ]);
    expect((await world.wait(later.id)).state).toBe('OPERATION_STATE_SUCCEEDED');
    expect((await visitor.get('/lanes')).text).not.toContain(appid);
    await eventually(async () => badge(await visitor.get('/lanes')) === undefined);
    expect((await visitor.get('/doubts')).text).toContain('没有存疑的操作');
  }, 60_000);

  it('A resolution without evidence or without the audit id of a SubmitAudit is refused with its input kept', async () => {
    const appid = newAppid();
    await prepared('SubmitAudit', appid);
    await world.sim.addFault({ api: 'wxa/submit_audit', appid, kind: 'lost', when: 'after' });
    const read = { appid, kind: 'errcode', errcode: 48001, times: 0 } as const;
    await world.sim.addFault({ api: 'wxa/get_latest_auditstatus', ...read });
    const { id } = await world.run('SubmitAudit', { appid, items: [AUDIT_ITEM] });
    const asked = await visitor.get(`/doubts/${id}?look=${id}`);
    expect(asked.text).toContain('API_NOT_AUTHORIZED api 功能未授权');
    const confirmation = await visitor.get(`/doubts/${id}/resolve?resolution=DONE&reason=`);
    const form = 'main form';
    const unexplained = await visitor.submit(confirmation, form);
    expect(unexplained).toMatchObject({ status: 400, text: expect.stringContaining('reason: 必填') });
    const refused = await visitor.submit(confirmation, form, { reason: '有新的审核', audit_id: 'x' });
    expect(refused).toMatchObject({ status: 400, text: expect.stringContaining('audit_id:') });
    const kept = refused.html.querySelectorAll('[name=reason], [name=audit_id]');
    expect(kept.map((input) => input.getAttribute('value')).sort()).toEqual(['x', '有新的审核']);
    const retried = new URLSearchParams({ resolution: 'NOT_DONE', reason: '没有新的审核', audit_id: '7' });
    const failed = await visitor.get(`/doubts/${id}/resolve?${retried}`);
    expect((await visitor.submit(failed, form)).text).toContain('RESOLVED_NOT_DONE');
  }, 60_000);

  it('The page of doubts has the oldest first, 20 at a time', async () => {
    await world.sql(INSERT, ['', 'SpeedUpAudit', 'IN_DOUBT', 0]);
    const first = await visitor.get('/doubts');
    const second = await visitor.follow(first, '下一页');
    const idsOf = (page: Page) => page.html.querySelectorAll('article').map((article) => article.id);
    expect([idsOf(first).length, idsOf(second).length]).toEqual([20, 20]);
    const ids = [...idsOf(first), ...idsOf(second)];
    expect(ids).toEqual(ids.toSorted());
    expect(first.text).toContain('60 个 · 最久 60 分钟');
    expect(idsOf(await visitor.follow(second, '上一页'))).toEqual(idsOf(first));
    const third = await visitor.follow(second, '下一页');
    await world.sql(`update operations set state = 'FAILED', ended_at = now() where id = any($1)`, [
      idsOf(third),
    ]);
    const empty = await visitor.get(third.path);
    expect(empty.text).not.toContain('没有存疑的操作');
    expect(idsOf(await visitor.follow(empty, '首页'))).toEqual(idsOf(first));
  });
});

describe('operations', () => {
  it('A queued operation is cancelled after a confirmation, and a running one, which blocks its queue, is not', async () => {
    const appid = newAppid();
    await world.sim.addFault({ api: 'wxa/commit', appid, kind: 'hang', when: 'before', times: 0 });
    const head = await world.change('Commit', { appid, templateId: 1n, userVersion: '1.0' });
    const { id } = await world.change('Commit', { appid, templateId: 1n, userVersion: '1.1' });
    const queues = await visitor.get('/lanes');
    expect(queues.text).toContain(appid);
    expect(queues.html.querySelector(`a[href="/operations/${head.id}"]`)).not.toBeNull();
    const page = await visitor.get(`/operations/${id}`);
    expect(page.html.querySelector('details pre')?.textContent).toContain('"userVersion": "1.1"');
    const confirmation = await visitor.follow(page, '取消操作…');
    expect(confirmation.text).toContain(`取消小程序 ${appid} 的 Commit`);
    const live = visitor.get(`/operations/${id}/live`);
    const cancelled = await visitor.submit(confirmation, 'form[action$="/cancel"]', { reason: '版本有误' });
    expect(cancelled).toMatchObject({ path: `/operations/${id}`, text: expect.stringContaining('已取消') });
    expect((await live).html.toString()).toMatch(/event: operation\ndata:.*已取消.*event: end/s);
    await eventually(async () => (await world.get(head.id)).state === 'OPERATION_STATE_RUNNING');
    expect((await visitor.get(`/operations/${head.id}`)).text).not.toContain('取消操作…');
    const late = await visitor.get(`/operations/${head.id}/cancel`);
    const refused = await visitor.submit(late, 'form[action$="/cancel"]', { reason: '晚了' });
    const sent = '操作已发送给微信或已结束';
    expect(refused).toMatchObject({ status: 409, text: expect.stringContaining(sent) });
    expect(inputOf(refused, '[name="reason"]')).toBe('晚了');
  });

  it('The list is filtered by mini-program, state and method, and its pages lead forth and back', async () => {
    const appid = newAppid();
    await world.sql(INSERT, [appid, 'ListPages', 'SUCCEEDED', 100]);
    const failed = await world.run('Commit', { appid, templateId: 5000n, userVersion: '1.0' });
    const all = await visitor.get('/operations');
    const first = await visitor.submit(all, 'form.filters', { appid, method: 'ListPages' });
    const second = await visitor.follow(first, '下一页');
    expect([rowsOf(first).length, rowsOf(second).length]).toEqual([50, 10]);
    expect(rowsOf(await visitor.follow(second, '上一页'))).toEqual(rowsOf(first));
    const failures = await visitor.submit(all, 'form.filters', { appid, state: 'FAILED' });
    expect(rowsOf(failures)).toEqual([expect.stringContaining('85014')]);
    expect((await visitor.get(`/operations/${failed.id}`)).text).toContain('85014');
    const none = await visitor.submit(all, 'form.filters', { appid, method: 'Release' });
    expect(none.text).toContain('没有符合条件的操作');
    const refused = await visitor.submit(all, 'form.filters', { appid: 'wx1' });
    expect(refused.status).toBe(400);
    expect(inputOf(refused, '[name="appid"]')).toBe('wx1');
    expect((await visitor.get('/operations/01900000-0000-7000-8000-999999999999')).status).toBe(404);
  });
});

describe('requests that no page makes', () => {
  it('A parameter that is given twice, one with brackets, and a number that is none fail no page', async () => {
    const { id, spec } = await new RolloutSteps(() => world).create([newAppid()], {}, false);
    const lists = ['/lanes?page=&page=x', '/miniprograms?labels=a&labels=b', '/rollouts?appid[x]=1'];
    const pages = await Promise.all(lists.map((path) => visitor.get(path)));
    for (const wave of ['x', '1e99']) {
      const page = await visitor.get(`/rollouts/${id}/advance?gate=SUBMIT&wave=${wave}`);
      pages.push(page, await visitor.submit(page, 'main form'));
    }
    const form = await visitor.get(`/rollouts/${id}/rollback`);
    const fields = { typed_name: spec?.name ?? '', max_in_flight: 'x' };
    pages.push(await visitor.submit(form, 'main form', fields));
    expect(pages.at(-1)?.html.querySelector('.invalid [name=max_in_flight]')).not.toBeNull();
    expect(pages.filter(({ status }) => status >= 500).map(({ path }) => path)).toEqual([]);
  });

  it('Of a field that is given twice, the first counts, and a body that is no form has no fields', async () => {
    const fields = new URLSearchParams('name=nobody&password=x&to=/a&to=/b');
    const page = await visitor.post('/login', fields);
    const to = page.html.querySelector('form[action="/login"] [name=to]');
    expect([page.status, to?.getAttribute('value')]).toEqual([401, '/a']);
    const headers = { 'content-type': 'application/json' };
    expect((await visitor.post('/login', new URLSearchParams(), headers)).status).toBe(401);
  });
});
