import { credentials } from '@grpc/grpc-js';
import { describe, expect, it } from '@jest/globals';
import { PlatformClient } from '@wxa/contracts';
import { newAppid } from '../appid.js';
import { eventually } from '../eventually.js';
import { callRpc, type Refusal, refusalOf } from '../gateway/calls.js';
import { worker, world, wxaHere } from '../use-world.js';
import {
  as,
  CALLERS,
  CALLS,
  callsOf,
  crm,
  EVERY,
  effectsOf,
  ended,
  NICKNAME,
  policy,
  useListedCalls,
} from './use-listed-calls.js';

useListedCalls();

describe('What the policy allows', () => {
  const [A, B] = [`wxa${'0'.repeat(15)}`, `wxb${'0'.repeat(15)}`];
  const refused = (caller: string, name: 'queryWechat' | 'changeWechat', fields: object): Promise<Refusal> =>
    refusalOf(as(caller)(name, fields));
  const DENIED = { code: 'PERMISSION_DENIED', reason: 'CALLER_NOT_ALLOWED' };
  const PENALTIES = { call: 'penalties', bodyJson: '{}' };

  it('A bare * grants no call, and a rule grants the listed names for its mini-programs only', async () => {
    const { responseJson } = await as('reader')('queryWechat', { ...PENALTIES, appid: A });
    expect(responseJson).toContain('records');
    for (const [caller, name, fields] of [
      ['operator', 'queryWechat', { ...PENALTIES, appid: A }],
      ['reader', 'queryWechat', { ...PENALTIES, appid: B }],
      ['reader', 'queryWechat', { call: 'shown', appid: A }],
      ['reader', 'changeWechat', { ...NICKNAME, appid: A }],
      ['all-but-names', 'changeWechat', { ...NICKNAME, appid: A }],
    ] as const)
      expect(await refused(caller, name, fields)).toMatchObject(DENIED);
  });

  it('A name that is not listed is CALL_NOT_LISTED for a caller with some right, and CALLER_NOT_ALLOWED for others', async () => {
    const unknown = { call: 'unknown', appid: A, bodyJson: '{}' };
    const notListed = { code: 'INVALID_ARGUMENT', reason: 'CALL_NOT_LISTED' };
    expect(await refused('reader', 'queryWechat', unknown)).toMatchObject(notListed);
    expect(await refused('operator', 'queryWechat', unknown)).toMatchObject(DENIED);
  });

  it('An entry refuses the other RPC, another token’s appid, a parameter that it does not list and a body that is no object', async () => {
    const mismatch = { code: 'INVALID_ARGUMENT', reason: 'CALL_EFFECT_MISMATCH' };
    expect(await refused('crm', 'queryWechat', { ...NICKNAME, appid: A })).toMatchObject(mismatch);
    expect(await refused('crm', 'changeWechat', { ...PENALTIES, appid: A })).toMatchObject(mismatch);
    const fieldsOf = async (name: 'queryWechat' | 'changeWechat', fields: object) =>
      (await refused('crm', name, fields)).fields;
    const register = { call: 'register', appid: A, bodyJson: '{}' };
    expect(await fieldsOf('changeWechat', register)).toEqual(['appid']);
    const other = { ...PENALTIES, appid: A, query: { access_token: 'x' } };
    expect(await fieldsOf('queryWechat', other)).toEqual(['query.access_token']);
    expect(await fieldsOf('queryWechat', { ...PENALTIES, appid: A, bodyJson: '[]' })).toEqual(['body_json']);
    expect(await fieldsOf('queryWechat', { call: 'shown', appid: A, bodyJson: '{}' })).toEqual(['body_json']);
  });

  it('A call runs as its entry was when it was accepted, and a repeated request returns it, although the entry changed', async () => {
    const inForce = async (calls: typeof CALLS) => {
      policy.write(CALLERS, calls);
      await eventually(async () => {
        const listed = await listedCalls();
        return listed.every(({ name, api }) => calls[name as keyof typeof CALLS].api === api);
      });
    };
    const request = { ...NICKNAME, appid: newAppid(), requestId: 'again' };
    await worker().stop();
    const { id } = await crm('changeWechat', request);
    await inForce({ ...CALLS, nickname: CALLS.show });
    expect((await crm('changeWechat', request)).id).toBe(id);
    const other = { ...request, bodyJson: '{"nick_name":"别的"}' };
    expect(await refused('crm', 'changeWechat', other)).toMatchObject({ reason: 'REQUEST_ID_REUSED' });
    await worker().start();
    expect((await ended(id)).state).toBe('OPERATION_STATE_SUCCEEDED');
    const { appid } = request;
    expect([(await effectsOf(appid, 'nickname')).length, await callsOf(appid, 'show')]).toEqual([1, []]);
    await inForce(CALLS);
  });
});

it('The rate of a path is that of its calls over all mini-programs', async () => {
  const { api } = CALLS.search;
  // A worker knows the rate before its first call.
  await worker().stop();
  expect((await wxaHere(['quota', 'rate', api, '2', '--listed'])).code).toBe(0);
  const appids = Array.from({ length: 13 }, newAppid);
  const search = { call: 'search', bodyJson: '{"status":1}' };
  const accepted = await Promise.all(appids.map((appid) => crm('changeWechat', { ...search, appid })));
  await worker().start();
  await Promise.all(accepted.map(({ id }) => ended(id)));
  const calls = (await Promise.all(appids.map((appid) => callsOf(appid, 'search')))).flat();
  const starts = calls.map(({ startedAt }) => startedAt).sort((a, b) => a - b);
  expect(starts).toHaveLength(13);
  expect((starts[12] ?? 0) - (starts[0] ?? 0)).toBeGreaterThan(4_500);
  expect((await wxaHere(['quota', 'rate', api, 'default', '--listed'])).code).toBe(0);
});

async function listedCalls() {
  const platform = new PlatformClient(world.stack.addresses.grpc, credentials.createInsecure());
  const { calls } = await callRpc(platform, 'listListedCalls', {}, policy.as('operator'));
  platform.close();
  return calls;
}

it('ListListedCalls has the entries of the policy in its order, who may make each, and who made it', async () => {
  await as('all-but-names')('queryWechat', { call: 'shown', appid: newAppid() });
  const calls = await listedCalls();
  expect(calls.map(({ name }) => name)).toEqual(EVERY);
  expect(calls[0]).toMatchObject({ callers: ['crm', 'reader', 'all-but-names'], query: ['page'] });
  expect(calls[1]?.uses[0]).toMatchObject({ caller: 'all-but-names', calls: expect.any(Number) });
});
