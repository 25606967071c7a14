import { readFileSync } from 'node:fs';
import { expect, it } from '@jest/globals';
import { client, useLocalWechat, wechat } from './fixtures/use-local-wechat.js';
import type { WxaClient } from './wxa-client.js';
import type { WxaResult } from './wxa-result.js';

type Call = (client: WxaClient) => Promise<WxaResult<unknown>>;

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

const ok = { errcode: 0, errmsg: 'ok' };
const unreadable = { kind: 'ambiguous', cause: 'unreadable' };
const item = { firstClass: '文娱', firstId: 1, secondClass: '资讯', secondId: 2, thirdClass: '', thirdId: 0 };
const file = { fileName: 'a.png', contentType: 'image/png', content: new Blob(['x']) };

/** The calls of the APIs of which WeChat shows an example. What their values are: test/methods/every-method.spec.ts. */
const shown: Record<string, Call> = {
  commit: (c) => c.commit({ templateId: 0n, extJson: '{}', userVersion: 'V1', userDesc: '' }),
  release: (c) => c.release(),
  change_visitstatus: (c) => c.changeVisitStatus({ visible: false }),
  setweappsupportversion: (c) => c.setSupportVersion({ version: '1.0.0' }),
  revertcoderelease: (c) => c.revertRelease(),
  undocodeaudit: (c) => c.undoAudit(),
  grayrelease: (c) => c.grayRelease({ percentage: 1 }),
  speedupaudit: (c) => c.speedUpAudit({ auditId: 1n }),
  revertgrayrelease: (c) => c.revertGrayRelease(),
  uploadmedia: (c) => c.uploadAuditMedia(file),
  get_category: (c) => c.listCategories(),
  get_page: (c) => c.listPages(),
  submit_audit: (c) => c.submitAudit({ items: [item] }),
  get_auditstatus: (c) => c.getAuditStatus({ auditId: 1234567n }),
  get_latest_auditstatus: (c) => c.getLatestAuditStatus(),
  getweappsupportversion: (c) => c.getSupportVersion(),
  getgrayreleaseplan: (c) => c.getGrayReleasePlan(),
  queryquota: (c) => c.getAuditQuota(),
  get_code_privacy_info: (c) => c.getPrivacyCheck(),
  getvisitstatus: (c) => c.getVisitStatus(),
  get_history_version: (c) => c.listReleaseHistory(),
  getversioninfo: (c) => c.getVersionInfo(),
};

it.each(Object.entries(shown))(
  "The response of %s is read from WeChat's examples, without an errcode only if it has data",
  async (name, call) => {
    const { method, path, request, response, variants } = example(name);
    // Other variants are of the request.
    for (const answer of [response, ...variants].filter((one) => 'errcode' in one)) {
      wechat.answers(answer);
      const result = await call(client);
      expect(result).toMatchObject({ kind: 'ok' });
      const { errcode, ...bare } = answer as { errcode: number };
      expect(errcode).toBe(0);
      wechat.answers(bare);
      const hasData = Object.keys(bare).some((field) => field !== 'errmsg');
      expect(await call(client)).toMatchObject(hasData ? result : unreadable);
    }
    const [sent] = wechat.received;
    expect(sent).toMatchObject({ method, url: expect.stringMatching(`^${path}\\?access_token=T`) });
    const empty = request === null ? '' : '{}';
    if (JSON.stringify(request ?? {}) === '{}') expect(sent?.body).toBe(empty);
    wechat.answers({});
    expect(await call(client)).toMatchObject(unreadable);
  },
);

const domains = { request: [], websocket: [], upload: [], download: [], udp: [], tcp: [] };
const none = { domains: [], publishedToo: false };

it.each<[string, Call]>([
  ['listDrafts', (c) => c.listDrafts()],
  ['addTemplate', (c) => c.addTemplate({ draftId: 1n })],
  ['listTemplates', (c) => c.listTemplates()],
  ['deleteTemplate', (c) => c.deleteTemplate({ templateId: 1n })],
  ['getServerDomains', (c) => c.getServerDomains()],
  ['setServerDomains', (c) => c.setServerDomains({ domains })],
  ['getEffectiveServerDomains', (c) => c.getEffectiveServerDomains()],
  ['setWebviewDomains', (c) => c.setWebviewDomains({ domains: [] })],
  ['getEffectiveWebviewDomains', (c) => c.getEffectiveWebviewDomains()],
  ['setPlatformServerDomains', (c) => c.setPlatformServerDomains(none)],
  ['setPlatformWebviewDomains', (c) => c.setPlatformWebviewDomains(none)],
  ['getPlatformServerDomains', (c) => c.getPlatformServerDomains()],
  ['getPlatformWebviewDomains', (c) => c.getPlatformWebviewDomains()],
  ['getPlatformDomainFile', (c) => c.getPlatformDomainFile()],
  ['getPrivacyGuide', (c) => c.getPrivacyGuide()],
  ['setPrivacyGuide', (c) => c.setPrivacyGuide({ purposes: [], owner: {}, sdks: [] })],
  ['setLivePrivacyOwner', (c) => c.setLivePrivacyOwner({ owner: {} })],
  ['listPrivacyInterfaces', (c) => c.listPrivacyInterfaces()],
  ['applyPrivacyInterface', (c) => c.applyPrivacyInterface({ apiName: 'wx.getLocation', content: 'x' })],
  ['uploadPrivacyText', (c) => c.uploadPrivacyText({ text: '' })],
  ['getFiling', (c) => c.getFiling()],
  ['addTester', (c) => c.addTester({ wechatId: 'a' })],
  ['removeTester', (c) => c.removeTester({ wechatId: 'a' })],
  ['listTesters', (c) => c.listTesters()],
])('The response of %s is unreadable if it has neither an errcode nor data', async (_name, call) => {
  wechat.answers({ errmsg: ok.errmsg });
  expect(await call(client)).toMatchObject(unreadable);
});

it('The response of getVisitStatus is unreadable if its status is neither 0 nor 1.', async () => {
  wechat.answers({ ...ok, status: 2 });
  expect(await client.getVisitStatus()).toMatchObject(unreadable);
});
