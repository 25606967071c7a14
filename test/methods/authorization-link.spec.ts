import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { AuthorizationType, type CreateAuthorizationLinkResponse } from '@wxa/contracts';
import { refusalOf } from '../gateway/calls.js';
import { World } from '../world.js';
import { ScriptedWechat } from './scripted-wechat.js';

const COMPONENT = 'wxc0de000000000000';
const API = 'cgi-bin/component/api_create_preauthcode';
const redirectUri = 'https://platform.example/back';

let wechat: ScriptedWechat;
let world: World;
beforeAll(async () => {
  wechat = await ScriptedWechat.start();
  world = await World.start({
    env: {
      WECHAT_API_URL: wechat.url,
      WECHAT_CALLBACK_MODE: 'plain',
      WECHAT_COMPONENT_APPID: COMPONENT,
      WECHAT_TOKEN_SOURCE: 'static',
      WECHAT_STATIC_TOKENS: JSON.stringify({ [COMPONENT]: 'the-component-token' }),
    },
  });
}, 60_000);
afterAll(async () => {
  await world?.stop();
  await wechat?.stop();
}, 60_000);

it('CreateAuthorizationLink returns a link with a pre-auth code that the worker requests once per request_id', async () => {
  wechat.answer(API, '{"pre_auth_code":"preauthcode@@@1","expires_in":600}');
  const request = { requestId: 'link-1', redirectUri };
  const before = Date.now();
  const link = (await world.call('CreateAuthorizationLink', request)) as CreateAuthorizationLinkResponse;
  const [received, ...more] = wechat.take();
  expect(more).toEqual([]);
  expect(received).toMatchObject({
    verb: 'POST',
    path: `/${API}`,
    query: ['access_token=the-component-token'],
    body: JSON.stringify({ component_appid: COMPONENT }),
  });
  const { searchParams } = new URL(link.url);
  expect(Object.fromEntries(searchParams)).toEqual({
    component_appid: COMPONENT,
    pre_auth_code: 'preauthcode@@@1',
    redirect_uri: redirectUri,
    auth_type: '2',
  });
  expect(link.expireTime?.getTime()).toBeGreaterThanOrEqual(before + 600_000);
  expect(await world.call('CreateAuthorizationLink', request)).toEqual(link);
  expect(wechat.take()).toEqual([]);
});

it('CreateAuthorizationLink fails with WeChat’s errcode when WeChat rejects it', async () => {
  wechat.answer(API, '{"errcode":61004,"errmsg":"access clientip is not registered rid: 1-2-3"}');
  expect(await refusalOf(world.call('CreateAuthorizationLink', { redirectUri }))).toMatchObject({
    code: 'PERMISSION_DENIED',
    reason: 'CLIENT_IP_NOT_AUTHORIZED',
    metadata: { errcode: '61004', rid: '1-2-3', api: API },
  });
});

it('CreateAuthorizationLink reports all invalid fields at once without a call to WeChat', async () => {
  wechat.take();
  const refusal = refusalOf(
    world.call('CreateAuthorizationLink', {
      appid: 'wx0123456789abcdef',
      redirectUri: 'javascript:alert(1)',
      authType: AuthorizationType.AUTHORIZATION_TYPE_ALL,
      authorizerAppid: 'wx1',
    }),
  );
  const fields = (await refusal).violations.map(({ field }) => field);
  expect(fields).toEqual(['appid', 'redirect_uri', 'auth_type', 'authorizer_appid']);
  expect(wechat.take()).toEqual([]);
});
