import { describe, expect, it } from '@jest/globals';
import jpeg from 'jpeg-js';
import jsqr from 'jsqr';
import { newAppid } from '../appid.js';
import { eventually } from '../eventually.js';
import { AUDIT_ITEM } from '../release/audit-item.js';
import { CHANGE_CASES } from '../release/change-cases.js';
import { useSharedWorld, world } from '../use-world.js';
import { newUser } from './new-user.js';
import { part, textOfPart } from './parts.js';
import { pageWith, useVisitor, visitor } from './use-visitor.js';
import { inputOf, type Page } from './visitor.js';

const decode = jsqr as unknown as typeof jsqr.default;

useSharedWorld('componentConsole');
useVisitor();

const pathOf = (appid: string) => `/miniprograms/${appid}`;

/** A mini-program that authorized the platform; its name was read from WeChat. */
async function authorized(): Promise<string> {
  const appid = newAppid();
  await world.sim.authorize(appid);
  await eventually(async () => (await visitor.get(pathOf(appid))).text.includes(`小程序${appid.slice(-4)}`));
  return appid;
}

/** Its page once WeChat's answers are in a part of it. */
const shows = (appid: string, heading: string, text: string | RegExp) =>
  pageWith(`${pathOf(appid)}?wechat=1`, (page) => expect(textOfPart(page, heading)).toMatch(text));

const commit = (appid: string) => world.run('Commit', { appid, templateId: 1n, userVersion: '1.0' });

/** Opens the form of a link on the page and sends it. */
async function act(page: Page, link: string, fields: Record<string, string> = {}): Promise<Page> {
  return visitor.submit(await visitor.follow(page, link), 'main form', fields);
}

describe('List', () => {
  it('Labels are edited on the page of a mini-program, and the list is filtered by state and labels', async () => {
    const [one, other] = [await authorized(), await authorized()];
    const form = await visitor.follow(await visitor.get(pathOf(one)), '编辑');
    const saved = await visitor.submit(form, 'main form', { labels: '餐饮\n 活跃 \n\n' });
    expect(saved).toMatchObject({ path: pathOf(one), text: expect.stringContaining('餐饮活跃') });
    const list = await visitor.get('/miniprograms?state=AUTHORIZED&labels=餐饮，活跃');
    expect(list.text).toContain(one);
    expect(list.text).not.toContain(other);
    expect((await visitor.get('/miniprograms?labels=无此标签')).text).toContain('没有符合条件的小程序');
    expect((await visitor.get('/miniprograms?state=UNAUTHORIZED')).text).not.toContain(one);
    const everyone = await visitor.get('/miniprograms');
    const found = await visitor.submit(everyone, 'form.filters', { appid: ` ${other} ` });
    expect(found.path).toBe(pathOf(other));
  });

  it('Labels that the gateway refuses are shown again with the reason', async () => {
    const appid = await authorized();
    const form = await visitor.get(`${pathOf(appid)}/labels`);
    const labels = 'x'.repeat(51);
    const refused = await visitor.submit(form, 'main form', { labels });
    expect(refused).toMatchObject({ status: 400, text: expect.stringContaining('labels[0]') });
    expect(refused.html.querySelector('textarea')?.textContent).toBe(labels);
  });

  it('An unknown mini-program is not found, and a malformed AppID is refused', async () => {
    expect((await visitor.get(pathOf(newAppid()))).status).toBe(404);
    expect((await visitor.get(pathOf('nonsense'))).status).toBe(400);
    expect((await visitor.get(`${pathOf(newAppid())}/labels`)).status).toBe(404);
    expect((await visitor.get(`${pathOf(newAppid())}/toString`)).status).toBe(404);
  });
});

