import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, expect, it } from '@jest/globals';
import { type Directory, NO_PROGRESS, Secrets, type StoredSync, type TokenStore } from '@wxa/authorizers';
import type { ComponentTokens } from '@wxa/release-worker';
import type { SimControl } from '@wxa/wechat-sim';
import type { WxaClient } from '@wxa/wxa-client';
import { newAppid } from '../appid.js';
import { eventually } from '../eventually.js';
import { type ScratchStore, scratchStore } from '../store/scratch-store.js';
import { COMPONENT, componentTokens, keepPush, runSync, startWechat } from './component-platform.js';

const LIST = 'cgi-bin/component/api_get_authorizer_list';
const INFO = 'cgi-bin/component/api_get_authorizer_info';
const LOST = { push: { none: true } };

let scratch: ScratchStore;
let store: TokenStore;
let control: SimControl;
let client: WxaClient;
let tokens: ComponentTokens;
let stop: () => Promise<void>;
/** The APIs that were called. */
let called: string[] = [];
/** The accounts that were counted as unknown, and why. */
let notRead: [appid: string, why: string][] = [];

beforeAll(async () => {
  scratch = await scratchStore();
  store = scratch.worker.tokens(new Secrets(randomBytes(32)));
  ({ control, client, stop } = await startWechat(
    (push) => keepPush(store, push),
    (_, api) => called.push(api),
  ));
  tokens = componentTokens(scratch, store, client);
  await tokens.get(COMPONENT);
  await eventually(async () => (await tokens.get(COMPONENT)).kind === 'token');
});
afterAll(async () => {
  await stop?.();
  await scratch?.close();
});
beforeEach(async () => {
  for (const { appid } of (await control.component()).authorizations) await control.unauthorize(appid, LOST);
  await scratch.sql('truncate authorizers, authorizer_ignored, authorizer_syncs, mini_programs, commits');
});

/** A customer authorizes, and WeChat's callback is lost. */
const authorize = (appid: string, permissionSets = [17, 18]) =>
  control.authorize(appid, { permissionSets, ...LOST });

/** Runs a sync to its end. */
async function sync(
  wechat: Pick<WxaClient, 'getAuthorizerList' | 'getAuthorizerInfo'> = client,
  into: Directory = store,
  platform: Parameters<typeof runSync>[1]['platform'] = tokens.platform,
): Promise<StoredSync> {
  [called, notRead] = [[], []];
  const recheck = (appid: string) => tokens.recheckNow(appid);
  const onNotRead = (appid: string, why: string) => notRead.push([appid, why]);
  return runSync(scratch, { store: into, client: wechat, platform, recheck, onNotRead });
}

/** The counts of a sync that succeeded. */
async function counts(wechat?: Parameters<typeof sync>[0]) {
  const { state, progress, error } = await sync(wechat);
  expect([state, error]).toEqual(['SUCCEEDED', null]);
  return progress;
}

const rows = () => scratch.sql<{ refresh_token: string | null }>('select * from authorizers order by appid');
const stateOf = async (appid: string) => (await store.getAuthorizer(appid))?.state;

it('A mini-program whose callback was lost is found by the next sync, and can be used', async () => {
  const appid = newAppid();
  await authorize(appid);
  expect(await counts()).toEqual({ ...NO_PROGRESS, pages: 1, total: 1, added: 1 });
  expect(await store.getAuthorizer(appid)).toMatchObject({
    ...{ state: 'AUTHORIZED', permissionSets: [17, 18], nickName: `小程序${appid.slice(-4)}` },
  });
  expect(await tokens.get(appid)).toMatchObject({ kind: 'token' });
  const events = await scratch.sql<{ value: string }>(
    'select value from outbox where appid = $1 order by id',
    [appid],
  );
  expect(events.map(({ value }) => JSON.parse(value))).toMatchObject([
    { state: 'AUTHORIZER_STATE_AUTHORIZED' },
    { state: 'AUTHORIZER_STATE_AUTHORIZED', permissionSets: [17, 18] },
  ]);
});

