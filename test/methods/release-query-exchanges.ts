import type { Method } from '@wxa/contracts';
import { type Exchange, LARGE } from './exchange.js';

/** The queries of what is released: versions, gray release and visibility. */
export const RELEASE_QUERIES = {
  GetSupportVersion: [
    {
      what: 'shares',
      request: {},
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
    ...['INITIAL', 'RUNNING', 'PAUSED', 'COMPLETED', 'DELETED'].map((state, status) => ({
      what: `status ${status}`,
      request: {},
      answer: `{"errcode":0,"errmsg":"ok","gray_release_plan":{
        "status":${status},"create_timestamp":1517553721,"gray_percentage":8}}`,
      result: {
        plan: {
          status: `GRAY_RELEASE_STATUS_${state}`,
          createTime: '2018-02-02T06:42:01.000Z',
          percentage: 8,
        },
      },
    })),
    {
      what: 'all current fields',
      request: {},
      answer: `{"errcode":0,"errmsg":"ok","gray_release_plan":{"status":1,"create_timestamp":1517553721,
        "gray_percentage":0,"support_experiencer_first":true,"support_debuger_first":true,
        "default_finish_timestamp":1518158521}}`,
      result: {
        plan: {
          status: 'GRAY_RELEASE_STATUS_RUNNING',
          createTime: '2018-02-02T06:42:01.000Z',
          supportDebuggerFirst: true,
          supportExperiencerFirst: true,
          defaultFinishTime: '2018-02-09T06:42:01.000Z',
        },
      },
    },
    { what: 'no plan', request: {}, answer: '{"errcode":0,"errmsg":"ok"}', result: {} },
  ],
  GetVersionInfo: [
    {
      what: 'both versions',
      request: {},
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
      request: {},
      body: '{}',
      answer:
        '{"errcode":0,"errmsg":"ok","exp_info":{"exp_time":1640762988,"exp_version":"1","exp_desc":""}}',
      result: { trial: { version: '1', time: '2021-12-29T07:29:48.000Z' } },
    },
  ],
  ListReleaseHistory: [
    {
      what: 'two versions, a number that is not rounded',
      request: {},
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
          {
            appVersion: '222',
            userVersion: '11',
            userDesc: '描述',
            commitTime: '2017-09-07T13:28:26.000Z',
          },
        ],
      },
    },
    {
      what: 'none',
      request: {},
      query: 'action=get_history_version',
      answer: '{"errcode":0,"errmsg":"ok","version_list":[]}',
      result: {},
    },
  ],
  GetVisitStatus: ['VISIT_STATUS_CLOSED', 'VISIT_STATUS_OPEN'].map((name, status) => ({
    what: `status ${status}`,
    request: {},
    body: '{}',
    answer: `{"errcode":0,"errmsg":"ok","status":${status}}`,
    result: { status: name },
  })),
} satisfies { [M in Method]?: Exchange<M>[] };
