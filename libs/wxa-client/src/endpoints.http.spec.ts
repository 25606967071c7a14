import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { LocalWeChat, type Received } from './fixtures/local-wechat.js';
import { WxaClient } from './wxa-client.js';
import type { WxaResult } from './wxa-result.js';

interface Example {
  response: object;
  variants: object[];
}

function example(name: string): Example {
  return JSON.parse(readFileSync(new URL(`./fixtures/api/${name}.json`, import.meta.url), 'utf8'));
}

let wechat: LocalWeChat;
let client: WxaClient;

beforeAll(async () => {
  wechat = await LocalWeChat.start();
  client = new WxaClient({ baseUrl: `${wechat.baseUrl}/proxy/`, token: 'T/1 +' });
});

beforeEach(() => {
  wechat.received.length = 0;
});

afterAll(async () => {
  await client.close();
  await wechat.stop();
});

const done = { errcode: 0, errmsg: 'ok' };
const item = { firstClass: '文娱', firstId: 1, secondClass: '资讯', secondId: 2 };
const itemSent = '"first_class":"文娱","second_class":"资讯","first_id":1,"second_id":2';

type Call = (client: WxaClient) => Promise<WxaResult<unknown>>;

describe('the request WeChat gets', () => {
  const cases: [string, Call, string, string?][] = [
    [
      'commit',
      (c) =>
        c.commit({ templateId: 9007199254740993n, extJson: '{"a":"中"}', userVersion: 'V1', userDesc: '' }),
      'wxa/commit',
      '{"template_id":9007199254740993,"ext_json":"{\\"a\\":\\"中\\"}","user_version":"V1","user_desc":""}',
    ],
    ['getTrialQrCode', (c) => c.getTrialQrCode(), 'wxa/get_qrcode'],
    ['getTrialQrCode, path empty', (c) => c.getTrialQrCode({ path: '' }), 'wxa/get_qrcode'],
    ['listCategories', (c) => c.listCategories(), 'wxa/get_category'],
    ['listPages', (c) => c.listPages(), 'wxa/get_page'],
    ['getVersionInfo', (c) => c.getVersionInfo(), 'wxa/getversioninfo', '{}'],
    [
      'submitAudit',
      (c) => c.submitAudit({ items: [item] }),
      'wxa/submit_audit',
      `{"item_list":[{${itemSent}}]}`,
    ],
    [
      'submitAudit, nothing but defaults',
      (c) =>
        c.submitAudit({
          items: [{ ...item, address: '', tag: '', title: '', thirdClass: '', thirdId: 0 }],
          feedbackInfo: '',
          feedbackMediaIds: [],
          preview: { videoIds: [], pictureIds: [] },
          privacyApiNotUsed: false,
        }),
      'wxa/submit_audit',
      `{"item_list":[{${itemSent}}]}`,
    ],
    [
      'getAuditStatus',
      (c) => c.getAuditStatus({ auditId: 9007199254740993n }),
      'wxa/get_auditstatus',
      '{"auditid":9007199254740993}',
    ],
    ['getLatestAuditStatus', (c) => c.getLatestAuditStatus(), 'wxa/get_latest_auditstatus'],
    ['undoAudit', (c) => c.undoAudit(), 'wxa/undocodeaudit'],
    ['release', (c) => c.release(), 'wxa/release', '{}'],
    ['show', (c) => c.changeVisitStatus({ visible: true }), 'wxa/change_visitstatus', '{"action":"open"}'],
    ['hide', (c) => c.changeVisitStatus({ visible: false }), 'wxa/change_visitstatus', '{"action":"close"}'],
    ['getSupportVersion', (c) => c.getSupportVersion(), 'cgi-bin/wxopen/getweappsupportversion', '{}'],
    [
      'setSupportVersion',
      (c) => c.setSupportVersion({ version: '1.0.0' }),
      'cgi-bin/wxopen/setweappsupportversion',
      '{"version":"1.0.0"}',
    ],
    ['revertRelease', (c) => c.revertRelease(), 'wxa/revertcoderelease'],
    ['grayRelease', (c) => c.grayRelease({ percentage: 1 }), 'wxa/grayrelease', '{"gray_percentage":1}'],
    [
      'grayRelease, flags only',
      (c) => c.grayRelease({ percentage: 0, supportDebuggerFirst: true, supportExperiencerFirst: true }),
      'wxa/grayrelease',
      '{"gray_percentage":0,"support_debuger_first":true,"support_experiencer_first":true}',
    ],
    ['revertGrayRelease', (c) => c.revertGrayRelease(), 'wxa/revertgrayrelease'],
    ['getGrayReleasePlan', (c) => c.getGrayReleasePlan(), 'wxa/getgrayreleaseplan'],
  ];

  it.each(cases)('of %s', async (_name, call, api, body) => {
    wechat.answers(done);
    await call(client);
    const url = `/proxy/${api}?access_token=T%2F1%20%2B`;
    const expected: Received = body
      ? { method: 'POST', url, contentType: 'application/json', body }
      : { method: 'GET', url, contentType: undefined, body: '' };
    expect(wechat.received).toEqual([expected]);
  });

  it.each([
    ['page/index?action=1', 'page%2Findex%3Faction%3D1'],
    ['a b/中', 'a%20b%2F%E4%B8%AD'],
    ['a%2Fb', 'a%252Fb'],
    ['\ud800', '%EF%BF%BD'],
  ])('has the page path %j encoded exactly once', async (path, encoded) => {
    await client.getTrialQrCode({ path });
    expect(wechat.received[0]?.url).toBe(`/proxy/wxa/get_qrcode?access_token=T%2F1%20%2B&path=${encoded}`);
  });

  it('has the version to go back to', async () => {
    await client.revertRelease({ appVersion: 9007199254740993n });
    expect(wechat.received[0]?.url).toMatch(/&app_version=9007199254740993$/);
  });

  it("has every field of WeChat's own example of submit_audit", async () => {
    await client.submitAudit({
      items: [
        { ...item, address: 'index', tag: '学习 生活', title: '首页' },
        { ...item, address: 'logs', tag: '学习', title: '日志', thirdClass: '高等', thirdId: 5n },
      ],
      feedbackInfo: 'blablabla',
      feedbackMediaIds: ['xx', 'yy', 'zz'],
      versionDesc: 'blablabla',
      preview: { videoIds: ['xxxx'], pictureIds: ['xxxx', 'yyyy', 'zzzz'] },
      ugcDeclaration: {
        scenes: [1, 2],
        methods: [1],
        hasAuditTeam: true,
        auditDesc: 'b',
        otherSceneDesc: 'o',
      },
      privacyApiNotUsed: true,
      orderPath: 'order/list',
    });
    expect(JSON.parse(wechat.received[0]?.body ?? '')).toEqual({
      item_list: [
        { address: 'index', tag: '学习 生活', title: '首页', ...JSON.parse(`{${itemSent}}`) },
        {
          address: 'logs',
          tag: '学习',
          title: '日志',
          third_class: '高等',
          third_id: 5,
          ...JSON.parse(`{${itemSent}}`),
        },
      ],
      feedback_info: 'blablabla',
      feedback_stuff: 'xx|yy|zz',
      version_desc: 'blablabla',
      preview_info: { video_id_list: ['xxxx'], pic_id_list: ['xxxx', 'yyyy', 'zzzz'] },
      ugc_declare: { scene: [1, 2], method: [1], has_audit_team: 1, audit_desc: 'b', other_scene_desc: 'o' },
      privacy_api_not_use: true,
      order_path: 'order/list',
    });
  });

  it('has the token of the call, if it gives one', async () => {
    await client.listPages({}, { token: 'other' });
    expect(wechat.received[0]?.url).toBe('/proxy/wxa/get_page?access_token=other');
  });
});

