import { readFileSync } from 'node:fs';
import { expect, it } from '@jest/globals';
import { client, useLocalWechat, wechat } from './fixtures/use-local-wechat.js';
import type { WxaClient } from './wxa-client.js';
import type { WxaResult } from './wxa-result.js';

interface Example {
  method: string;
  path: string;
  request: object | null;
  response: object;
  variants: object[];
}

function example(name: string): Example {
  return JSON.parse(readFileSync(new URL(`../fixtures/api/${name}.json`, import.meta.url), 'utf8'));
}

useLocalWechat();

const item = { firstClass: '文娱', firstId: 1, secondClass: '资讯', secondId: 2 };

type Call = (client: WxaClient) => Promise<WxaResult<unknown>>;

/** Of an example whose request has no fields also that nothing else was sent. */
function expectRequestOf(name: string): void {
  const { method, path, request } = example(name);
  const [sent] = wechat.received;
  expect(sent).toMatchObject({ method, url: expect.stringMatching(`^${path}\\?access_token=T`) });
  const empty = request === null ? '' : '{}';
  if (JSON.stringify(request ?? {}) === '{}') expect(sent?.body).toBe(empty);
}

const changes: [string, Call][] = [
  ['commit', (c) => c.commit({ templateId: 0n, extJson: '{}', userVersion: 'V1', userDesc: '' })],
  ['release', (c) => c.release()],
  ['change_visitstatus', (c) => c.changeVisitStatus({ visible: false })],
  ['setweappsupportversion', (c) => c.setSupportVersion({ version: '1.0.0' })],
  ['revertcoderelease', (c) => c.revertRelease()],
  ['undocodeaudit', (c) => c.undoAudit()],
  ['grayrelease', (c) => c.grayRelease({ percentage: 1 })],
  ['speedupaudit', (c) => c.speedUpAudit({ auditId: 1n })],
  ['revertgrayrelease', (c) => c.revertGrayRelease()],
];

it.each(changes)(
  'The response of %s is ok with errcode 0, and unreadable without an errcode',
  async (name, call) => {
    wechat.answers(example(name).response);
    expect(await call(client)).toEqual({ kind: 'ok', value: {} });
    expectRequestOf(name);
    wechat.answers({ errmsg: 'ok' });
    expect(await call(client)).toMatchObject({ kind: 'ambiguous', cause: 'unreadable' });
  },
);

it("The response of an upload is read from WeChat's examples", async () => {
  const { response, variants } = example('uploadmedia');
  const file = { fileName: 'a.png', contentType: 'image/png', content: new Blob(['x']) };
  const types = [];
  for (const answer of [response, ...variants]) {
    wechat.answers(answer);
    const result = await client.uploadAuditMedia(file);
    types.push(result.kind === 'ok' && result.value);
  }
  const mediaId = 'xxxxxxxxxxxxxxxxx';
  expect(types).toEqual(['image', 'video'].map((type) => ({ mediaId, type })));
  wechat.answers({ errcode: 0, errmsg: 'ok', type: 'image' });
  expect(await client.uploadAuditMedia(file)).toMatchObject({ kind: 'ambiguous', cause: 'unreadable' });
});

const [first, second] = [
  { firstClass: '工具', firstId: 1, secondClass: '备忘录', secondId: 2, thirdClass: '', thirdId: 0 },
  { firstClass: '教育', firstId: 3, secondClass: '学历教育', secondId: 4, thirdClass: '高等', thirdId: 5 },
];
const noVersion = { userVersion: '', userDesc: '', submittedAt: undefined };
const rejected = { auditId: 1234567n, state: 'REJECTED', reason: '帐号信息不合规范' };
const ofId = { ...rejected, ...noVersion, screenshots: ['xxx', 'yyy', 'zzz'] };
const latest = { screenshots: ['xx', 'yy', 'zz'], userVersion: 'V1.5', userDesc: 'test' };
const at = (seconds: number) => new Date(seconds * 1000);
const flags = { supportDebuggerFirst: true, supportExperiencerFirst: true };
const shares = ['1.0.0', '1.0.1', '1.1.0'].map((version) => ({ version, percentage: 0 }));
const privacy = {
  withoutAuth: ['wx.getLocation', 'wx.onLocationChange'],
  withoutConf: ['wx.onLocationChange'],
};
const runningPlan = {
  status: 'RUNNING',
  percentage: 8,
  createdAt: at(1517553721),
  defaultFinishAt: undefined,
};
const queries: [string, Call, unknown][] = [
  ['get_category', (c) => c.listCategories(), { categories: [first, second] }],
  ['get_page', (c) => c.listPages(), { pages: ['index', 'page/list', 'page/detail'] }],
  ['submit_audit', (c) => c.submitAudit({ items: [item] }), { auditId: 1234567n }],
  ['get_auditstatus', (c) => c.getAuditStatus({ auditId: 1234567n }), ofId],
  [
    'get_latest_auditstatus',
    (c) => c.getLatestAuditStatus(),
    { ...rejected, ...latest, submittedAt: at(1640763673) },
  ],
  ['getweappsupportversion', (c) => c.getSupportVersion(), { nowVersion: '1.0.0', shares }],
  ['getgrayreleaseplan', (c) => c.getGrayReleasePlan(), { plan: { ...runningPlan, ...flags } }],
  ['queryquota', (c) => c.getAuditQuota(), { rest: 0, limit: 0, speedupRest: 0, speedupLimit: 0 }],
  ['get_code_privacy_info', (c) => c.getPrivacyCheck(), privacy],
  ['getvisitstatus', (c) => c.getVisitStatus(), { visible: true }],
  [
    'get_history_version',
    (c) => c.listReleaseHistory(),
    {
      versions: [
        { appVersion: 111n, userVersion: 'VVV', userDesc: 'AAS', committedAt: at(1488965944) },
        { appVersion: 222n, userVersion: '11', userDesc: '111111', committedAt: at(1504790906) },
      ],
    },
  ],
  [
    'getversioninfo',
    (c) => c.getVersionInfo(),
    {
      trial: { version: 'V1.0', desc: 'test', createdAt: at(1640762988) },
      release: { version: 'V1.5', desc: 'test', createdAt: at(1640763902) },
    },
  ],
];

it.each(queries)(
  "The response of %s is read from WeChat's example, also without an errcode",
  async (name, call, value) => {
    const { errcode, ...bare }: { errcode?: number } = { ...example(name).response };
    expect(errcode).toBe(0);
    for (const response of [example(name).response, bare]) {
      wechat.answers(response);
      expect(await call(client)).toEqual({ kind: 'ok', value });
    }
    expectRequestOf(name);
    wechat.answers({});
    expect(await call(client)).toMatchObject({ kind: 'ambiguous', cause: 'unreadable' });
  },
);

it("The response of get_latest_auditstatus has the source document's string id", async () => {
  wechat.answers(example('get_latest_auditstatus').variants[0] ?? {});
  const value = { ...rejected, ...noVersion, screenshots: [] };
  expect(await client.getLatestAuditStatus()).toEqual({ kind: 'ok', value });
});
