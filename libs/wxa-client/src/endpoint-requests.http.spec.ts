import { expect, it } from '@jest/globals';
import type { Received } from './fixtures/local-wechat.js';
import { client, useLocalWechat, wechat } from './fixtures/use-local-wechat.js';
import type { WxaClient } from './wxa-client.js';
import type { WxaResult } from './wxa-result.js';

useLocalWechat({ path: '/proxy/', token: 'T/1 +' });

const done = { errcode: 0, errmsg: 'ok' };
const item = { firstClass: '文娱', firstId: 1, secondClass: '资讯', secondId: 2 };
const itemSent = '"first_class":"文娱","second_class":"资讯","first_id":1,"second_id":2';
const itemJson = JSON.parse(`{${itemSent}}`);
const big = 9007199254740993n;
const bigAudit = '{"auditid":9007199254740993}';
const defaults = { address: '', tag: '', title: '', thirdClass: '', thirdId: 0 };
const noPreview = { videoIds: [], pictureIds: [] };
const nothing = { feedbackInfo: '', feedbackMediaIds: [], preview: noPreview, privacyApiNotUsed: false };

type Call = (client: WxaClient) => Promise<WxaResult<unknown>>;
/** Name, call, API, and the body of a POST. */
type Case = [name: string, call: Call, api: string, body: string | undefined];

/** What endpoint-answers.http.spec.ts does not compare with WeChat's examples. */
const cases: Case[] = [
  [
    'commit',
    (c) => c.commit({ templateId: big, extJson: '{"a":"中"}', userVersion: 'V1', userDesc: '' }),
    'wxa/commit',
    '{"template_id":9007199254740993,"ext_json":"{\\"a\\":\\"中\\"}","user_version":"V1","user_desc":""}',
  ],
  ['getTrialQrCode', (c) => c.getTrialQrCode({ path: '' }), 'wxa/get_qrcode', undefined],
  [
    'submitAudit, nothing but defaults',
    (c) => c.submitAudit({ items: [{ ...item, ...defaults }], ...nothing }),
    'wxa/submit_audit',
    `{"item_list":[{${itemSent}}]}`,
  ],
  [
    'submitAudit, pictures without a video',
    (c) => c.submitAudit({ items: [item], preview: { pictureIds: ['p'] } }),
    'wxa/submit_audit',
    `{"item_list":[{${itemSent}}],"preview_info":{"video_id_list":[],"pic_id_list":["p"]}}`,
  ],
  ['getAuditStatus', (c) => c.getAuditStatus({ auditId: big }), 'wxa/get_auditstatus', bigAudit],
  ['show', (c) => c.changeVisitStatus({ visible: true }), 'wxa/change_visitstatus', '{"action":"open"}'],
  ['hide', (c) => c.changeVisitStatus({ visible: false }), 'wxa/change_visitstatus', '{"action":"close"}'],
  [
    'setSupportVersion',
    (c) => c.setSupportVersion({ version: '1.0.0' }),
    'cgi-bin/wxopen/setweappsupportversion',
    '{"version":"1.0.0"}',
  ],
  ['grayRelease', (c) => c.grayRelease({ percentage: 1 }), 'wxa/grayrelease', '{"gray_percentage":1}'],
  [
    'grayRelease, flags only',
    (c) => c.grayRelease({ percentage: 0, supportDebuggerFirst: true, supportExperiencerFirst: true }),
    'wxa/grayrelease',
    '{"gray_percentage":0,"support_debuger_first":true,"support_experiencer_first":true}',
  ],
  ['speedUpAudit', (c) => c.speedUpAudit({ auditId: big }), 'wxa/speedupaudit', bigAudit],
  ['listDrafts', (c) => c.listDrafts(), 'wxa/gettemplatedraftlist', undefined],
  ['addTemplate', (c) => c.addTemplate({ draftId: 1n }), 'wxa/addtotemplate', '{"draft_id":1}'],
  [
    'addTemplate, standard',
    (c) => c.addTemplate({ draftId: big, templateType: 1 }),
    'wxa/addtotemplate',
    '{"draft_id":9007199254740993,"template_type":1}',
  ],
  ['listTemplates', (c) => c.listTemplates(), 'wxa/gettemplatelist', undefined],
  ['deleteTemplate', (c) => c.deleteTemplate({ templateId: 0n }), 'wxa/deletetemplate', '{"template_id":0}'],
];

it.each(cases)('WeChat receives the request of %s', async (_name, call, api, body) => {
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
])('The page path %j is encoded exactly once', async (path, encoded) => {
  await client.getTrialQrCode({ path });
  expect(wechat.received[0]?.url).toBe(`/proxy/wxa/get_qrcode?access_token=T%2F1%20%2B&path=${encoded}`);
});

it.each<[string, Call, RegExp]>([
  [
    'revertRelease has the version',
    (c) => c.revertRelease({ appVersion: big }),
    /&app_version=9007199254740993$/,
  ],
  ['listTemplates has the type, also 0', (c) => c.listTemplates({ templateType: 0 }), /&template_type=0$/],
  [
    'listReleaseHistory has an action',
    (c) => c.listReleaseHistory(),
    /revertcoderelease\?access_token=[^&]+&action=get_history_version$/,
  ],
  [
    'a call with a token has that',
    (c) => c.listPages({}, { token: 'other' }),
    /get_page\?access_token=other$/,
  ],
])('The address of the request of %s', async (_what, call, url) => {
  await call(client);
  expect(wechat.received[0]?.url).toMatch(url);
});

it('The request of uploadAuditMedia has a file as a form, its name quoted', async () => {
  const file = { fileName: 'a"b.png', contentType: 'image/png', content: new Blob(['bytes']) };
  await client.uploadAuditMedia(file);
  const [{ contentType = '', body, method } = { body: '', method: '' }] = wechat.received;
  const boundary = contentType.replace('multipart/form-data; boundary=', '');
  expect([method, boundary.length]).toEqual(['POST', 36]);
  expect(body.split('\r\n')).toEqual([
    `--${boundary}`,
    'content-disposition: form-data; name="media"; filename="a%22b.png"',
    'content-type: image/png',
    '',
    'bytes',
    `--${boundary}--`,
    '',
  ]);
});

it("The request of submitAudit has every field of WeChat's own example of submit_audit", async () => {
  const index = { address: 'index', tag: '学习 生活', title: '首页' };
  const logs = { address: 'logs', tag: '学习', title: '日志' };
  const ugc = { scenes: [1, 2], methods: [1], hasAuditTeam: true, auditDesc: 'b', otherSceneDesc: 'o' };
  await client.submitAudit({
    items: [
      { ...item, ...index },
      { ...item, ...logs, thirdClass: '高等', thirdId: 5n },
    ],
    feedbackInfo: 'blablabla',
    feedbackMediaIds: ['xx', 'yy', 'zz'],
    versionDesc: 'blablabla',
    preview: { videoIds: ['xxxx'], pictureIds: ['xxxx', 'yyyy', 'zzzz'] },
    ugcDeclaration: ugc,
    privacyApiNotUsed: true,
    orderPath: 'order/list',
  });
  expect(JSON.parse(wechat.received[0]?.body ?? '')).toEqual({
    item_list: [
      { ...itemJson, ...index },
      { ...itemJson, ...logs, third_class: '高等', third_id: 5 },
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