describe('the answer', () => {
  const changes: [string, Call][] = [
    ['commit', (c) => c.commit({ templateId: 0n, extJson: '{}', userVersion: 'V1', userDesc: '' })],
    ['release', (c) => c.release()],
    ['change_visitstatus', (c) => c.changeVisitStatus({ visible: false })],
    ['setweappsupportversion', (c) => c.setSupportVersion({ version: '1.0.0' })],
    ['revertcoderelease', (c) => c.revertRelease()],
    ['undocodeaudit', (c) => c.undoAudit()],
    ['grayrelease', (c) => c.grayRelease({ percentage: 1 })],
    ['revertgrayrelease', (c) => c.revertGrayRelease()],
  ];

  it.each(changes)('of %s is done, and without an errcode unreadable', async (name, call) => {
    wechat.answers(example(name).response);
    expect(await call(client)).toEqual({ kind: 'ok', value: {} });
    wechat.answers({ errmsg: 'ok' });
    expect(await call(client)).toMatchObject({ kind: 'ambiguous', cause: 'unreadable' });
  });

  const first = {
    firstClass: '工具',
    firstId: 1,
    secondClass: '备忘录',
    secondId: 2,
    thirdClass: '',
    thirdId: 0,
  };
  const rejected = {
    auditId: 1234567n,
    state: 'REJECTED',
    reason: '帐号信息不合规范',
    screenshots: ['xxx', 'yyy', 'zzz'],
    userVersion: '',
    userDesc: '',
    submittedAt: undefined,
  };
  const queries: [string, Call, unknown][] = [
    [
      'get_category',
      (c) => c.listCategories(),
      {
        categories: [
          first,
          {
            firstClass: '教育',
            firstId: 3,
            secondClass: '学历教育',
            secondId: 4,
            thirdClass: '高等',
            thirdId: 5,
          },
        ],
      },
    ],
    ['get_page', (c) => c.listPages(), { pages: ['index', 'page/list', 'page/detail'] }],
    ['submit_audit', (c) => c.submitAudit({ items: [item] }), { auditId: 1234567n }],
    ['get_auditstatus', (c) => c.getAuditStatus({ auditId: 1234567n }), rejected],
    [
      'get_latest_auditstatus',
      (c) => c.getLatestAuditStatus(),
      {
        ...rejected,
        screenshots: ['xx', 'yy', 'zz'],
        userVersion: 'V1.5',
        userDesc: 'test',
        submittedAt: new Date(1640763673_000),
      },
    ],
    [
      'getweappsupportversion',
      (c) => c.getSupportVersion(),
      {
        nowVersion: '1.0.0',
        shares: ['1.0.0', '1.0.1', '1.1.0'].map((version) => ({ version, percentage: 0 })),
      },
    ],
    [
      'getgrayreleaseplan',
      (c) => c.getGrayReleasePlan(),
      {
        plan: {
          status: 'RUNNING',
          percentage: 8,
          supportDebuggerFirst: true,
          supportExperiencerFirst: true,
          createdAt: new Date(1517553721_000),
          defaultFinishAt: undefined,
        },
      },
    ],
    [
      'getversioninfo',
      (c) => c.getVersionInfo(),
      {
        trial: { version: 'V1.0', desc: 'test', createdAt: new Date(1640762988_000) },
        release: { version: 'V1.5', desc: 'test', createdAt: new Date(1640763902_000) },
      },
    ],
  ];

  it.each(queries)(
    "of %s is read from WeChat's example, also without an errcode",
    async (name, call, value) => {
      const { errcode, ...bare }: { errcode?: number } = { ...example(name).response };
      expect(errcode).toBe(0);
      for (const response of [example(name).response, bare]) {
        wechat.answers(response);
        expect(await call(client)).toEqual({ kind: 'ok', value });
      }
      wechat.answers({});
      expect(await call(client)).toMatchObject({ kind: 'ambiguous', cause: 'unreadable' });
    },
  );

  it.each<[string, string, Call, unknown]>([
    ['an auditid beyond 2^53 as a number', '{"errcode":0,"auditid":9007199254740993}', submit, big()],
    ['an auditid beyond 2^53 as a string', '{"errcode":"0","auditid":"9007199254740993"}', submit, big()],
    ['escaped slashes', '{"errcode":0,"page_list":["page\\/list"]}', pages, { pages: ['page/list'] }],
    ['no pages', '{"errcode":0}', pages, { pages: [] }],
    ['no categories', '{"errcode":0}', (c) => c.listCategories(), { categories: [] }],
    ['no gray release', '{"errcode":0}', plan, { plan: undefined }],
    ['an empty plan', '{"errcode":0,"gray_release_plan":[]}', plan, { plan: undefined }],
    ['no versions', '{"errcode":0}', (c) => c.getVersionInfo(), { trial: undefined, release: undefined }],
    ['a byte order mark', '\ufeff{"errcode":0}', (c) => c.release(), {}],
  ])('may have %s', async (_name, text, call, value) => {
    wechat.answers(text);
    expect(await call(client)).toEqual({ kind: 'ok', value });
  });

  it("of get_latest_auditstatus has the source document's string id", async () => {
    wechat.answers(example('get_latest_auditstatus').variants[0] ?? {});
    const value = { ...rejected, screenshots: [] };
    expect(await client.getLatestAuditStatus()).toEqual({ kind: 'ok', value });
  });

  it.each([
    [0, 'APPROVED'],
    [1, 'REJECTED'],
    [2, 'PENDING'],
    [3, 'WITHDRAWN'],
    ['4', 'DELAYED'],
    [9, 'UNSPECIFIED'],
  ])('of get_auditstatus with status %j is %s', async (status, state) => {
    wechat.answers({ errcode: 0, status });
    const result = await client.getAuditStatus({ auditId: 1n });
    expect(result).toMatchObject({ kind: 'ok', value: { state } });
  });

  it.each([0, 1, 2, 3, 4, 5])('of getgrayreleaseplan has a name for status %d', async (status) => {
    const names = ['INITIAL', 'RUNNING', 'PAUSED', 'COMPLETED', 'DELETED', 'UNSPECIFIED'];
    wechat.answers({ errcode: 0, gray_release_plan: { status, gray_percentage: 0 } });
    const result = await client.getGrayReleasePlan();
    expect(result).toMatchObject({ value: { plan: { status: names[status], percentage: 0 } } });
  });

  it('without the auditid is unreadable, though WeChat says ok', async () => {
    wechat.answers(done);
    expect(await submit(client)).toMatchObject({ kind: 'ambiguous', cause: 'unreadable' });
  });
});

