import { randomBytes } from 'node:crypto';
import { beforeAll, expect, it } from '@jest/globals';
import { refusalOf } from '../gateway/calls.js';
import { useOpenStore } from '../gateway/scripted-worker.js';
import { authorized } from '../gateway/trail-actions.js';
import { useGateway } from '../gateway/use-gateway.js';
import { TestPolicy } from './test-policy.js';

const COMPONENT = 'wxc0de000000000000';
const [A, B] = [`wxa${'0'.repeat(15)}`, `wxb${'0'.repeat(15)}`];
const SECRETS_KEY = randomBytes(32).toString('base64');
const policy = new TestPolicy({
  'team-a': { allow: [{ methods: ['*'], appids: ['wxa*'] }] },
  'platform-of-a': { allow: [{ methods: ['*'], appids: ['platform', 'wxa*'] }] },
});
const { gateway, backends } = useGateway({
  AUTH_POLICY_FILE: policy.file,
  WECHAT_COMPONENT_APPID: COMPONENT,
  WECHAT_TOKEN_SOURCE: 'component',
  SECRETS_KEY,
});

const store = useOpenStore(backends);
beforeAll(async () => {
  for (const appid of [A, B]) await authorized(store(), Buffer.from(SECRETS_KEY, 'base64'), appid);
});

/** The reason of the error, or `accepted`. */
const reasonOf = (made: Promise<unknown>) =>
  refusalOf(made).then(
    ({ reason, code }) => reason ?? code,
    () => 'accepted',
  );

it('The platform status, a stop of APIs and its lift need the component appid, and no appid of a mini-program suffices', async () => {
  for (const [caller, reason] of [
    ['platform-of-a', 'accepted'],
    ['team-a', 'CALLER_NOT_ALLOWED'],
  ] as const) {
    const as = policy.as(caller);
    expect(await reasonOf(gateway.rpc('getPlatformStatus', {}, as))).toBe(reason);
    expect(await reasonOf(gateway.rpc('liftApiStop', { api: 'wxa/release' }, as))).toBe(reason);
    const stop = { api: 'wxa/release', until: new Date(Date.now() + 60_000), reason: 'test' };
    expect(await reasonOf(gateway.rpc('stopApis', stop, as))).toBe(reason);
    expect(await reasonOf(gateway.rpc('liftApiStops', {}, as))).toBe(reason);
  }
});

it('A sync of authorizers needs the component appid, is refused while one runs, and is read by its id or as the latest', async () => {
  const [own, other] = [policy.as('platform-of-a'), policy.as('team-a')];
  const start = (as = own) => gateway.rpc('syncAuthorizers', {}, as);
  const read = (id: bigint, as = own) => gateway.rpc('getAuthorizerSync', { id }, as);
  for (const call of [start(other), read(0n, other)]) expect(await reasonOf(call)).toBe('CALLER_NOT_ALLOWED');
  const unknown = { code: 'NOT_FOUND', reason: 'AUTHORIZER_SYNC_NOT_FOUND' };
  expect(await refusalOf(read(0n))).toMatchObject(unknown);
  const started = await start();
  expect(started).toMatchObject({ state: 'AUTHORIZER_SYNC_STATE_RUNNING', pages: 0, endTime: undefined });
  expect(await refusalOf(start())).toMatchObject({ code: 'FAILED_PRECONDITION', reason: 'SYNC_RUNNING' });
  expect([await read(0n), await read(started.id)]).toEqual([started, started]);
  expect(await refusalOf(read(started.id + 1n))).toMatchObject(unknown);
  expect(await refusalOf(read(-1n))).toMatchObject({ reason: 'INVALID_REQUEST' });
});

it('ListAuthorizers has only the visible mini-programs, and the others cannot be read, labelled or removed', async () => {
  const as = policy.as('team-a');
  const { authorizers } = await gateway.rpc('listAuthorizers', {}, as);
  expect(authorizers.map(({ appid }) => appid)).toEqual([A]);
  for (const rpc of ['getAuthorizer', 'setAuthorizerLabels', 'removeAuthorizer'] as const) {
    expect(await reasonOf(gateway.rpc(rpc, { appid: B }, as))).toBe('CALLER_NOT_ALLOWED');
    expect(await reasonOf(gateway.rpc(rpc, { appid: A }, as))).toBe('accepted');
  }
});
