import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { client, useLocalWechat, wechat } from './fixtures/use-local-wechat.js';
import type { WxaClient } from './wxa-client.js';
import type { WxaResult } from './wxa-result.js';

interface Example {
  response: object;
  variants: object[];
}

function example(name: string): Example {
  return JSON.parse(readFileSync(new URL(`../fixtures/api/${name}.json`, import.meta.url), 'utf8'));
}

useLocalWechat();

const item = { firstClass: '文娱', firstId: 1, secondClass: '资讯', secondId: 2 };

type Call = (client: WxaClient) => Promise<WxaResult<unknown>>;

describe('responses', () => {
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
    expect(types).toEqual([
      { mediaId, type: 'image' },
      { mediaId, type: 'video' },
    ]);
    wechat.answers({ errcode: 0, errmsg: 'ok', type: 'image' });
    expect(await client.uploadAuditMedia(file)).toMatchObject({ kind: 'ambiguous', cause: 'unreadable' });
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
    ['queryquota', (c) => c.getAuditQuota(), { rest: 0, limit: 0, speedupRest: 0, speedupLimit: 0 }],
    [
      'get_code_privacy_info',
      (c) => c.getPrivacyCheck(),
      {
        withoutAuth: ['wx.getLocation', 'wx.onLocationChange'],
        withoutConf: ['wx.onLocationChange'],
      },
    ],
    ['getvisitstatus', (c) => c.getVisitStatus(), { visible: true }],
    [
      'get_history_version',
      (c) => c.listReleaseHistory(),
      {
        versions: [
          {
            appVersion: 111n,
            userVersion: 'VVV',
            userDesc: 'AAS',
            committedAt: new Date(1488965944_000),
          },
          {
            appVersion: 222n,
            userVersion: '11',
            userDesc: '111111',
            committedAt: new Date(1504790906_000),
          },
        ],
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
    "The response of %s is read from WeChat's example, also without an errcode",
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

  it("The response of get_latest_auditstatus has the source document's string id", async () => {
    wechat.answers(example('get_latest_auditstatus').variants[0] ?? {});
    const value = { ...rejected, screenshots: [] };
    expect(await client.getLatestAuditStatus()).toEqual({ kind: 'ok', value });
  });
});