it('A first sync of 1,200 accounts adds all mini-programs with one read each, and its repetition reads only the list and changes no row', async () => {
  await control.authorizeMany({ count: 500, officialAccounts: 5, listedWithoutToken: 3, ...LOST });
  for (const count of [500, 200]) await control.authorizeMany({ count, ...LOST });
  expect(await counts()).toEqual({ ...NO_PROGRESS, pages: 3, total: 1_200, added: 1_195 });
  expect(called.filter((api) => api === LIST)).toHaveLength(3);
  expect(called.filter((api) => api === INFO)).toHaveLength(1_200);
  const found = await rows();
  expect(found).toHaveLength(1_195);
  expect(found.filter((row) => !('refresh_token' in row) || row.refresh_token === null)).toEqual([]);
  const ignored = await scratch.sql<{ cause: string }>('select cause from authorizer_ignored');
  expect(ignored.map(({ cause }) => cause)).toEqual(Array(5).fill('NOT_MINI_PROGRAM'));

  expect(await counts()).toEqual({ ...NO_PROGRESS, pages: 3, total: 1_200 });
  expect(called).toEqual(Array(3).fill(LIST));
  expect(await rows()).toEqual(found);
});

it('A list whose accounts move while its pages are read adds each once, and those that it misses are added by the next sync', async () => {
  for (const count of [500, 500]) await control.authorizeMany({ count, ...LOST });
  await control.patchComponent({ listMoves: 7 });
  try {
    expect(await counts()).toMatchObject({ pages: 2, total: 1_000, added: 993 });
    await control.patchComponent({ listMoves: 0 });
    expect(await counts()).toMatchObject({ added: 7, repaired: 0 });
    expect(await rows()).toHaveLength(1_000);
  } finally {
    await control.patchComponent({ listMoves: 0 });
  }
});

it('A refresh token that is renewed while a sync runs is not overwritten by that of the list', async () => {
  const appid = newAppid();
  await authorize(appid);
  await counts();
  const before = await tokens.get(appid);
  const renewing = Object.assign(Object.create(client) as WxaClient, {
    getAuthorizerList: async (...args: Parameters<WxaClient['getAuthorizerList']>) => {
      const page = await client.getAuthorizerList(...args);
      await tokens.refresh(appid, before.kind === 'token' ? before.token : '');
      return page;
    },
  });
  const { refreshToken: old } = (await store.readTokens(appid)) ?? {};
  expect(await counts(renewing)).toMatchObject({ added: 0, repaired: 0, recovered: 0 });
  const { refreshToken } = (await store.readTokens(appid)) ?? {};
  expect(refreshToken).not.toBe(old);
  expect((await control.authorization(appid)).refreshToken).toBe(refreshToken);
});

it('A sync for a token service stores mini-programs without tokens, and one with tokens of its own gives every row one that has none', async () => {
  const appids = [newAppid(), newAppid(), newAppid()].toSorted();
  for (const appid of appids) await authorize(appid);
  const tokensOf = async () => (await rows()).map(({ refresh_token }) => refresh_token);
  const directory = scratch.worker.directory();
  expect(await sync(client, directory)).toMatchObject({ state: 'SUCCEEDED', progress: { added: 3 } });
  expect(await tokensOf()).toEqual([null, null, null]);
  expect(await directory.getAuthorizer(appids[0] ?? '')).toMatchObject({ permissionSets: [17, 18] });
  // One is used before the sync: WeChat says which refresh token is the current one.
  expect(await tokens.get(appids[1] ?? '')).toMatchObject({ kind: 'token' });
  const [, before] = await tokensOf();
  await directory.setLabels(appids[2] ?? '', ['changed meanwhile']);
  expect(await counts()).toMatchObject({ added: 0, repaired: 2 });
  expect(called).toEqual([LIST]);
  expect(await tokensOf()).toEqual([expect.any(String), before, expect.any(String)]);
  for (const appid of appids) expect(await tokens.get(appid)).toMatchObject({ kind: 'token' });
});

it('Without a token of the platform a sync ends and says so', async () => {
  const platform = { get: async () => ({ kind: 'not-authorized' as const, why: 'it is unknown' }) };
  const error = 'there is no token of the platform: it is unknown';
  expect(await sync(client, store, platform)).toMatchObject({ state: 'FAILED', error });
});

it('A mini-program that was removed stays removed until it authorizes again', async () => {
  const appid = newAppid();
  await authorize(appid);
  await counts();
  await store.removeAuthorizer(appid);
  expect(await counts()).toMatchObject({ total: 1, added: 0, recovered: 0 });
  expect(await rows()).toEqual([]);
  // As if it had been removed earlier: WeChat's times are whole seconds.
  await scratch.sql(`update authorizer_ignored set told_at = told_at - interval '5 seconds'`);
  await authorize(appid, [18]);
  expect(await counts()).toMatchObject({ added: 0, recovered: 1 });
  expect(await store.getAuthorizer(appid)).toMatchObject({ state: 'AUTHORIZED', permissionSets: [18] });
});

