import { expect, it } from '@jest/globals';
import { Secrets } from '@wxa/authorizers';
import { AuthorizerState, type ListAuthorizersRequest } from '@wxa/contracts';
import { newAppid } from '../appid.js';
import { refusalOf } from './calls.js';
import { COMPONENT_SETTINGS } from './component-settings.js';
import { useOpenStore } from './scripted-worker.js';
import { sealed } from './token-gateway.js';
import { authorized } from './trail-actions.js';
import { png, sendMedia } from './uploads.js';
import { useSharedGateway } from './use-gateway.js';

const { backends, gateway, database } = useSharedGateway('component');
const store = useOpenStore(backends);
const KEY = Buffer.from(COMPONENT_SETTINGS.SECRETS_KEY, 'base64');

const UNKNOWN = { code: 'NOT_FOUND', reason: 'AUTHORIZER_NOT_FOUND' };
const get = (appid: string) => gateway.rpc('getAuthorizer', { appid });
const remove = (appid: string) => gateway.rpc('removeAuthorizer', { appid });
const label = (appid: string, labels: string[]) => gateway.rpc('setAuthorizerLabels', { appid, labels });
const list = async (request: Partial<ListAuthorizersRequest>) => {
  const { authorizers, nextPageToken } = await gateway.rpc('listAuthorizers', request);
  return { authorizers, appids: authorizers.map(({ appid }) => appid), nextPageToken };
};
const importAuthorizer = (appid: string, refreshToken = `refreshtoken@@@${appid}`) =>
  gateway.rpc('importAuthorizer', { appid, refreshToken });

/** Stores an imported mini-program, as a worker does after WeChat granted its token. */
const imported = () => authorized(store(), KEY);

/** Stores permission sets and a token of a minute ago, as a worker does. */
const settle = (appid: string, sets: number[], state = 'AUTHORIZED') =>
  database.rows(
    `update authorizers set permission_sets = $2, state = $3, access_token = $4,
       access_token_at = clock_timestamp() - interval '1 minute',
       access_token_until = clock_timestamp() + interval '1 hour',
       last_error = '61023 refresh_token is invalid', last_error_at = clock_timestamp()
     where appid = $1`,
    [appid, sets, state, sealed(appid, 'a')],
  );

it('ImportAuthorizer changes nothing with the imported token and fails with AUTHORIZER_EXISTS with another token', async () => {
  const appid = await imported();
  const first = await get(appid);
  expect(first).toMatchObject({ appid, permissionSets: [], authorizeTime: undefined, lastError: '' });
  expect({ ...(await importAuthorizer(appid)), tokenAge: first.tokenAge }).toEqual(first);
  const exists = { code: 'ALREADY_EXISTS', reason: 'AUTHORIZER_EXISTS' };
  expect(await refusalOf(importAuthorizer(appid, 'another'))).toMatchObject(exists);
});

it('ImportAuthorizer reports all invalid fields at once without quoting the refresh token', async () => {
  const refusal = await refusalOf(importAuthorizer('wx1', `blank refreshtoken@@@${'x'.repeat(600)}`));
  expect(refusal).toMatchObject({ code: 'INVALID_ARGUMENT', fields: ['appid', 'refresh_token'] });
  expect(JSON.stringify(refusal)).not.toContain('refreshtoken@@@');
  expect(await refusalOf(importAuthorizer(newAppid(), ''))).toMatchObject({
    violations: [{ field: 'refresh_token', description: 'required' }],
  });
});

it('RemoveAuthorizer deletes a mini-program, which is then NOT_FOUND', async () => {
  const appid = await imported();
  expect(await remove(appid)).toEqual({});
  const calls = [remove(appid), get(appid), label(appid, ['餐饮'])];
  for (const refusal of await Promise.all(calls.map(refusalOf))) expect(refusal).toMatchObject(UNKNOWN);
});

