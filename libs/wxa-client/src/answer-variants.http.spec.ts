import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { client, useLocalWechat, wechat } from './fixtures/use-local-wechat.js';
import type { WxaClient } from './wxa-client.js';
import type { WxaResult } from './wxa-result.js';

const item = { firstClass: '文娱', firstId: 1, secondClass: '资讯', secondId: 2, thirdClass: '', thirdId: 0 };

type Call = (client: WxaClient) => Promise<WxaResult<unknown>>;

useLocalWechat();

const submit: Call = (c) => c.submitAudit({ items: [item] });
const upload: Call = (c) =>
  c.uploadAuditMedia({ fileName: 'a.png', contentType: 'image/png', content: new Blob(['x']) });
const plan: Call = (c) => c.getGrayReleasePlan();
const categories: Call = (c) => c.listCategories();
const big = { auditId: 9007199254740993n };
const nameless = { firstClass: '', secondClass: '', thirdClass: '', firstId: 0, secondId: 0, thirdId: 0 };

describe('responses', () => {
  it.each<[string, string, Call, unknown]>([
    ['an auditid beyond 2^53 as a number', '{"errcode":0,"auditid":9007199254740993}', submit, big],
    ['an auditid beyond 2^53 as a string', '{"errcode":"0","auditid":"9007199254740993"}', submit, big],
    ['escaped slashes', '{"page_list":["page\\/list"]}', (c) => c.listPages(), { pages: ['page/list'] }],
    ['no pages', '{"errcode":0}', (c) => c.listPages(), { pages: [] }],
    ['no categories', '{"errcode":0}', categories, { categories: [] }],
    ['no gray release', '{"errcode":0}', plan, { plan: undefined }],
    ['an empty plan', '{"errcode":0,"gray_release_plan":[]}', plan, { plan: undefined }],
    ['no privacy lists', '{"errcode":0}', (c) => c.getPrivacyCheck(), { withoutAuth: [], withoutConf: [] }],
    ['no drafts', '{"errcode":0}', (c) => c.listDrafts(), { drafts: [] }],
    ['no templates', '{"errcode":0}', (c) => c.listTemplates(), { templates: [] }],
    ['no versions', '{"errcode":0}', (c) => c.getVersionInfo(), { trial: undefined, release: undefined }],
    [
      'an id over 32 bits',
      '{"category_list":[{"first_id":3000000000}]}',
      categories,
      { categories: [nameless] },
    ],
    ['half an emoji', '{"page_list":["\\ud83d","🎉"]}', (c) => c.listPages(), { pages: ['\ufffd', '🎉'] }],
    [
      'a raw line feed in a text',
      '{"exp_info":{"exp_version":"1","exp_desc":"a\nb"}}',
      (c) => c.getVersionInfo(),
      { trial: { version: '1', desc: 'a\nb', createdAt: undefined }, release: undefined },
    ],
    ['a byte order mark', '\ufeff{"errcode":0}', (c) => c.release(), {}],
  ])('A response may have %s', async (_name, text, call, value) => {
    wechat.answers(text);
    expect(await call(client)).toEqual({ kind: 'ok', value });
  });

  it.each([
    [0, 'APPROVED'],
    [1, 'REJECTED'],
    [2, 'PENDING'],
    [3, 'WITHDRAWN'],
    ['4', 'DELAYED'],
    [9, 'UNSPECIFIED'],
  ])('The response of get_auditstatus with status %j is read as %s', async (status, state) => {
    wechat.answers({ errcode: 0, status });
    const result = await client.getAuditStatus({ auditId: 1n });
    expect(result).toMatchObject({ kind: 'ok', value: { state } });
  });

  it('The response of getgrayreleaseplan has a name for each status', async () => {
    const names = ['INITIAL', 'RUNNING', 'PAUSED', 'COMPLETED', 'DELETED', 'UNSPECIFIED'];
    for (const [number, status] of names.entries()) {
      wechat.answers({ errcode: 0, gray_release_plan: { status: number, gray_percentage: 0 } });
      expect(await plan(client)).toMatchObject({ value: { plan: { status, percentage: 0 } } });
    }
  });

  it("The response of get_history_version is read newest first, also in the order of WeChat's example", async () => {
    const { response } = JSON.parse(
      readFileSync(new URL('../fixtures/api/get_history_version.json', import.meta.url), 'utf8'),
    );
    const versions = [{ appVersion: 222n }, { appVersion: 111n }];
    for (const version_list of [response.version_list, response.version_list.toReversed()]) {
      wechat.answers({ ...response, version_list });
      expect(await client.listReleaseHistory()).toMatchObject({ kind: 'ok', value: { versions } });
    }
  });

  it.each([
    ['no auditid', '{"errcode":0,"errmsg":"ok"}', submit],
    ['the auditid 0', '{"errcode":0,"auditid":0}', submit],
    ['an auditid beyond 64 bits', '{"errcode":0,"auditid":9223372036854775808}', submit],
    ['an errcode beyond 32 bits', '{"errcode":2147483648,"errmsg":"x"}', submit],
    ['no mediaid', '{"errcode":0,"type":"image"}', upload],
  ])('A response with %s is unreadable', async (_name, text, call) => {
    wechat.answers(text);
    expect(await call(client)).toMatchObject({ kind: 'ambiguous', cause: 'unreadable' });
  });
});