it('Permission sets that changed without a callback are read, and one that needs authorization is rechecked, also without a refresh token, and known with its new time', async () => {
  const [changed, marked, tokenless] = [newAppid(), newAppid(), newAppid()];
  for (const appid of [changed, marked, tokenless]) await authorize(appid);
  await counts();
  await authorize(changed, [18]);
  const needs = `state = 'NEEDS_AUTHORIZATION', last_error_at = now(), authorized_at = 'epoch'`;
  await scratch.sql(`update authorizers set ${needs} where appid in ($1, $2)`, [marked, tokenless]);
  await scratch.sql('update authorizers set refresh_token = null where appid = $1', [tokenless]);
  await scratch.sql(
    `update authorizers set authorized_at = authorized_at - interval '5 seconds' where appid = $1`,
    [changed],
  );
  expect(await counts()).toMatchObject({ added: 0, repaired: 3, unknown: 0 });
  expect((await store.getAuthorizer(changed))?.permissionSets).toEqual([18]);
  for (const appid of [marked, tokenless]) {
    const { state, authorizedAt } = (await store.getAuthorizer(appid)) ?? {};
    expect([state, Date.now() - Number(authorizedAt) < 60_000]).toEqual(['AUTHORIZED', true]);
  }
});

it('A mini-program that two lists lack needs authorization if WeChat knows none, and stays as it is if WeChat does', async () => {
  const [gone, missed] = [newAppid(), newAppid()];
  for (const appid of [gone, missed]) await authorize(appid);
  await counts();
  await control.unauthorize(gone, LOST);
  const without = Object.assign(Object.create(client) as WxaClient, {
    getAuthorizerList: async () => ({ kind: 'ok' as const, value: { totalCount: 0, authorizers: [] } }),
  });
  expect(await counts(without)).toMatchObject({ pages: 1, total: 0, repaired: 0 });
  expect([await stateOf(gone), await stateOf(missed)]).toEqual(['AUTHORIZED', 'AUTHORIZED']);
  expect(await counts(without)).toMatchObject({ repaired: 1 });
  expect([await stateOf(gone), await stateOf(missed)]).toEqual(['NEEDS_AUTHORIZATION', 'AUTHORIZED']);
});

it('A sync that WeChat refuses fails with WeChat’s code, keeps what it stored, and the next one completes it', async () => {
  const appid = newAppid();
  await authorize(appid);
  await control.addFault({ api: INFO, kind: 'errcode', errcode: 48001 });
  const failed = await sync();
  expect(failed).toMatchObject({
    state: 'FAILED',
    error: expect.stringContaining('48001'),
    progress: { added: 1 },
  });
  expect(await stateOf(appid)).toBe('AUTHORIZED');
  expect(await counts()).toMatchObject({ added: 0, repaired: 0 });
  expect((await store.getAuthorizer(appid))?.permissionSets).toEqual([17, 18]);
});

it.each([
  [
    'with an unlisted code',
    { kind: 'error', error: { errmsg: 'no', errcode: 99_998, category: 'INTERNAL' } },
  ],
  ['never', { kind: 'ambiguous', error: { errmsg: 'timeout', errcode: 0, category: 'TRANSPORT' } }],
])(
  'An account about which WeChat answers %s is counted as unknown, and twenty fail no sync while it answers about another',
  async (_, failure) => {
    const known = newAppid();
    await authorize(known);
    await counts();
    const [first = '', ...broken] = Array.from({ length: 20 }, newAppid);
    const failing = Object.assign(Object.create(client) as WxaClient, {
      getAuthorizerInfo: async (...args: Parameters<WxaClient['getAuthorizerInfo']>) =>
        args[0].appid === first || broken.includes(args[0].appid)
          ? failure
          : client.getAuthorizerInfo(...args),
    });
    const other = newAppid();
    for (const appid of [first, other]) await authorize(appid);
    expect(await counts(failing)).toMatchObject({ added: 2, unknown: 1 });
    expect(notRead).toEqual([[first, expect.stringContaining(failure.error.errmsg)]]);
    expect((await store.getAuthorizer(other))?.permissionSets).toEqual([17, 18]);
    for (const appid of broken) await authorize(appid);
    expect(await counts(failing)).toMatchObject({ added: 19, unknown: 20 });
  },
);

it('A sync fails once WeChat has given no usable answer about ten accounts in a row', async () => {
  await control.authorizeMany({ count: 40, ...LOST });
  const { id } = await control.addFault({ api: INFO, kind: 'errcode', errcode: 99_998, times: 0 });
  try {
    const failed = await sync();
    expect(failed).toMatchObject({ state: 'FAILED', error: expect.stringContaining('99998') });
    expect(called.filter((api) => api === INFO).length).toBeLessThan(30);
  } finally {
    await control.clearFaults(id);
  }
});
