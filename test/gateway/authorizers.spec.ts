import { randomBytes } from 'node:crypto';
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
import { call, refusalOf } from './calls.js';
import { aPlace, type RunningGateway, startGateway } from './running-gateway.js';
import { TheDatabase } from './the-database.js';
import { png, sendMedia } from './uploads.js';

const SETTINGS = {
  WECHAT_CALLBACK_MODE: 'secure',
  WECHAT_CALLBACK_TOKEN: 'callback-token',
  WECHAT_ENCODING_AES_KEY: 'abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG',
  WECHAT_COMPONENT_APPID: 'wxc0de000000000000',
  WECHAT_TOKEN_SOURCE: 'component',
  SECRETS_KEY: randomBytes(32).toString('base64'),
};

let gateway: RunningGateway;
let database: TheDatabase;
let store: Store;
let tokens: TokenStore;
let apps = 0;
const anAppid = () => `wx${(apps++).toString(16).padStart(16, 'f')}`;

beforeAll(async () => {
  const place = await aPlace();
  gateway = await startGateway(place, SETTINGS);
  database = new TheDatabase(place.databaseUrl);
  const noAudits = () => Promise.reject(new Error('no audits here')) as never;
  store = await Store.open({ url: place.databaseUrl }, { writer: 'release-worker', toEvent: noAudits });
  tokens = store.tokens(new Secrets(Buffer.from(SETTINGS.SECRETS_KEY, 'base64')));
}, 60_000);
afterAll(async () => {
  await gateway?.stop();
  await store?.close();
  await database?.close();
});

const get = (appid: string) =>
  call(gateway.authorizers, gateway.authorizers.getAuthorizer, GetAuthorizerRequest.create({ appid }));
const remove = (appid: string) =>
  call(gateway.authorizers, gateway.authorizers.removeAuthorizer, RemoveAuthorizerRequest.create({ appid }));
const list = (request: Partial<ListAuthorizersRequest>) =>
  call(gateway.authorizers, gateway.authorizers.listAuthorizers, ListAuthorizersRequest.fromPartial(request));
const imports = (appid: string, refreshToken = `refreshtoken@@@${appid}`) =>
  call(
    gateway.authorizers,
    gateway.authorizers.importAuthorizer,
    ImportAuthorizerRequest.create({ appid, refreshToken }),
  );

/** As a worker leaves it that was given a token by WeChat. */
const imported = (appid: string) => {
  const refreshToken = `refreshtoken@@@${appid}`;
  return tokens.keepImported(
    { appid, refreshToken },
    { refreshToken, accessToken: 'a', grantedMs: 7_200_000 },
  );
};

/** As a worker leaves it: what was granted, and a token that was had a minute ago. */
const settle = (appid: string, sets: number[], state = 'AUTHORIZED') =>
  database.rows(
    `update authorizers set permission_sets = $2, state = $3, access_token = 'sealed',
       access_token_at = clock_timestamp() - interval '1 minute',
       access_token_until = clock_timestamp() + interval '1 hour',
       last_error = '61023 refresh_token is invalid', last_error_at = clock_timestamp()
     where appid = $1`,
    [appid, sets, state],
  );

describe('an imported mini-program', () => {
  it('may be imported again with the same token, not with another', async () => {
    const appid = anAppid();
    await imported(appid);
    const first = await get(appid);
    expect(first).toMatchObject({ appid, permissionSets: [], authorizeTime: undefined, lastError: '' });
    expect({ ...(await imports(appid)), tokenAge: first.tokenAge }).toEqual(first);
    expect(await refusalOf(imports(appid, 'another'))).toMatchObject({
      code: 'ALREADY_EXISTS',
      reason: 'AUTHORIZER_EXISTS',
    });
  });

  it('is refused with every fault at once, and without its token', async () => {
    const refusal = await refusalOf(imports('wx1', `blank refreshtoken@@@${'x'.repeat(600)}`));
    expect(refusal).toMatchObject({
      code: 'INVALID_ARGUMENT',
      violations: [{ field: 'appid' }, { field: 'refresh_token' }],
    });
    expect(JSON.stringify(refusal)).not.toContain('refreshtoken@@@');
    expect(await refusalOf(imports(anAppid(), ''))).toMatchObject({
      violations: [{ field: 'refresh_token', description: 'required' }],
    });
  });

  it('is forgotten', async () => {
    const appid = anAppid();
    await imported(appid);
    expect(await remove(appid)).toEqual({});
    const unknown = { code: 'NOT_FOUND', reason: 'AUTHORIZER_NOT_FOUND' };
    expect(await refusalOf(remove(appid))).toMatchObject(unknown);
    expect(await refusalOf(get(appid))).toMatchObject(unknown);
  });
});

