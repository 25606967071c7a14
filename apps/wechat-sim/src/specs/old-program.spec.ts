import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { type RunningOldProgram, startOldProgram } from '../old-program/old-program.js';
import type { TokenOrigin } from '../old-program/old-tokens.js';
import { APPID, simUnderTest, untilSo } from './sim-under-test.js';

const PLATFORM = { componentAppid: 'wxc0de000000000000', componentAppsecret: 'secret' };
const CALLBACKS = { callbackToken: 'token', encodingAesKey: 'abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG' };
const REFRESH = 'cgi-bin/component/api_authorizer_token';

const { control, url } = simUnderTest(() => ({ ...PLATFORM, ...CALLBACKS, tokenMode: 'component' }));

let old: RunningOldProgram;
beforeEach(async () => {
  old = await start();
});
afterEach(() => old.close());

const start = () =>
  startOldProgram({ ...PLATFORM, secrets: [CALLBACKS], host: '127.0.0.1', port: 0, wechatUrl: url() });

async function token(query: string, of = old): Promise<[number, string | undefined]> {
  const response = await fetch(`${of.url}/token?${query}`);
  return [response.status, ((await response.json()) as { access_token?: string }).access_token];
}

async function put<T>(path: string, body: object, of = old): Promise<T> {
  const response = await fetch(`${of.url}/old/${path}`, { method: 'PUT', body: JSON.stringify(body) });
  expect(response.status).toBe(200);
  return (await response.json()) as T;
}
const calls = () => put<{ made: number; failed: number }>('calls', {});
const take = (origin: TokenOrigin, of = old) => put('tokens', origin, of);

/** WeChat sends a ticket and an authorization to a program. */
async function authorized(of = old): Promise<void> {
  await control().registerUrl(`${of.url}/wechat/$APPID$`, `${of.url}/wechat/events`);
  expect(await control().pushOfComponent()).toMatchObject({ status: 200, body: 'success' });
  await control().authorize(APPID);
  await untilSo(async () => (await token(`appid=${APPID}`, of))[0] === 200);
}

it('It exchanges codes, serves the tokens of those that authorized and of the platform, and echoes texts', async () => {
  await authorized();
  expect(await token('appid=wx1111111111111111')).toEqual([404, undefined]);
  expect((await token(`appid=${PLATFORM.componentAppid}`))[0]).toBe(200);
  const echoed = await control().push(APPID, { event: 'text', fields: { Content: 'hello' } });
  expect(echoed.reply).toContain('<Content><![CDATA[hello]]></Content>');
});

it('It passes the check of 全网发布, unless its replies are not encrypted', async () => {
  await authorized();
  expect(await control().checkPublishing()).toEqual({ text: true, api: true });
  await put('mode', { mode: 'plain' });
  expect(await control().checkPublishing()).toEqual({ text: false, api: true });
});

it('It renews one token once for all who ask at the same time after half of its life, and none while it uses those in hand', async () => {
  await control().patchComponent({ tokenLifeMs: 2_000, refreshGraceMs: 60_000 });
  await authorized();
  const [, first] = await token(`appid=${APPID}`);
  await take({ from: 'hand' });
  const renewals = async () => (await control().calls({ api: REFRESH })).length;
  // Its life is over.
  await put('calls', { perSecond: 20 });
  await untilSo(async () => (await calls()).failed > 0);
  await put('calls', { perSecond: 0 });
  expect([await token(`appid=${APPID}`), await renewals()]).toEqual([[200, first], 0]);
  await control().patchComponent({ tokenLifeMs: 60_000 });
  await take({ from: 'wechat' });
  const asked = await Promise.all([1, 2, 3].map(() => token(`appid=${APPID}`)));
  expect([new Set(asked.map(([, text]) => text)).size, await renewals()]).toEqual([1, 1]);
});

it('It reads the refresh tokens of all mini-programs from the list, also of those whose codes another program exchanged', async () => {
  const other = await start();
  await authorized(other);
  await control().registerUrl(`${old.url}/wechat/$APPID$`, `${old.url}/wechat/events`);
  await control().pushOfComponent();
  expect((await token(`appid=${APPID}`))[0]).toBe(404);
  await take({ from: 'wechat' });
  expect((await token(`appid=${APPID}`))[0]).toBe(200);
  await other.close();
});

it('It reads tokens from a token URL and keeps them while that does not answer; its calls use them', async () => {
  const other = await start();
  await authorized(other);
  await take({ from: 'url', url: `${other.url}/token`, key: 'key' });
  expect(await token(`appid=${APPID}`)).toEqual(await token(`appid=${APPID}`, other));
  await put('calls', { perSecond: 50 });
  await untilSo(async () => (await calls()).made > 3);
  await put('calls', { perSecond: 0 });
  await other.close();
  await take({ from: 'url', url: `${other.url}/token`, key: 'key' });
  expect([(await token(`appid=${APPID}`))[0], (await calls()).failed]).toEqual([200, 0]);
});
