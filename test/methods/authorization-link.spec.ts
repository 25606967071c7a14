import { randomUUID } from 'node:crypto';
import { expect, it } from '@jest/globals';
import { AuthorizationType, type CreateAuthorizationLinkResponse } from '@wxa/contracts';
import { refusalOf } from '../gateway/calls.js';
import { useSharedWorld, world } from '../use-world.js';

const COMPONENT = 'wxc0de000000000000';
const API = 'cgi-bin/component/api_create_preauthcode';
const redirectUri = 'https://platform.example/back';

useSharedWorld('component');

const calls = () => world.sim.calls({ appid: COMPONENT, api: API });

it('CreateAuthorizationLink returns a link with a pre-auth code that the worker requests once per request_id', async () => {
  const request = { requestId: randomUUID(), redirectUri };
  const [earlier, before] = [(await calls()).length, Date.now()];
  const link = (await world.call('CreateAuthorizationLink', request)) as CreateAuthorizationLinkResponse;
  const [called, ...more] = (await calls()).slice(earlier);
  expect([called?.body, more]).toEqual([JSON.stringify({ component_appid: COMPONENT }), []]);
  const { searchParams } = new URL(link.url);
  expect(Object.fromEntries(searchParams)).toEqual({
    component_appid: COMPONENT,
    pre_auth_code: link.preAuthCode,
    redirect_uri: redirectUri,
    auth_type: '2',
  });
  expect(link.expireTime?.getTime()).toBeGreaterThan(before);
  expect(await world.call('CreateAuthorizationLink', request)).toEqual(link);
  expect(await calls()).toHaveLength(earlier + 1);
});

it('CreateAuthorizationLink fails with WeChat’s errcode when WeChat rejects it', async () => {
  await world.sim.addFault({ api: API, appid: COMPONENT, kind: 'errcode', errcode: 61004 });
  expect(await refusalOf(world.call('CreateAuthorizationLink', { redirectUri }))).toMatchObject({
    code: 'PERMISSION_DENIED',
    reason: 'CLIENT_IP_NOT_AUTHORIZED',
    metadata: { errcode: '61004', api: API },
  });
});

it('CreateAuthorizationLink reports all invalid fields at once without a call to WeChat', async () => {
  const earlier = (await calls()).length;
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
  expect(await calls()).toHaveLength(earlier);
});
