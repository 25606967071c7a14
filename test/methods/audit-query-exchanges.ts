import type { Method } from '@wxa/contracts';
import { type Exchange, LARGE, OK } from './exchange.js';

/** The queries of audits, their quota and the privacy check before them. */
export const AUDIT_QUERIES = {
  GetAuditStatus: [
    ...['APPROVED', 'REJECTED', 'PENDING', 'WITHDRAWN', 'DELAYED'].map((state, status) => ({
      what: `status ${status}`,
      request: { auditId: 1234567n },
      body: '{"auditid":1234567}',
      answer: `{"errcode":0,"errmsg":"ok","status":${status},"reason":"帐号信息不合规范 😢"}`,
      result: { audit: { auditId: '1234567', state: `AUDIT_STATE_${state}`, reason: '帐号信息不合规范 😢' } },
    })),
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
      request: {},
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
      request: {},
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
      request: {},
      answer: '{"errcode":0,"errmsg":"ok","rest":7,"limit":100,"speedup_rest":1,"speedup_limit":3}',
      result: { rest: 7, limit: 100, speedupRest: 1, speedupLimit: 3 },
    },
    {
      what: "WeChat's example, with no quota left",
      request: {},
      answer: '{"errcode":0,"errmsg":"ok","rest":0,"limit":0,"speedup_rest":0,"speedup_limit":0}',
      result: {},
    },
  ],
  GetPrivacyCheck: [
    {
      what: 'its findings',
      request: {},
      answer: `{"errcode":0,"errmsg":"ok","without_auth_list":["wx.getLocation","wx.onLocationChange"],
        "without_conf_list":["wx.onLocationChange"]}`,
      result: {
        done: true,
        withoutAuth: ['wx.getLocation', 'wx.onLocationChange'],
        withoutConf: ['wx.onLocationChange'],
      },
    },
    { what: 'nothing', request: {}, answer: OK, result: { done: true } },
    {
      what: 'a check in progress, which is not a failure',
      request: {},
      answer: '{"errcode":61039,"errmsg":"privacy api check is not finished"}',
      result: {},
    },
  ],
} satisfies { [M in Method]?: Exchange<M>[] };