it('ListAuthorizers returns all mini-programs of a state page by page, with their last error and token age', async () => {
  const appids = [await imported(), await imported(), await imported()].toSorted();
  for (const appid of appids) await settle(appid, [18, 25], 'NEEDS_AUTHORIZATION');
  const state = AuthorizerState.AUTHORIZER_STATE_NEEDS_AUTHORIZATION;
  const first = await list({ state, pageSize: 2 });
  const second = await list({ state, pageSize: 2, pageToken: first.nextPageToken });
  expect([...first.appids, ...second.appids, second.nextPageToken]).toEqual([...appids, '']);
  const [{ tokenAge, ...authorizer } = {}] = first.authorizers;
  expect(authorizer).toMatchObject({
    ...{ state, permissionSets: [18, 25], lastError: '61023 refresh_token is invalid' },
    ...{ lastErrorTime: expect.any(Date), tokenExpireTime: expect.any(Date) },
  });
  expect(Number(tokenAge?.seconds)).toBeGreaterThanOrEqual(59);
  const wrong = list({ pageToken: first.nextPageToken, pageSize: 501 });
  const refused = { code: 'INVALID_ARGUMENT', fields: ['page_size', 'page_token'] };
  expect(await refusalOf(wrong)).toMatchObject(refused);
});

it('SetAuthorizerLabels replaces the labels, and ListAuthorizers returns the mini-programs that have all given ones', async () => {
  const [one = '', two = ''] = [await imported(), await imported()].toSorted();
  await store()
    .tokens(new Secrets(KEY))
    .keepAuthorizerInfo(one, { permissionSets: [18], nickName: '好吃面馆' });
  expect(await label(one, ['餐饮', '活跃', '餐饮'])).toMatchObject({
    ...{ labels: ['餐饮', '活跃'], nickName: '好吃面馆' },
  });
  await label(two, ['餐饮']);
  const labels = ['餐饮'];
  const first = await list({ labels, pageSize: 1 });
  const { appids } = await list({ labels, pageToken: first.nextPageToken });
  expect([first.appids, appids]).toEqual([[one], [two]]);
  expect((await list({ labels: ['活跃', '餐饮'] })).appids).toEqual([one]);
  const state = AuthorizerState.AUTHORIZER_STATE_UNAUTHORIZED;
  expect((await list({ labels, state })).appids).toEqual([]);
  for (const search of ['好吃', '饮', one.slice(-6).toUpperCase()])
    expect((await list({ search })).appids).toContain(one);
  expect((await list({ search: '好吃', labels: ['没有'] })).appids).toEqual([]);
  const misused = list({ labels: ['活跃'], pageToken: first.nextPageToken });
  expect((await refusalOf(misused)).fields).toEqual(['page_token']);
  expect((await label(one, [])).labels).toEqual([]);
  expect((await list({ labels })).appids).toEqual([two]);
});

const undo = (appid: string, requestId = '') => gateway.rpc('undoAudit', { appid, requestId });
const operationsOf = (appid: string) => database.rows('select id from operations where appid = $1', [appid]);

it('An operation of a mini-program that never authorized fails with NOT_AUTHORIZED and stores nothing', async () => {
  const [appid, file] = [newAppid(), png(100)];
  const media = sendMedia(gateway.code, { appid }, file).answer;
  const calls = [undo(appid), gateway.rpc('listPages', { appid }), media];
  for (const refusal of await Promise.all(calls.map(refusalOf)))
    expect(refusal).toMatchObject({ code: 'FAILED_PRECONDITION', reason: 'NOT_AUTHORIZED' });
  expect(await operationsOf(appid)).toEqual([]);
  expect(await database.rows('select from operation_attachments where content = $1', [file])).toEqual([]);
});

it('An operation of a mini-program without permission set 18 fails with PERMISSION_SET_MISSING and stores nothing', async () => {
  const appid = await imported();
  await settle(appid, [17, 25]);
  expect(await refusalOf(undo(appid))).toMatchObject({
    ...{ code: 'PERMISSION_DENIED', reason: 'PERMISSION_SET_MISSING' },
    metadata: { category: 'PERMISSION', retryable: 'false' },
  });
  expect(await operationsOf(appid)).toEqual([]);
});

it('An operation is accepted if permission set 18 is granted or unknown, or if the mini-program needs authorization', async () => {
  const appid = await imported();
  await undo(appid);
  await settle(appid, [17, 18]);
  await undo(appid);
  await settle(appid, [17], 'NEEDS_AUTHORIZATION');
  await undo(appid);
  expect(await operationsOf(appid)).toHaveLength(3);
});

it('A repeated request returns its operation even if the authorization was removed in the meantime', async () => {
  const appid = await imported();
  const { id } = await undo(appid, 'undo-1');
  await remove(appid);
  expect((await undo(appid, 'undo-1')).id).toBe(id);
  expect(await refusalOf(undo(appid, 'undo-2'))).toMatchObject({ reason: 'NOT_AUTHORIZED' });
});
