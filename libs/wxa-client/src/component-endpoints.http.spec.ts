import { inspect } from 'node:util';
import { describe, expect, it } from '@jest/globals';
import { client, useLocalWechat, wechat } from './fixtures/use-local-wechat.js';
import { WxaClient } from './wxa-client.js';
import type { WxaResult } from './wxa-result.js';

useLocalWechat({ token: 'SECRET-token' });

const componentAppid = 'wxd0bfc95064b5bfc1';
const appid = 'wxf8b4f85f3a794e77';
const componentAppsecret = 'SECRET/app secret';
const verifyTicket = 'ticket@@@SECRET';
const authorizationCode = 'queryauthcode@@@SECRET';
const refreshToken = 'refreshtoken@@@SECRET';

interface Case {
  name: string;
  call: (client: WxaClient) => Promise<WxaResult<unknown>>;
  query?: '?';
  body: object;
  /** WeChat's example, from the page of the API. */
  answer: object;
  value: unknown;
}

const component_appid = componentAppid;
const authorizer_appid = appid;
const preAuthCode = 'Cx_Dk6qiBE0Dmx4EmlT3oRfArPvwSQ-oa3NL_fwHM7VI08r52wazoZX2Rhpz1dEw';
const authorized = { authorizer_appid, authorizer_access_token: 'QXjUqNqfYVH0yBE1iI', expires_in: 7200 };
const about = { nick_name: '找呀找呀找盲盒', user_name: 'gh_3dacad47dc6b', principal_name: '个人' };
const read = { nickName: '找呀找呀找盲盒', originalId: 'gh_3dacad47dc6b', principalName: '个人' };
const funcInfo = (...ids: number[]) => ids.map((id) => ({ funcscope_category: { id } }));

const cases: Case[] = [
  {
    name: 'api_start_push_ticket',
    call: (c) => c.startPushTicket({ componentAppid, componentAppsecret }),
    query: '?',
    body: { component_appid, component_secret: componentAppsecret },
    answer: { errcode: 0, errmsg: 'in a normal state' },
    value: {},
  },
  {
    name: 'api_component_token',
    call: (c) => c.getComponentToken({ componentAppid, componentAppsecret, verifyTicket }),
    query: '?',
    body: { component_appid, component_appsecret: componentAppsecret, component_verify_ticket: verifyTicket },
    answer: { component_access_token: '61W3mEpU66027', expires_in: 7200 },
    value: { token: '61W3mEpU66027', expiresInMs: 7_200_000 },
  },
  {
    name: 'api_create_preauthcode',
    call: (c) => c.createPreAuthCode({ componentAppid }),
    body: { component_appid },
    answer: { pre_auth_code: preAuthCode, expires_in: 600 },
    value: { preAuthCode, expiresInMs: 600_000 },
  },
  {
    name: 'api_query_auth',
    call: (c) => c.queryAuth({ componentAppid, authorizationCode }),
    body: { component_appid, authorization_code: authorizationCode },
    answer: {
      authorization_info: {
        ...{ ...authorized, authorizer_refresh_token: 'dTo-YCXPL4llX', func_info: funcInfo(1, 2, 3) },
      },
    },
    value: {
      ...{ appid, token: 'QXjUqNqfYVH0yBE1iI', expiresInMs: 7_200_000, refreshToken: 'dTo-YCXPL4llX' },
      permissionSets: [1, 2, 3],
    },
  },
  {
    name: 'api_authorizer_token',
    call: (c) => c.getAuthorizerToken({ componentAppid, appid, refreshToken }),
    body: { component_appid, authorizer_appid, authorizer_refresh_token: refreshToken },
    answer: { authorizer_access_token: 'some', expires_in: 7200, authorizer_refresh_token: 'refresh_token' },
    value: { token: 'some', expiresInMs: 7_200_000, refreshToken: 'refresh_token' },
  },
  {
    name: 'api_get_authorizer_info',
    call: (c) => c.getAuthorizerInfo({ componentAppid, appid }),
    body: { component_appid, authorizer_appid },
    answer: {
      authorizer_info: {
        ...{ ...about, head_img: 'http:xxx', service_type_info: { id: 0 } },
        ...{ signature: '盲盒', account_status: 1 },
        MiniProgramInfo: { categories: [{ first: '工具', second: '效率' }], visit_status: 0 },
      },
      authorization_info: {
        ...{ authorizer_appid, authorizer_refresh_token: 'xxxxxx', func_info: funcInfo(17, 18, 19, 18) },
      },
    },
    value: {
      ...{ appid, refreshToken: 'xxxxxx', permissionSets: [17, 18, 19], ...read, miniProgram: true },
      ...{ headImage: 'http:xxx', signature: '盲盒', accountStatus: 1 },
      categories: [{ first: '工具', second: '效率' }],
    },
  },
  {
    name: 'api_get_authorizer_list',
    call: (c) => c.getAuthorizerList({ componentAppid, offset: 0, count: 100 }),
    body: { component_appid, offset: 0, count: 100 },
    answer: {
      total_count: 33,
      list: [
        { authorizer_appid, refresh_token: 'refresh_token_1', auth_time: 1558000607 },
        { authorizer_appid: 'authorizer_appid_2', auth_time: 0 },
      ],
    },
    value: {
      totalCount: 33,
      authorizers: [
        { appid, refreshToken: 'refresh_token_1', authorizedAt: new Date(1558000607000) },
        { appid: 'authorizer_appid_2', refreshToken: '', authorizedAt: undefined },
      ],
    },
  },
];

