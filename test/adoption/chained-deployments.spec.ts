import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { createAuthority, freePort } from '@wxa/stack';
import { newAppid } from '../appid.js';
import { TestPolicy } from '../callers/test-policy.js';
import { eventually } from '../eventually.js';
import { useFolder } from '../use-folder.js';
import { World } from '../world.js';

const REFRESH = 'cgi-bin/component/api_authorizer_token';
const ALLOWED = newAppid();
const policy = new TestPolicy({ b: { allow: [{ methods: ['Tokens/*'], appids: [ALLOWED] }] } });

/** A has the authorizations; B gets their tokens from A. */
let [a, b]: World[] = [];
beforeAll(async () => {
  const authority = await createAuthority(folder);
  const server = await authority.issue('server', { cn: 'gateway', names: ['IP:127.0.0.1'] });
  const address = `127.0.0.1:${await freePort()}`;
  a = await World.start({
    env: {
      ...{ WECHAT_TOKEN_SOURCE: 'component', SIM_REFRESH_GRACE_MS: '300000' },
      ...{ AUTH_POLICY_FILE: policy.file, TOKEN_SERVICE_ADDR: address },
      ...{ GRPC_TLS_CERT_FILE: server.cert, GRPC_TLS_KEY_FILE: server.key },
    },
  });
  b = await World.start({
    env: {
      ...{ WECHAT_TOKEN_SOURCE: 'endpoint', WECHAT_TOKEN_URL: `https://${address}/token` },
      WECHAT_TOKEN_URL_KEY: policy.headers('b').authorization?.replace('Bearer ', '') ?? '',
      ...{ WECHAT_TOKEN_URL_CA_FILE: authority.ca, WECHAT_API_URL: a.stack.addresses.wechat },
      OPERATION_DEADLINE_MS: '3000',
    },
  });
});
afterAll(async () => {
  await b?.stop();
  await a?.stop();
});
const folder = useFolder();

const query = (appid: string) => b?.call('GetSupportVersion', { appid });

it('A deployment gets its tokens from another one over TLS with an API key, also after WeChat rejected one, and stores none', async () => {
  await a?.sim.authorize(ALLOWED);
  const stored = 'select from authorizers where appid = $1 and access_token is not null';
  await eventually(async () => (await a?.sql(stored, [ALLOWED]))?.length === 1);
  expect(await query(ALLOWED)).toBeDefined();
  const renewals = async () => (await a?.sim.calls({ appid: ALLOWED, api: REFRESH, after: 0 }))?.length ?? 0;
  const before = await renewals();
  await a?.sql(`update authorizers set access_token_at = access_token_at - interval '2 minutes'`);
  await a?.sim.patch(ALLOWED, { expireToken: true });
  expect(await query(ALLOWED)).toBeDefined();
  expect(await renewals()).toBe(before + 1);
  expect(await a?.sql('select caller, appid from token_readers')).toEqual([{ caller: 'b', appid: ALLOWED }]);
  expect(await b?.sql('select from authorizers')).toEqual([]);
});

it('For a mini-program that the other deployment does not allow, operations fail with TOKEN_UNAVAILABLE', async () => {
  const details = expect.stringContaining('TOKEN_UNAVAILABLE');
  await expect(query(newAppid())).rejects.toMatchObject({ details });
});
