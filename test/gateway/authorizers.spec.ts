import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  AuthorizerState,
  GetAuthorizerRequest,
  ImportAuthorizerRequest,
  ListAuthorizersRequest,
  ListPagesRequest,
  RemoveAuthorizerRequest,
  UndoAuditRequest,
} from '@wxa/contracts';
import { Secrets, Store, type TokenStore } from '@wxa/store';
import { newAppid } from '../appid.js';
import { call, refusalOf } from './calls.js';
import { COMPONENT_SETTINGS } from './component-settings.js';
import { png, sendMedia } from './uploads.js';
import { useSharedGateway } from './use-gateway.js';

const { backends, gateway, database } = useSharedGateway('component');
let store: Store;
let tokens: TokenStore;

beforeAll(async () => {
  const noAudits = () => Promise.reject(new Error('no audits here')) as never;
  store = await Store.open({ url: backends.databaseUrl }, { writer: 'release-worker', toEvent: noAudits });
  tokens = store.tokens(new Secrets(Buffer.from(COMPONENT_SETTINGS.SECRETS_KEY, 'base64')));
});
afterAll(() => store?.close());

const get = (appid: string) =>
  call(gateway.authorizers, gateway.authorizers.getAuthorizer, GetAuthorizerRequest.create({ appid }));
const remove = (appid: string) =>
  call(gateway.authorizers, gateway.authorizers.removeAuthorizer, RemoveAuthorizerRequest.create({ appid }));
const list = (request: Partial<ListAuthorizersRequest>) =>
  call(gateway.authorizers, gateway.authorizers.listAuthorizers, ListAuthorizersRequest.fromPartial(request));
const importAuthorizer = (appid: string, refreshToken = `refreshtoken@@@${appid}`) =>
  call(
    gateway.authorizers,
    gateway.authorizers.importAuthorizer,
    ImportAuthorizerRequest.create({ appid, refreshToken }),
  );

/** Stores an imported mini-program, as a worker does after WeChat granted its token. */
const imported = (appid: string) => {
  const refreshToken = `refreshtoken@@@${appid}`;
  return tokens.keepImported(
    { appid, refreshToken },
    { refreshToken, accessToken: 'a', grantedMs: 7_200_000 },
  );
};

/** Stores permission sets and a token of a minute ago, as a worker does. */
const settle = (appid: string, sets: number[], state = 'AUTHORIZED') =>
  database.rows(
    `update authorizers set permission_sets = $2, state = $3, access_token = 'sealed',
       access_token_at = clock_timestamp() - interval '1 minute',
       access_token_until = clock_timestamp() + interval '1 hour',
       last_error = '61023 refresh_token is invalid', last_error_at = clock_timestamp()
     where appid = $1`,
    [appid, sets, state],
  );

describe('ImportAuthorizer and RemoveAuthorizer', () => {
  it('ImportAuthorizer changes nothing with the imported token and fails with AUTHORIZER_EXISTS with another token', async () => {
    const appid = newAppid();
    await imported(appid);
    const first = await get(appid);
    expect(first).toMatchObject({ appid, permissionSets: [], authorizeTime: undefined, lastError: '' });
    expect({ ...(await importAuthorizer(appid)), tokenAge: first.tokenAge }).toEqual(first);
    expect(await refusalOf(importAuthorizer(appid, 'another'))).toMatchObject({
      code: 'ALREADY_EXISTS',
      reason: 'AUTHORIZER_EXISTS',
    });
  });

  it('ImportAuthorizer reports all invalid fields at once without quoting the refresh token', async () => {
    const refusal = await refusalOf(importAuthorizer('wx1', `blank refreshtoken@@@${'x'.repeat(600)}`));
    expect(refusal).toMatchObject({
      code: 'INVALID_ARGUMENT',
      violations: [{ field: 'appid' }, { field: 'refresh_token' }],
    });
    expect(JSON.stringify(refusal)).not.toContain('refreshtoken@@@');
    expect(await refusalOf(importAuthorizer(newAppid(), ''))).toMatchObject({
      violations: [{ field: 'refresh_token', description: 'required' }],
    });
  });

  it('RemoveAuthorizer deletes a mini-program, which is then NOT_FOUND', async () => {
    const appid = newAppid();
    await imported(appid);
    expect(await remove(appid)).toEqual({});
    const unknown = { code: 'NOT_FOUND', reason: 'AUTHORIZER_NOT_FOUND' };
    expect(await refusalOf(remove(appid))).toMatchObject(unknown);
    expect(await refusalOf(get(appid))).toMatchObject(unknown);
  });
});

describe('ListAuthorizers', () => {
  it('ListAuthorizers returns all mini-programs of a state page by page, with their last error and token age', async () => {
    const appids = [newAppid(), newAppid(), newAppid()].toSorted();
    for (const appid of appids) {
      await imported(appid);
      await settle(appid, [18, 25], 'NEEDS_AUTHORIZATION');
    }
    const state = AuthorizerState.AUTHORIZER_STATE_NEEDS_AUTHORIZATION;
    const first = await list({ state, pageSize: 2 });
    const second = await list({ state, pageSize: 2, pageToken: first.nextPageToken });
    expect([...first.authorizers, ...second.authorizers].map(({ appid }) => appid)).toEqual(appids);
    expect(second.nextPageToken).toBe('');
    expect(first.authorizers[0]).toMatchObject({
      state,
      permissionSets: [18, 25],
      lastError: '61023 refresh_token is invalid',
      lastErrorTime: expect.any(Date),
      tokenExpireTime: expect.any(Date),
    });
    const age = Number(first.authorizers[0]?.tokenAge?.seconds);
    expect(age).toBeGreaterThanOrEqual(59);
    expect(age).toBeLessThan(90);
  });

  it('ListAuthorizers rejects a page token of another list and a page size above 500', async () => {
    await Promise.all([imported(newAppid()), imported(newAppid())]);
    const { nextPageToken: pageToken } = await list({ pageSize: 1 });
    const state = AuthorizerState.AUTHORIZER_STATE_UNAUTHORIZED;
    expect(await refusalOf(list({ state, pageToken }))).toMatchObject({
      code: 'INVALID_ARGUMENT',
      violations: [{ field: 'page_token' }],
    });
    expect(await refusalOf(list({ pageSize: 501 }))).toMatchObject({ violations: [{ field: 'page_size' }] });
  });
});