describe('the list', () => {
  it('tells of each, page by page', async () => {
    const appids = [anAppid(), anAppid(), anAppid()];
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

  it('takes no token of another list, and no page of more than 500', async () => {
    await Promise.all([imported(anAppid()), imported(anAppid())]);
    const { nextPageToken: pageToken } = await list({ pageSize: 1 });
    const state = AuthorizerState.AUTHORIZER_STATE_UNAUTHORIZED;
    expect(await refusalOf(list({ state, pageToken }))).toMatchObject({
      code: 'INVALID_ARGUMENT',
      violations: [{ field: 'page_token' }],
    });
    expect(await refusalOf(list({ pageSize: 501 }))).toMatchObject({ violations: [{ field: 'page_size' }] });
  });
});

describe('an operation', () => {
  const undo = (appid: string, requestId = '') =>
    call(gateway.code, gateway.code.undoAudit, UndoAuditRequest.create({ appid, requestId }));
  const operationsOf = (appid: string) =>
    database.rows('select id from operations where appid = $1', [appid]);

  it('of a mini-program that never authorized is refused and leaves no row', async () => {
    const appid = anAppid();
    const refusal = { code: 'FAILED_PRECONDITION', reason: 'NOT_AUTHORIZED' };
    expect(await refusalOf(undo(appid))).toMatchObject(refusal);
    const query = call(gateway.code, gateway.code.listPages, ListPagesRequest.create({ appid }));
    expect(await refusalOf(query)).toMatchObject(refusal);
    const file = png(100);
    expect(await refusalOf(sendMedia(gateway.code, { appid }, file).answer)).toMatchObject(refusal);
    expect(await operationsOf(appid)).toEqual([]);
    expect(await database.rows('select from operation_attachments where content = $1', [file])).toEqual([]);
  });

  it('of one that did not grant permission set 18 is refused and leaves no row', async () => {
    const appid = anAppid();
    await imported(appid);
    await settle(appid, [17, 25]);
    expect(await refusalOf(undo(appid))).toMatchObject({
      code: 'PERMISSION_DENIED',
      reason: 'PERMISSION_SET_MISSING',
      metadata: { category: 'PERMISSION', retryable: 'false' },
    });
    expect(await operationsOf(appid)).toEqual([]);
  });

  it('is accepted where that is granted, or not known yet, or the authorization has ended', async () => {
    const appid = anAppid();
    await imported(appid);
    expect((await undo(appid)).appid).toBe(appid);
    await settle(appid, [17, 18]);
    expect((await undo(appid)).appid).toBe(appid);
    await settle(appid, [17], 'NEEDS_AUTHORIZATION');
    expect((await undo(appid)).appid).toBe(appid);
  });

  it('that was accepted is answered again, whatever became of the authorization', async () => {
    const appid = anAppid();
    await imported(appid);
    const { id } = await undo(appid, 'undo-1');
    await remove(appid);
    expect((await undo(appid, 'undo-1')).id).toBe(id);
    expect(await refusalOf(undo(appid, 'undo-2'))).toMatchObject({ reason: 'NOT_AUTHORIZED' });
  });
});

describe('with another token source', () => {
  it('every RPC of Authorizers says that it is not served, and operations are accepted', async () => {
    const other = await startGateway(await aPlace());
    try {
      const { authorizers, code } = other;
      const appid = anAppid();
      const unserved = { code: 'FAILED_PRECONDITION', reason: 'TOKEN_SOURCE_NOT_COMPONENT' };
      const asked = [
        call(authorizers, authorizers.getAuthorizer, GetAuthorizerRequest.create({ appid })),
        call(authorizers, authorizers.listAuthorizers, ListAuthorizersRequest.fromPartial({})),
        call(authorizers, authorizers.importAuthorizer, ImportAuthorizerRequest.create({ appid })),
        call(authorizers, authorizers.removeAuthorizer, RemoveAuthorizerRequest.create({ appid })),
      ];
      for (const one of asked) expect(await refusalOf(one)).toMatchObject(unserved);
      expect((await call(code, code.undoAudit, UndoAuditRequest.create({ appid }))).appid).toBe(appid);
    } finally {
      await other.stop();
    }
  });
});
