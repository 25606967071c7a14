import { afterAll, describe, expect, it } from '@jest/globals';
import { newAppid } from '../appid.js';
import { eventually } from '../eventually.js';
import { AUDIT_ITEM } from '../release/audit-item.js';
import { delayedFor } from '../release/delayed-for-api.js';
import { useSharedWorld, world } from '../use-world.js';
import { wxa } from '../wxa.js';
import { textOfPart } from './parts.js';
import { pageWith, useVisitor, visitor } from './use-visitor.js';
import { inputOf, type Page, textOf } from './visitor.js';

const SUBMIT = 'wxa/submit_audit';
const ITEMS = [AUDIT_ITEM];
const SUCCEEDED = 'OPERATION_STATE_SUCCEEDED';

useSharedWorld('componentConsole');
useVisitor();
afterAll(() => setQuota(1_000_000));

/** A mini-program that authorized the platform and has a trial version. */
async function committed(): Promise<string> {
  const appid = newAppid();
  await world.sim.authorize(appid);
  await eventually(() => world.run('Commit', { appid, templateId: 1n, userVersion: '1.0' }));
  return appid;
}

/** The id of a submission that waits because its API is stopped. */
async function delayedSubmission(appid: string): Promise<string> {
  const { id } = await world.change('SubmitAudit', { appid, items: ITEMS });
  await delayedFor(world, SUBMIT, id);
  return id;
}

describe('Overview', () => {
  it('The overview of a healthy platform says so of each part, and each card leads to a page', async () => {
    const page = await pageWith('/', (found) =>
      expect(textOfPart(found, '票据（ticket）')).toContain('正常'),
    );
    const healthy = ['令牌失效的小程序', '待投递事件', '停用的接口', '存疑'];
    for (const title of healthy) expect(textOfPart(page, title)).toMatch(/^.*正常 ?0/);
    for (const title of ['审核中', '进行中的批量发布']) expect(textOfPart(page, title)).toContain('正常');
    const links = page.html.querySelectorAll('article h2 a').map((link) => link.getAttribute('href') ?? '');
    expect(links).toEqual([
      ...['/platform', '/miniprograms?state=NEEDS_AUTHORIZATION', '/platform', '/platform', '/platform'],
      ...['/doubts', '/audits', '/rollouts'],
    ]);
    for (const link of new Set(links))
      expect(await visitor.get(link)).toMatchObject({ status: 200, path: link });
  });

  it('The overview names a late ticket, an API that 85085 stopped, the unknown quota and what is in doubt; a lift lets submissions continue', async () => {
    await world.sql(`update components set ticket_sent_at = now() - interval '45 minutes'`);
    await world.sql(
      `insert into operations (id, appid, request_id, request_hash, method, is_change, request, created_at, traceparent, state)
       select gen_random_uuid(), 'wx000000000000000' || n, 'broken-' || n, '', 'Release', true, '{}', now(), '', 'IN_DOUBT'
       from generate_series(1, 3) n`,
    );
    const [approved, ...refused] = [await committed(), await committed(), await committed()];
    await world.run('SubmitAudit', { appid: approved, items: ITEMS });
    await world.sim.decide(approved, { decision: 'approve' });
    await setQuota(0);
    const waiting = await Promise.all(refused.map(delayedSubmission));
    // Releases continue meanwhile.
    expect(await world.run('Release', { appid: approved })).toMatchObject({ state: SUCCEEDED });
    await world.sql(
      `insert into audit_quota (component_appid, rest, "limit", speedup_rest, speedup_limit, observed_at)
       select appid, 0, 0, 3, 20, now() from components on conflict (component_appid)
       do update set rest = 0, "limit" = 0, speedup_limit = 20, observed_at = now()`,
    );
    const overview = await pageWith('/', (page) =>
      expect(textOfPart(page, '停用的接口')).toMatch(/异常 ?1 ?wxa\/submit_audit.*2 个/),
    );
    expect(textOfPart(overview, '票据（ticket）')).toMatch(/异常 ?45 分钟/);
    expect(textOfPart(overview, '提审额度')).toMatch(/未知 ?未知 ?查询于/);
    expect(textOfPart(overview, '存疑')).toMatch(/异常 ?3/);

    const page = await pageWith('/platform', (found) => expect(rowOf(found, SUBMIT)).toContain('85085'));
    expect(rowOf(page, SUBMIT)).toContain('已停用');
    const confirm = await visitor.follow(page, '恢复调用…');
    expect(confirm.text).toContain(`等待 ${SUBMIT} 的 2 个操作会立即继续`);
    await setQuota(5);
    const lifted = await visitor.submit(confirm, 'main form', { reason: '微信已提高额度' });
    expect(lifted.path).toBe('/platform');
    expect(rowOf(lifted, SUBMIT)).toContain('可调用');
    for (const id of waiting) expect(await world.wait(id)).toMatchObject({ state: SUCCEEDED });
    const trail = await world.sql(
      `select on_behalf_of, detail->>'reason' as reason from trail where action = 'api.resumed'`,
    );
    expect(trail).toContainEqual({ on_behalf_of: 'operator', reason: '微信已提高额度' });
    await world.sql(`delete from operations where request_id like 'broken-%'`);
  }, 60_000);

  it("An operator's stop shows who stopped the API and why, and a reason that is too long is refused with the input kept", async () => {
    const until = '2099-01-07T09:00:00+08:00';
    const settings = { DATABASE_URL: world.stack.addresses.postgres };
    await wxa(['quota', 'stop', 'wxa/release', '--until', until, '--reason', '<b>broken</b>'], settings);
    await pageWith('/platform', (page) =>
      expect(rowOf(page, 'wxa/release')).toMatch(
        /已停用.*2099-01-07 09:00.*由 cli:\S+ 停用： ?<b>broken<\/b>/,
      ),
    );
    const confirm = await visitor.get('/platform/lift?api=wxa%2Frelease');
    const refused = await visitor.submit(confirm, 'main form', { reason: 'x'.repeat(2001) });
    expect(refused.status).toBe(400);
    expect(inputOf(refused, 'input[name="reason"]')).toHaveLength(2001);
    expect(refused.html.querySelector('.invalid')).not.toBeNull();
    await visitor.submit(refused, 'main form', { reason: 'fixed' });
    expect((await visitor.get('/platform/lift?api=wxa%2Frelease')).path).toBe('/platform');
  });
});