describe('SetAuthorizerLabels', () => {
  const label = (appid: string, labels: string[]) =>
    call(gateway.authorizers, gateway.authorizers.setAuthorizerLabels, { appid, labels });

  it('SetAuthorizerLabels replaces the labels, and ListAuthorizers returns the mini-programs that have all given ones', async () => {
    const [one = '', two = ''] = [newAppid(), newAppid()].toSorted();
    await Promise.all([imported(one), imported(two)]);
    await tokens.keepAuthorizerInfo(one, { permissionSets: [18], nickName: '好吃面馆' });
    expect(await label(one, ['餐饮', '活跃', '餐饮'])).toMatchObject({
      labels: ['餐饮', '活跃'],
      nickName: '好吃面馆',
    });
    await label(two, ['餐饮']);
    const labelled = async (labels: string[], state?: AuthorizerState) =>
      (await list({ labels, ...(state && { state }) })).authorizers.map(({ appid }) => appid);
    expect(await labelled(['餐饮'])).toEqual([one, two]);
    expect(await labelled(['活跃', '餐饮'])).toEqual([one]);
    expect(await labelled(['餐饮'], AuthorizerState.AUTHORIZER_STATE_UNAUTHORIZED)).toEqual([]);
    const { nextPageToken: pageToken } = await list({ labels: ['餐饮'], pageSize: 1 });
    expect((await list({ labels: ['餐饮'], pageToken })).authorizers.map(({ appid }) => appid)).toEqual([
      two,
    ]);
    expect(await refusalOf(list({ labels: ['活跃'], pageToken }))).toMatchObject({
      violations: [{ field: 'page_token' }],
    });
    expect((await label(one, [])).labels).toEqual([]);
    expect(await labelled(['餐饮'])).toEqual([two]);
  });

  it('SetAuthorizerLabels fails with AUTHORIZER_NOT_FOUND if the mini-program is unknown', async () => {
    expect(await refusalOf(label(newAppid(), ['餐饮']))).toMatchObject({
      code: 'NOT_FOUND',
      reason: 'AUTHORIZER_NOT_FOUND',
    });
  });
});

describe('operations of authorizers', () => {
  const undo = (appid: string, requestId = '') =>
    call(gateway.code, gateway.code.undoAudit, UndoAuditRequest.create({ appid, requestId }));
  const operationsOf = (appid: string) =>
    database.rows('select id from operations where appid = $1', [appid]);

  it('An operation of a mini-program that never authorized fails with NOT_AUTHORIZED and stores nothing', async () => {
    const appid = newAppid();
    const refusal = { code: 'FAILED_PRECONDITION', reason: 'NOT_AUTHORIZED' };
    expect(await refusalOf(undo(appid))).toMatchObject(refusal);
    const query = call(gateway.code, gateway.code.listPages, ListPagesRequest.create({ appid }));
    expect(await refusalOf(query)).toMatchObject(refusal);
    const file = png(100);
    expect(await refusalOf(sendMedia(gateway.code, { appid }, file).answer)).toMatchObject(refusal);
    expect(await operationsOf(appid)).toEqual([]);
    expect(await database.rows('select from operation_attachments where content = $1', [file])).toEqual([]);
  });

  it('An operation of a mini-program without permission set 18 fails with PERMISSION_SET_MISSING and stores nothing', async () => {
    const appid = newAppid();
    await imported(appid);
    await settle(appid, [17, 25]);
    expect(await refusalOf(undo(appid))).toMatchObject({
      code: 'PERMISSION_DENIED',
      reason: 'PERMISSION_SET_MISSING',
      metadata: { category: 'PERMISSION', retryable: 'false' },
    });
    expect(await operationsOf(appid)).toEqual([]);
  });

  it('An operation is accepted if permission set 18 is granted or unknown, or if the mini-program needs authorization', async () => {
    const appid = newAppid();
    await imported(appid);
    expect((await undo(appid)).appid).toBe(appid);
    await settle(appid, [17, 18]);
    expect((await undo(appid)).appid).toBe(appid);
    await settle(appid, [17], 'NEEDS_AUTHORIZATION');
    expect((await undo(appid)).appid).toBe(appid);
  });

  it('A repeated request returns its operation even if the authorization was removed in the meantime', async () => {
    const appid = newAppid();
    await imported(appid);
    const { id } = await undo(appid, 'undo-1');
    await remove(appid);
    expect((await undo(appid, 'undo-1')).id).toBe(id);
    expect(await refusalOf(undo(appid, 'undo-2'))).toMatchObject({ reason: 'NOT_AUTHORIZED' });
  });
});