describe.each(cases)('$name', ({ name, call, query = '?access_token=SECRET-token', body, answer, value }) => {
  it(`${name} is posted in WeChat's format, and WeChat's example response is read`, async () => {
    wechat.answers(answer);
    expect(await call(client)).toEqual({ kind: 'ok', value });
    const [received] = wechat.received;
    expect(received).toMatchObject({ method: 'POST', url: `/cgi-bin/component/${name}${query}` });
    expect(JSON.parse(received?.body ?? '')).toEqual(body);
  });

  it(`${name} is unreadable if the response lacks its value`, async () => {
    wechat.answers({ errmsg: 'ok', expires_in: 7200, authorizer_info: {}, authorization_info: {} });
    expect(await call(client)).toMatchObject({ kind: 'ambiguous', cause: 'unreadable' });
  });

  it(`${name} returns no secret of its request, whatever WeChat echoes`, async () => {
    const results: unknown[] = [];
    const sent: string[] = [...Object.values(body).map(String), query === '?' ? '' : 'SECRET-token'];
    const secrets = sent.filter((text) => text.includes('SECRET'));
    for (const echo of [...secrets, ...secrets.map(encodeURIComponent)]) {
      wechat.answers({ errcode: 40013, errmsg: `invalid ${echo} rid: ${echo}`, rid: echo });
      results.push(await call(client));
    }
    wechat.answers(secrets.join(), 502);
    results.push(await call(client));
    expect(inspect(results, { depth: 9, showHidden: true })).not.toContain('SECRET');
  });
});

it('A component API without a token needs none, and a wrong secret is not retryable', async () => {
  const bare = new WxaClient({ baseUrl: wechat.baseUrl });
  wechat.answers({ errcode: 40001, errmsg: 'invalid credential' });
  const result = await bare.getComponentToken({ componentAppid, componentAppsecret, verifyTicket });
  expect(result).toMatchObject({ kind: 'error', error: { errcode: 40001, errmsg: 'invalid credential' } });
  const unavailable = { kind: 'error', error: { reason: 'TOKEN_UNAVAILABLE' } };
  expect(await bare.createPreAuthCode({ componentAppid })).toMatchObject(unavailable);
  expect(wechat.received).toHaveLength(1);
  await bare.close();
});

describe('queryAuth', () => {
  const query = () => client.queryAuth({ componentAppid, authorizationCode });

  it('queryAuth returns empty tokens for an account without APIs', async () => {
    wechat.answers({ authorization_info: { authorizer_appid: appid, func_info: [] } });
    const value = { appid, token: '', refreshToken: '', expiresInMs: 7_200_000, permissionSets: [] };
    expect(await query()).toEqual({ kind: 'ok', value });
  });

  it.each([
    ['strings', [{ funcscope_category: { id: '18' } }], [18]],
    ['invalid ids', [{}, null, { funcscope_category: { id: 'x' } }, { funcscope_category: 18 }], []],
    ['nothing', undefined, []],
  ])('queryAuth reads %s as permission sets', async (_name, func_info, permissionSets) => {
    wechat.answers({ authorization_info: { authorizer_appid: appid, func_info } });
    expect(await query()).toMatchObject({ kind: 'ok', value: { permissionSets } });
  });
});
