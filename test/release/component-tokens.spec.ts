import { randomBytes, randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { Secrets, type TokenStore } from '@wxa/authorizers';
import type { SimControl } from '@wxa/wechat-sim';
import type { WxaClient } from '@wxa/wxa-client';
import { newAppid } from '../appid.js';
import { eventually } from '../eventually.js';
import { type ScratchStore, scratchStore } from '../store/scratch-store.js';
import { COMPONENT, componentTokens, keepPush, startWechat } from './component-platform.js';

let scratch: ScratchStore;
let store: TokenStore;
let control: SimControl;
let client: WxaClient;
let stop: () => Promise<void>;
/** The results of the calls: `ok`, or API and errcode. */
const called: string[] = [];

beforeAll(async () => {
  scratch = await scratchStore();
  store = scratch.worker.tokens(new Secrets(randomBytes(32)));
  ({ control, client, stop } = await startWechat(
    (push) => keepPush(store, push),
    (result) => called.push(result.kind === 'ok' ? 'ok' : `${result.error.api} ${result.error.errcode}`),
  ));
});
afterAll(async () => {
  await stop?.();
  await scratch?.close();
});

/** The token source of one worker. */
const worker = (wechat = client) => componentTokens(scratch, store, wechat);

const stateOf = async (appid: string) => (await store.getAuthorizer(appid))?.state;

/** Dates back the start of NEEDS_AUTHORIZATION and the last recheck. */
const dateBackRejection = (appid: string, since: string, last = since) =>
  scratch.sql(
    'update authorizers set updated_at = now() - $2::interval, last_error_at = now() - $3::interval where appid = $1',
    [appid, since, last],
  );

async function authorized(): Promise<string> {
  const appid = newAppid();
  await control.authorize(appid, { permissionSets: [17, 18] });
  await eventually(async () => (await store.getAuthorizer(appid))?.hasCode === true);
  return appid;
}

/** The token of a mini-program or of the platform. */
async function tokenOf(appid: string): Promise<string> {
  const answer = await worker().get(appid);
  if (answer.kind !== 'token') throw new Error('no token');
  return answer.token;
}

const NOT_AUTHORIZED = { kind: 'not-authorized' };

it('ComponentTokens requests a missing ticket and gets the platform’s token with it', async () => {
  expect(await worker().get(COMPONENT)).toMatchObject({
    kind: 'unavailable',
    why: expect.stringContaining('no ticket'),
  });
  await eventually(async () => (await store.readComponent(COMPONENT))?.ticket !== undefined);
  expect(await worker().get(COMPONENT)).toMatchObject({ kind: 'token' });
});

it('ComponentTokens exchanges an authorization code once for 60 concurrent callers on three workers', async () => {
  const appid = await authorized();
  const workers = [worker(), worker(), worker()];
  const answers = await Promise.all(Array.from({ length: 60 }, (_, i) => workers[i % 3]?.get(appid)));
  expect(new Set(answers.map((answer) => JSON.stringify(answer)))).toEqual(
    new Set([JSON.stringify({ kind: 'token', token: await tokenOf(appid) })]),
  );
  expect((await store.getAuthorizer(appid))?.permissionSets).toEqual([17, 18]);
});

it('ComponentTokens refreshes a rejected token once for 500 concurrent callers on three workers', async () => {
  const appid = await authorized();
  const first = await tokenOf(appid);
  await control.patch(appid, { expireToken: true });
  const workers = [worker(), worker(), worker()];
  const before = called.length;
  const answers = await Promise.all(
    Array.from({ length: 500 }, (_, i) => workers[i % 3]?.refresh(appid, first)),
  );
  expect(called.slice(before)).toEqual(['ok']);
  expect(new Set(answers.map((answer) => JSON.stringify(answer))).size).toBe(1);
  const second = await tokenOf(appid);
  expect(answers[0]).toEqual({ kind: 'token', token: second });
  expect(second).not.toBe(first);
  await client.listPages({}, { token: second });
  expect(called.at(-1)).not.toMatch(/4000|42001/);
});

it('ComponentTokens returns the same token after one request if WeChat grants no other', async () => {
  const appid = await authorized();
  const first = await tokenOf(appid);
  let requests = 0;
  const same = Object.assign(Object.create(client) as WxaClient, {
    getAuthorizerToken: async () => {
      requests += 1;
      const value = { token: first, refreshToken: 'another', expiresInMs: 7_200_000 };
      return { kind: 'ok' as const, value };
    },
  });
  expect(await worker(same).refresh(appid, first)).toEqual({ kind: 'token', token: first });
  expect(requests).toBe(1);
  expect(await store.readTokens(appid)).toMatchObject({ refreshToken: 'another' });
});

it('ComponentTokens stores the token that WeChat granted last, although a process whose lease had expired stored an earlier one meanwhile', async () => {
  const appid = await authorized();
  const first = await tokenOf(appid);
  const { refreshTokenId: used = '' } = (await store.readTokens(appid)) ?? {};
  const earlier = { refreshToken: 'earlier', accessToken: 'earlier', grantedMs: 7_200_000 };
  const granted = { refreshToken: 'last', token: 'last', expiresInMs: 7_200_000 };
  const overtaken = Object.assign(Object.create(client) as WxaClient, {
    getAuthorizerToken: async () => {
      expect(await store.keepTokens({ appid, used, holder: randomUUID() }, earlier)).toBe(true);
      return { kind: 'ok' as const, value: granted };
    },
  });
  expect(await worker(overtaken).refresh(appid, first)).toEqual({ kind: 'token', token: 'last' });
  expect(await store.readTokens(appid)).toMatchObject({ refreshToken: 'last', accessToken: 'last' });
});

it('ComponentTokens recovers a refresh token whose response was lost', async () => {
  const appid = await authorized();
  const first = await tokenOf(appid);
  const { refreshToken = '' } = (await store.readTokens(appid)) ?? {};
  const token = await tokenOf(COMPONENT);
  await client.getAuthorizerToken({ componentAppid: COMPONENT, appid, refreshToken }, { token });
  expect(await worker().refresh(appid, first)).toMatchObject({ kind: 'token' });
  expect(await stateOf(appid)).toBe('AUTHORIZED');
});

it('ComponentTokens recovers the tokens of a code whose exchange had no response', async () => {
  const appid = await authorized();
  const { code: authorizationCode = '' } = (await store.readTokens(appid)) ?? {};
  const request = { componentAppid: COMPONENT, authorizationCode };
  await client.queryAuth(request, { token: await tokenOf(COMPONENT) });
  const before = called.length;
  const answer = await worker().get(appid);
  expect(called.slice(before)).toEqual(['cgi-bin/component/api_query_auth 61009', 'ok', 'ok']);
  expect(answer).toMatchObject({ kind: 'token' });
  expect(await store.getAuthorizer(appid)).toMatchObject({
    state: 'AUTHORIZED',
    permissionSets: [17, 18],
    hasCode: false,
  });
});

it('ComponentTokens stores the permission sets of a changed authorization whose code has expired', async () => {
  const appid = await authorized();
  const token = await tokenOf(appid);
  const { codeLifeMs } = await control.component();
  await control.patchComponent({ codeLifeMs: 0 });
  await control.authorize(appid, { permissionSets: [17, 18, 25] });
  await control.patchComponent({ codeLifeMs });
  await eventually(async () => (await store.getAuthorizer(appid))?.hasCode === true);
  const before = called.length;
  expect(await worker().get(appid)).toEqual({ kind: 'token', token });
  expect(called.slice(before)).toEqual(['cgi-bin/component/api_query_auth 61010', 'ok']);
  expect(await store.getAuthorizer(appid)).toMatchObject({
    state: 'AUTHORIZED',
    permissionSets: [17, 18, 25],
    hasCode: false,
  });
});

it('ComponentTokens makes a mini-program NEEDS_AUTHORIZATION if its refresh token ended and asks WeChat no further', async () => {
  const appid = await authorized();
  const first = await tokenOf(appid);
  await control.patch(appid, { endRefreshToken: true });
  expect(await worker().refresh(appid, first)).toMatchObject(NOT_AUTHORIZED);
  expect(await stateOf(appid)).toBe('NEEDS_AUTHORIZATION');
  const before = called.length;
  expect(await worker().get(appid)).toMatchObject(NOT_AUTHORIZED);
  expect(called.length).toBe(before);
});

it('ComponentTokens keeps the refresh token of a mini-program that a call found unauthorized and restores it after one recheck', async () => {
  const appid = await authorized();
  const first = await tokenOf(appid);
  const why = 'wxa/release: 61003 component is not authorized by this account';
  await worker().markNeedsAuthorization(appid, 'one from before', why);
  expect(await stateOf(appid)).toBe('AUTHORIZED');
  await worker().markNeedsAuthorization(appid, first, why);
  expect(await store.getAuthorizer(appid)).toMatchObject({
    state: 'NEEDS_AUTHORIZATION',
    hasRefreshToken: true,
    lastError: why,
  });
  const before = called.length;
  expect(await worker().get(appid)).toMatchObject({
    kind: 'not-authorized',
    why: expect.stringContaining(why),
  });
  await worker().recheck();
  expect(called.length).toBe(before);
  await dateBackRejection(appid, '1 minute');
  const workers = [worker(), worker(), worker()];
  await Promise.all(workers.map((one) => one.recheck()));
  expect(called.slice(before)).toEqual(['ok']);
  expect(await workers[0]?.get(appid)).toMatchObject({ kind: 'token' });
  expect(await store.getAuthorizer(appid)).toMatchObject({ state: 'AUTHORIZED', lastError: null });
});

it('ComponentTokens rechecks a rejected mini-program with exponential back-off up to a day and accepts its new code', async () => {
  const appid = await authorized();
  const first = await tokenOf(appid);
  await control.unauthorize(appid, { push: { none: true } });
  expect(await worker().refresh(appid, first)).toMatchObject(NOT_AUTHORIZED);
  const recheckAfter = async (since: string, last: string) => {
    await dateBackRejection(appid, since, last);
    const before = called.length;
    await worker().recheck();
    return called.slice(before);
  };
  expect(await recheckAfter('50 seconds', '50 seconds')).toEqual([]);
  const refusals = [
    'cgi-bin/component/api_authorizer_token 61003',
    'cgi-bin/component/api_get_authorizer_info 61003',
  ];
  expect(await recheckAfter('2 minutes', '1 minute')).toEqual(refusals);
  expect(await stateOf(appid)).toBe('NEEDS_AUTHORIZATION');
  expect(await recheckAfter('3 hours', '1 hour')).toEqual([]);
  expect(await recheckAfter('4 hours', '2 hours')).toEqual(refusals);
  expect(await recheckAfter('30 days', '23 hours')).toEqual([]);
  expect(await recheckAfter('30 days', '1 day')).toEqual(refusals);
  await control.authorize(appid, { permissionSets: [18] });
  await eventually(async () => (await store.getAuthorizer(appid))?.hasCode === true);
  expect(await worker().get(appid)).toMatchObject({ kind: 'token' });
  expect(await stateOf(appid)).toBe('AUTHORIZED');
});

it('ComponentTokens returns no token of a mini-program that withdrew or never authorized', async () => {
  const appid = await authorized();
  await worker().get(appid);
  await control.unauthorize(appid);
  await eventually(async () => (await stateOf(appid)) === 'UNAUTHORIZED');
  expect(await worker().get(appid)).toMatchObject(NOT_AUTHORIZED);
  expect(await worker().get(newAppid())).toMatchObject(NOT_AUTHORIZED);
});
