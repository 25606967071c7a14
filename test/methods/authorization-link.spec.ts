import { randomUUID } from 'node:crypto';
import { expect, it } from '@jest/globals';
import type { CreateAuthorizationLinkResponse } from '@wxa/contracts';
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