describe('the trial QR code', () => {
  it('is the bytes of the image', async () => {
    const image = Buffer.from([0xff, 0xd8, 0xff, 0x00, 0x7b]);
    wechat.answers((response) => response.writeHead(200, { 'content-type': 'image/jpeg' }).end(image));
    const result = await client.getTrialQrCode();
    expect(result).toEqual({ kind: 'ok', value: { image, contentType: 'image/jpeg' } });
  });

  it('is an error where WeChat answers JSON', async () => {
    wechat.answers({ errcode: -1, errmsg: 'system error' }, 200, { 'content-type': 'image/jpeg' });
    expect(await client.getTrialQrCode()).toMatchObject({ kind: 'retryable', cause: 'busy' });
  });

  it.each([
    ['an empty image', '', 'image/jpeg'],
    ['a page of HTML', '<html>', 'text/html'],
    ['ok without an image', '{"errcode":0}', 'application/json'],
  ])('is unreadable where the answer is %s', async (_name, body, type) => {
    wechat.answers(body, 200, { 'content-type': type });
    expect(await client.getTrialQrCode()).toMatchObject({ kind: 'ambiguous', cause: 'unreadable' });
  });
});

function submit(c: WxaClient): Promise<WxaResult<unknown>> {
  return c.submitAudit({ items: [item] });
}

function pages(c: WxaClient): Promise<WxaResult<unknown>> {
  return c.listPages();
}

function plan(c: WxaClient): Promise<WxaResult<unknown>> {
  return c.getGrayReleasePlan();
}

function big(): { auditId: bigint } {
  return { auditId: 9007199254740993n };
}
