import { randomBytes } from 'node:crypto';
import type { Method } from '@wxa/contracts';
import { type Exchange, LARGE } from './exchange.js';

/** The size of WeChat's pictures. */
const PICTURE = randomBytes(100_000);
const SCREENSHOT = Buffer.concat([Buffer.from('89504e470d0a1a0a', 'hex'), PICTURE]);
const picture = { image: PICTURE.toString('base64'), contentType: 'image/jpeg' };

const TEMPLATE = {
  ...{ templateId: `${LARGE}`, userVersion: 'VVV', userDesc: 'AAS', draftId: '7', templateType: 1 },
  ...{ createTime: '2017-03-08T09:39:04.000Z', sourceAppid: 'wx0', sourceName: '示例' },
};

/** The queries of code, audits, releases and the template library. */
export const QUERIES = {
  GetTrialQrCode: [
    {
      what: 'a page with a parameter, encoded once',
      request: { path: 'page/index?action=1' },
      query: 'path=page%2Findex%3Faction%3D1',
      answer: PICTURE,
      result: picture,
    },
    { what: 'no page', answer: PICTURE, result: picture },
  ],
  ListCategories: [
    {
      what: 'two levels and three',
      answer: `{"errcode":0,"errmsg": "ok","category_list" : [
        {"first_class":"工具","second_class":"备忘录","first_id":1,"second_id":2},
        {"first_class":"教育","second_class":"学历教育","third_class":"高等","first_id":3,"second_id":4,"third_id":5}]}`,
      result: {
        categories: [
          { firstClass: '工具', firstId: 1, secondClass: '备忘录', secondId: 2 },
          {
            ...{ firstClass: '教育', firstId: 3, secondClass: '学历教育', secondId: 4 },
            ...{ thirdClass: '高等', thirdId: 5 },
          },
        ],
      },
    },
  ],
  GetAuditScreenshot: [
    {
      what: 'a screenshot, whose type is that of its first bytes',
      request: { mediaId: 'mp-9@中' },
      body: '{"media_id":"mp-9@中"}',
      answer: SCREENSHOT,
      result: { content: SCREENSHOT.toString('base64'), contentType: 'image/png' },
    },
  ],
  ListPages: [
    {
      what: 'pages with escaped slashes',
      answer: '{"errcode":0,"errmsg":"ok","page_list":["index","page\\/list","page\\/详情🎉"]}',
      result: { pages: ['index', 'page/list', 'page/详情🎉'] },
    },
  ],
  ListDrafts: [
    {
      what: 'all fields',
      answer: `{"errcode":0,"errmsg":"ok","draft_list":[{"create_time":1488965944,"user_version":"VVV",
        "user_desc":"描述","draft_id":${LARGE},"source_miniprogram":"示例","source_miniprogram_appid":"wx0",
        "developer":"开发者 🎉"},{"create_time":1504790906,"user_version":"11","user_desc":"","draft_id":4}]}`,
      result: {
        drafts: [
          {
            ...{ draftId: `${LARGE}`, userVersion: 'VVV', userDesc: '描述' },
            ...{ createTime: '2017-03-08T09:39:04.000Z', sourceAppid: 'wx0', sourceName: '示例' },
            developer: '开发者 🎉',
          },
          { draftId: '4', userVersion: '11', createTime: '2017-09-07T13:28:26.000Z' },
        ],
      },
    },
  ],
  ListTemplates: [
    {
      what: 'all fields',
      answer: `{"errcode":0,"errmsg":"ok","template_list":[{"create_time":1488965944,"user_version":"VVV",
        "user_desc":"AAS","template_id":${LARGE},"draft_id":7,"template_type":1,"source_miniprogram":"示例",
        "source_miniprogram_appid":"wx0"}]}`,
      result: { templates: [TEMPLATE] },
      answered: { templates: [{ ...TEMPLATE, use: {} }] },
    },
    {
      what: 'the ordinary ones',
      request: { templateType: 0 },
      query: 'template_type=0',
      answer: '{"errcode":0,"errmsg":"ok","template_list":[]}',
      result: {},
    },
  ],
  GetAuditStatus: [
    {
      what: 'an id that is not rounded, with screenshots',
      request: { auditId: LARGE },
      body: `{"auditid":${LARGE}}`,
      answer: '{"errcode":0,"errmsg":"ok","status":1,"reason":"1:…","screenshot":"xxx|yyy|zzz"}',
      result: {
        audit: {
          auditId: `${LARGE}`,
          state: 'AUDIT_STATE_REJECTED',
          reason: '1:…',
          screenshots: ['xxx', 'yyy', 'zzz'],
        },
      },
    },
  ],
  GetLatestAuditStatus: [
    {
      what: 'the id as a string',
      answer:
        '{"errcode":0,"errmsg":"ok","auditid":"1234567","status":1,"reason":"帐号信息不合规范","screenshot":"a|b"}',
      result: {
        audit: {
          auditId: '1234567',
          state: 'AUDIT_STATE_REJECTED',
          reason: '帐号信息不合规范',
          screenshots: ['a', 'b'],
        },
      },
    },
    {
      what: 'all current fields',
      answer: `{"errcode":0,"errmsg":"ok","auditid":${LARGE},"status":4,"reason":"延后","ScreenShot":"xx|yy|zz",
        "user_version":"V1.5 🚀","user_desc":"测试","submit_audit_time":1640763673}`,
      result: {
        audit: {
          auditId: `${LARGE}`,
          state: 'AUDIT_STATE_DELAYED',
          reason: '延后',
          screenshots: ['xx', 'yy', 'zz'],
          userVersion: 'V1.5 🚀',
          userDesc: '测试',
          submitTime: '2021-12-29T07:41:13.000Z',
        },
      },
    },
  ],
  GetAuditQuota: [
    {
      what: 'the remaining numbers',
      answer: '{"errcode":0,"errmsg":"ok","rest":7,"limit":100,"speedup_rest":1,"speedup_limit":3}',
      result: { rest: 7, limit: 100, speedupRest: 1, speedupLimit: 3 },
    },
  ],
  GetPrivacyCheck: [
    {
      what: 'its findings',
      answer: `{"errcode":0,"errmsg":"ok","without_auth_list":["wx.getLocation","wx.onLocationChange"],
        "without_conf_list":["wx.onLocationChange"]}`,
      result: {
        done: true,
        withoutAuth: ['wx.getLocation', 'wx.onLocationChange'],
        withoutConf: ['wx.onLocationChange'],
      },
    },
    {
      what: 'a check in progress, which is not a failure',
      answer: '{"errcode":61039,"errmsg":"privacy api check is not finished"}',
      result: {},
    },
  ],
  GetSupportVersion: [
    {
      what: 'shares',
      body: '{}',
      answer: `{"errcode":0,"errmsg":"ok","now_version":"1.0.0","uv_info":{"items":[
        {"percentage":0,"version":"1.0.0"},{"percentage":12.25,"version":"1.0.1"},{"percentage":100,"version":"1.1.0"}]}}`,
      result: {
        nowVersion: '1.0.0',
        shares: [
          { version: '1.0.0' },
          { version: '1.0.1', percentage: 12.25 },
          { version: '1.1.0', percentage: 100 },
        ],
      },
    },
  ],
  GetGrayReleasePlan: [
    {
      what: 'all current fields',
      answer: `{"errcode":0,"errmsg":"ok","gray_release_plan":{"status":1,"create_timestamp":1517553721,
        "gray_percentage":8,"support_experiencer_first":true,"support_debuger_first":true,
        "default_finish_timestamp":1518158521}}`,
      result: {
        plan: {
          status: 'GRAY_RELEASE_STATUS_RUNNING',
          createTime: '2018-02-02T06:42:01.000Z',
          percentage: 8,
          supportDebuggerFirst: true,
          supportExperiencerFirst: true,
          defaultFinishTime: '2018-02-09T06:42:01.000Z',
        },
      },
    },
    { what: 'no plan', answer: '{"errcode":0,"errmsg":"ok"}', result: {} },
  ],
  GetVersionInfo: [
    {
      what: 'both versions',
      body: '{}',
      answer: `{"errcode":0,"errmsg":"ok",
        "exp_info":{"exp_time":1640762988,"exp_version":"V1.0 🚀","exp_desc":"测试"},
        "release_info":{"release_time":1640763902,"release_version":"V1.5","release_desc":"test"}}`,
      result: {
        trial: { version: 'V1.0 🚀', desc: '测试', time: '2021-12-29T07:29:48.000Z' },
        release: { version: 'V1.5', desc: 'test', time: '2021-12-29T07:45:02.000Z' },
      },
    },
    {
      what: 'no live version',
      body: '{}',
      answer:
        '{"errcode":0,"errmsg":"ok","exp_info":{"exp_time":1640762988,"exp_version":"1","exp_desc":""}}',
      result: { trial: { version: '1', time: '2021-12-29T07:29:48.000Z' } },
    },
  ],
  ListReleaseHistory: [
    {
      what: 'two versions, a number that is not rounded',
      query: 'action=get_history_version',
      answer: `{"errcode":0,"errmsg":"ok","version_list":[
        {"commit_time":1488965944,"user_version":"VVV","user_desc":"AAS","app_version":${LARGE}},
        {"commit_time":1504790906,"user_version":"11","user_desc":"描述","app_version":222}]}`,
      result: {
        versions: [
          {
            appVersion: `${LARGE}`,
            userVersion: 'VVV',
            userDesc: 'AAS',
            commitTime: '2017-03-08T09:39:04.000Z',
          },
          { appVersion: '222', userVersion: '11', userDesc: '描述', commitTime: '2017-09-07T13:28:26.000Z' },
        ],
      },
    },
  ],
  GetVisitStatus: ['VISIT_STATUS_CLOSED', 'VISIT_STATUS_OPEN'].map((name, status) => ({
    what: `status ${status}`,
    body: '{}',
    answer: `{"errcode":0,"errmsg":"ok","status":${status}}`,
    result: { status: name },
  })),
} satisfies { [M in Method]?: Exchange<M>[] };