describe('One mini-program', () => {
  it('A version is committed, submitted, released and reverted from the page, each step once however often it is sent', async () => {
    const appid = await authorized();
    for (const version of ['1.0', '2.0']) {
      const empty = await visitor.get(pathOf(appid));
      const fields = { template_id: '1', user_version: version, ext_json: '{"a":"<script>"}' };
      await act(empty, '提交代码…', fields);
      const trial = await shows(appid, '体验版本', version);
      const question = await visitor.follow(trial, '提交审核…');
      const form = await visitor.follow(question, '查询微信');
      expect(form.text).toContain(`把 1 个小程序 ${appid} 的体验版本 ${version} 提交审核`);
      await visitor.submit(form, 'main form', { 'items[0].title': '首页', 'items[0].tag': '学习' });
      await shows(appid, '审核版本', `${version}审核中`);
      await world.sim.decide(appid, { decision: 'approve' });
      const approved = await shows(appid, '审核版本', '已通过');
      const confirm = await visitor.follow(approved, '发布…');
      expect(confirm.text).toContain(`的审核版本 ${version} 发布给全部用户`);
      const sent = await Promise.all([1, 2, 3].map(() => visitor.submit(confirm, 'main form')));
      expect(new Set(sent.map(({ path }) => path))).toEqual(new Set([pathOf(appid)]));
      await shows(appid, '线上版本', version);
    }
    const live = await shows(appid, '队列', '没有未完成');
    const history = await visitor.follow(await visitor.follow(live, '版本回退…'), '查询微信');
    const options = history.html.querySelectorAll('option');
    const option = options.find(({ textContent }) => textContent.startsWith('1.0'));
    await visitor.submit(history, 'main form', { app_version: option?.getAttribute('value') ?? '' });
    await shows(appid, '线上版本', '1.0');
    const twice = { 'wxa/commit': 2, 'wxa/submit_audit': 2, 'wxa/release': 2 };
    const counts = await world.sim.callCounts(appid);
    expect(counts[appid]).toMatchObject({ ...twice, 'wxa/revertcoderelease': 1 });
  }, 90_000);

  it('Another page is added to the form of an audit with the input kept, and both are submitted', async () => {
    const appid = await authorized();
    await commit(appid);
    const form = await visitor.get(`${pathOf(appid)}/submit-audit?wechat=1`);
    const given = { 'items[0].title': '首页', picture_ids: 'p1 p2', more: '1' };
    const longer = await visitor.submit(form, 'main form', given);
    expect(inputOf(longer, '[name="items[0].title"]')).toBe('首页');
    const address =
      longer.html.querySelectorAll('[name="items[1].address"] option').at(-1)?.textContent ?? '';
    const title = 'x'.repeat(33);
    const second = { 'items[1].address': address, 'items[1].title': title };
    const refused = await visitor.submit(longer, 'main form', second);
    expect(refused).toMatchObject({ status: 400, text: expect.stringContaining('items[1].title') });
    expect(refused.html.querySelectorAll('[name$=".title"]')).toHaveLength(2);
    // What is wrong is shown at its item although the one before it is left out.
    const gap = { 'items[1].address': '', 'items[2].address': address, 'items[2].title': title };
    const later = await visitor.submit(form, 'main form', gap);
    expect([later.status, inputOf(later, '.invalid input')]).toEqual([400, title]);
    await visitor.submit(refused, 'main form', { 'items[1].title': '我的' });
    await shows(appid, '审核版本', '审核中');
    const [{ request } = {}] = await world.sql<{ request?: object }>(
      "select request from operations where appid = $1 and method = 'SubmitAudit'",
      [appid],
    );
    const items = [{ title: '首页' }, { address, title: '我的' }];
    expect(request).toMatchObject({ items, preview: { pictureIds: ['p1', 'p2'] } });
  });

  it('The trial QR code is an image that a phone can read; a viewer sees the page without any action', async () => {
    const appid = await authorized();
    await commit(appid);
    const page = await visitor.follow(await visitor.get(`${pathOf(appid)}?wechat=1`), '体验二维码');
    const source = page.html.querySelector('#trial img')?.getAttribute('src') ?? '';
    expect(source).toMatch(/^data:image\/jpeg;base64,/);
    const image = jpeg.decode(Buffer.from(source.split(',')[1] ?? '', 'base64'), { useTArray: true });
    const read = decode(new Uint8ClampedArray(image.data), image.width, image.height);
    expect(read?.data).toContain(`appid=${appid}`);
    const viewer = await newUser(world, 'looker', 'viewer');
    const seen = await viewer.get(`${pathOf(appid)}?wechat=1`);
    expect(textOfPart(seen, '体验版本')).toContain('1.0');
    for (const action of ['提交代码…', '提交审核…', '编辑']) expect(seen.text).not.toContain(action);
  });

  it('The page comes without WeChat, and a query that fails leaves the other blocks alone', async () => {
    const appid = await authorized();
    const held = await world.sim.addFault({ appid, api: 'wxa/getversioninfo', kind: 'hang' });
    const early = await visitor.get(pathOf(appid));
    expect(early.html.querySelector('#wechat')?.getAttribute('hx-get')).toBe(`${pathOf(appid)}?wechat=1`);
    await world.sim.clearFaults(held.id);
    await world.sim.addFault({ appid, api: 'wxa/getversioninfo', kind: 'errcode', errcode: 48001 });
    const page = await visitor.follow(early, '查询微信');
    expect(page.status).toBe(200);
    expect(textOfPart(page, '线上版本')).toContain('没有得到微信的回答');
    expect(textOfPart(page, '审核版本')).toBe('审核版本–');
  });

  it('A hostile name, version and reason are text, and line breaks of the reason are kept', async () => {
    const appid = await authorized();
    const script = '<script>alert(1)</script>';
    await world.sql('update authorizers set nick_name = $2 where appid = $1', [appid, script]);
    await world.run('Commit', { appid, templateId: 1n, userVersion: script, userDesc: script });
    await world.run('SubmitAudit', { appid, items: [AUDIT_ITEM] });
    await world.sim.decide(appid, { decision: 'reject', reason: `一：<br>${script}` });
    const page = await shows(appid, '审核版本', '未通过');
    expect(textOfPart(page, '体验版本')).toContain(script);
    expect(part(page, '审核版本').innerHTML).toContain('一：<br>&lt;script>');
    expect(page.html.querySelector('h1')?.textContent).toContain(script);
    expect(page.html.querySelectorAll('main script')).toHaveLength(0);
    expect((await visitor.get('/miniprograms')).html.querySelectorAll('main script')).toHaveLength(0);
  });

  it('A refused gray release keeps its input; one that runs is shown with its percentage, and only then offered to be cancelled', async () => {
    const appid = await authorized();
    await CHANGE_CASES.find(({ method }) => method === 'GrayRelease')?.prepare(world, appid);
    const approved = await shows(appid, '审核版本', '已通过');
    expect(approved.text).not.toContain('取消灰度');
    const refused = await act(approved, '灰度发布…', { percentage: '101', debuggers: 'true' });
    expect(refused).toMatchObject({ status: 400, text: expect.stringContaining('percentage') });
    expect(inputOf(refused, '.invalid [name="percentage"]')).toBe('101');
    expect(refused.html.querySelector('input[name="debuggers"]')?.hasAttribute('checked')).toBe(true);
    await visitor.submit(refused, 'main form', { percentage: '30' });
    const running = await shows(appid, '线上版本', '灰度 30 %');
    await act(running, '取消灰度…');
    await pageWith(`${pathOf(appid)}?wechat=1`, (page) =>
      expect(textOfPart(page, '线上版本')).not.toMatch(/灰度/),
    );
  });

  it('The form of a commit offers the templates of the library, and takes a typed id while WeChat does not answer', async () => {
    await world.run('AddTemplate', { draftId: 1n });
    const path = `${pathOf(await authorized())}/commit`;
    const offered = (await visitor.get(path)).html.querySelectorAll('select[name="template_id"] option');
    expect(offered.length).toBeGreaterThan(0);
    const fault = { api: 'wxa/gettemplatelist', kind: 'errcode', errcode: 40001 } as const;
    const { id } = await world.sim.addFault({ ...fault, times: 0 });
    const typed = await visitor.get(path);
    expect(typed.html.querySelector('input[name="template_id"]')).not.toBeNull();
    const refused = await visitor.submit(typed, 'main form', { template_id: 'x', user_version: '1.0' });
    expect(refused).toMatchObject({ status: 400, text: expect.stringContaining('template_id: 必填') });
    expect(refused.html.querySelector('label.invalid small')?.textContent).toBe('必填');
    await world.sim.clearFaults(id);
  });
});