describe('Templates', () => {
  it('A draft becomes one template however often its form is sent; the template starts a rollout and is deleted', async () => {
    const early = await visitor.get('/templates');
    expect(early.html.querySelector('#wechat')?.getAttribute('hx-get')).toBe('/templates?wechat=1');
    const library = await visitor.follow(early, '查询微信');
    const before = templatesOf(library);
    const form = library.html.querySelector('form[action="/templates"]');
    const draft = form?.querySelector('input[name="draft_id"]')?.getAttribute('value') ?? '';
    const earlier = await world.sim.calls({ api: 'wxa/addtotemplate' });
    const sent = await Promise.all([1, 2].map(() => visitor.submit(library, 'form[action="/templates"]')));
    expect(sent.map(({ path }) => path)).toEqual(['/templates', '/templates']);
    const page = await pageWith('/templates?wechat=1', (found) =>
      expect(templatesOf(found)).toHaveLength(before.length + 1),
    );
    const added = (await world.sim.calls({ api: 'wxa/addtotemplate' })).slice(earlier.length);
    expect(added.map(({ body }) => JSON.parse(`${body}`).draft_id)).toEqual([Number(draft)]);
    const start = templatesOf(page).find((link) => !before.includes(link));
    const id = new URL(start ?? '', 'http://console').searchParams.get('template');
    const confirm = await visitor.get(`/templates/delete?template=${id}`);
    expect(confirm.text).toContain(`模板 ${id} 会从模板库中删除`);
    await visitor.submit(confirm, 'main form');
    await pageWith('/templates?wechat=1', (found) => {
      expect(templatesOf(found)).toEqual(before);
      expect(textOfPart(found, '最近的更改')).toMatch(/^.*?DeleteTemplate.*AddTemplate/);
    });
  });

  it('A list that WeChat refuses is shown as a failure, and the other list is not affected', async () => {
    await world.sim.addFault({ api: 'wxa/gettemplatelist', kind: 'errcode', errcode: 48001 });
    const page = await visitor.get('/templates?wechat=1');
    expect(page).toMatchObject({ status: 200, text: expect.stringContaining('没有得到微信的回答') });
    expect(page.html.querySelector('form[action="/templates"]')).not.toBeNull();
  });
});

async function setQuota(rest: number): Promise<void> {
  await world.sim.patchPlatform({ auditQuota: { rest, limit: rest, speedupRest: 0, speedupLimit: 0 } });
}

/** The row of an API. */
function rowOf(page: Page, api: string): string {
  const rows = page.html.querySelectorAll('tbody tr');
  const found = rows.find((row) => row.querySelector('.id')?.textContent === api);
  return found === undefined ? '' : textOf(found);
}

/** The links that start a rollout with a template. */
function templatesOf(page: Page): string[] {
  const links = page.html.querySelectorAll('a[href^="/rollouts/new?template="]');
  return links.map((link) => link.getAttribute('href') ?? '');
}