it('An errmsg is cut after 1,000 characters, never within one', async () => {
  wechat.answers({ errcode: 85020, errmsg: `x${'🎉'.repeat(1500)}` });
  const errmsg = `x${'🎉'.repeat(999)}`;
  expect(await client.release()).toMatchObject({ kind: 'error', error: { errmsg } });
});

describe('getTrialQrCode and getAuditScreenshot', () => {
  const qrCode: Call = (c) => c.getTrialQrCode();
  const screenshot: Call = (c) => c.getAuditScreenshot({ mediaId: 'm' });

  it.each([
    ['image/jpeg', 'as WeChat names it', qrCode, 'image/jpeg', 'ffd8ff007b'],
    ['image/jpeg', 'by its first bytes', screenshot, 'text/plain', 'ffd8ffe000'],
    ['image/png', 'by its first bytes', screenshot, 'text/plain', '89504e470d'],
    ['image/gif', 'by its first bytes', screenshot, 'text/plain', '4749463839'],
  ])('An image is returned as %s, %s', async (contentType, _why, call, named, hex) => {
    const image = Buffer.from(hex, 'hex');
    wechat.answers((response) => response.writeHead(200, { 'content-type': named }).end(image));
    expect(await call(client)).toEqual({ kind: 'ok', value: { image, contentType } });
  });

  it.each<[string, Call, number, object]>([
    ['getTrialQrCode', qrCode, -1, { kind: 'retryable', cause: 'busy' }],
    ['getAuditScreenshot', screenshot, 40007, { kind: 'error', error: { reason: 'MATERIAL_NOT_FOUND' } }],
  ])('%s is an error if WeChat answers JSON', async (_name, call, errcode, result) => {
    wechat.answers({ errcode, errmsg: 'no' }, 200, { 'content-type': 'image/jpeg' });
    expect(await call(client)).toMatchObject(result);
  });

  it.each([
    ['an empty image', '', 'image/jpeg'],
    ['a page of HTML', '<html>', 'text/html'],
    ['ok without an image', '{"errcode":0}', 'application/json'],
    ['other JSON', '{"news_item":[]}', 'application/json'],
  ])('A response with %s in place of an image is unreadable', async (_name, body, type) => {
    wechat.answers(body, 200, { 'content-type': type });
    for (const call of [qrCode, screenshot])
      expect(await call(client)).toMatchObject({ kind: 'ambiguous', cause: 'unreadable' });
  });
});
