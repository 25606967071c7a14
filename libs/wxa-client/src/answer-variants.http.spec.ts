import { describe, expect, it } from '@jest/globals';
import { client, useLocalWechat, wechat } from './fixtures/use-local-wechat.js';
import type { WxaClient } from './wxa-client.js';
import type { WxaResult } from './wxa-result.js';

const item = { firstClass: '文娱', firstId: 1, secondClass: '资讯', secondId: 2 };

type Call = (client: WxaClient) => Promise<WxaResult<unknown>>;

useLocalWechat();

describe('responses', () => {
  it.each<[string, string, Call, unknown]>([
    ['an auditid beyond 2^53 as a number', '{"errcode":0,"auditid":9007199254740993}', submit, big()],
    ['an auditid beyond 2^53 as a string', '{"errcode":"0","auditid":"9007199254740993"}', submit, big()],
    ['escaped slashes', '{"errcode":0,"page_list":["page\\/list"]}', pages, { pages: ['page/list'] }],
    ['no pages', '{"errcode":0}', pages, { pages: [] }],
    ['no categories', '{"errcode":0}', categories, { categories: [] }],
    ['no gray release', '{"errcode":0}', plan, { plan: undefined }],
    ['an empty plan', '{"errcode":0,"gray_release_plan":[]}', plan, { plan: undefined }],
    ['no privacy lists', '{"errcode":0}', privacy, { withoutAuth: [], withoutConf: [] }],
    ['no drafts', '{"errcode":0}', (c) => c.listDrafts(), { drafts: [] }],
    ['no templates', '{"errcode":0}', (c) => c.listTemplates(), { templates: [] }],
    ['no versions', '{"errcode":0}', (c) => c.getVersionInfo(), { trial: undefined, release: undefined }],
    ['a category id beyond 32 bits', '{"category_list":[{"first_id":3000000000}]}', categories, strange()],
    ['half an emoji', '{"page_list":["\\ud83d","🎉"]}', pages, { pages: ['\ufffd', '🎉'] }],
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

  it.each([0, 1, 2, 3, 4, 5])(
    'The response of getgrayreleaseplan has a name for status %d',
    async (status) => {
      const names = ['INITIAL', 'RUNNING', 'PAUSED', 'COMPLETED', 'DELETED', 'UNSPECIFIED'];
      wechat.answers({ errcode: 0, gray_release_plan: { status, gray_percentage: 0 } });
      const result = await client.getGrayReleasePlan();
      expect(result).toMatchObject({ value: { plan: { status: names[status], percentage: 0 } } });
    },
  );

  it.each([
    ['no auditid', '{"errcode":0,"errmsg":"ok"}'],
    ['an auditid beyond 64 bits', '{"errcode":0,"auditid":9223372036854775808}'],
    ['an errcode beyond 32 bits', '{"errcode":2147483648,"errmsg":"x"}'],
  ])('A response with %s is unreadable', async (_name, text) => {
    wechat.answers(text);
    expect(await submit(client)).toMatchObject({ kind: 'ambiguous', cause: 'unreadable' });
  });
});

describe('errmsg', () => {
  it('An errmsg is cut after 1,000 characters, never within one', async () => {
    wechat.answers({ errcode: 85020, errmsg: `x${'🎉'.repeat(1500)}` });
    const errmsg = `x${'🎉'.repeat(999)}`;
    expect(await client.release()).toMatchObject({ kind: 'error', error: { errmsg } });
  });
});

function submit(c: WxaClient): Promise<WxaResult<unknown>> {
  return c.submitAudit({ items: [item] });
}

function pages(c: WxaClient): Promise<WxaResult<unknown>> {
  return c.listPages();
}

function categories(c: WxaClient): Promise<WxaResult<unknown>> {
  return c.listCategories();
}

function privacy(c: WxaClient): Promise<WxaResult<unknown>> {
  return c.getPrivacyCheck();
}

function plan(c: WxaClient): Promise<WxaResult<unknown>> {
  return c.getGrayReleasePlan();
}

function big(): { auditId: bigint } {
  return { auditId: 9007199254740993n };
}

function strange(): { categories: object[] } {
  const empty = { firstClass: '', firstId: 0, secondClass: '', secondId: 0, thirdClass: '', thirdId: 0 };
  return { categories: [empty] };
}
