import { credentials } from '@grpc/grpc-js';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { CallsClient, type Operation, PlatformClient } from '@wxa/contracts';
import type { FaultOrder } from '@wxa/wechat-sim';
import { newAppid } from '../appid.js';
import { TestPolicy } from '../callers/test-policy.js';
import { eventually } from '../eventually.js';
import { callRpc, type Refusal, type Rpc, refusalOf } from '../gateway/calls.js';
import { useWorld, worker, world, wxaHere } from '../use-world.js';

const CALLS = {
  penalties: { api: 'wxa/getillegalrecords', http: 'POST', effect: 'none', query: ['page'] },
  shown: { api: 'wxa/getshowwxaitem', http: 'GET', effect: 'none' },
  show: { api: 'wxa/updateshowwxaitem', http: 'POST', effect: 'set' },
  search: { api: 'wxa/changewxasearchstatus', http: 'POST', effect: 'set' },
  nickname: { api: 'wxa/setnickname', http: 'POST', effect: 'once' },
  register: {
    ...{ api: 'cgi-bin/component/fastregisterweapp', http: 'POST', effect: 'once' },
    ...{ token: 'component', query: ['action'] },
  },
};
const EVERY = Object.keys(CALLS);
const of = (method: string, calls: string[], appids: unknown = 'all') => ({
  allow: [{ methods: [method], calls, appids }],
});
const policy = new TestPolicy({});
policy.write(
  {
    crm: of('Calls/*', EVERY),
    reader: of('Calls/QueryWechat', ['penalties'], ['wxa*']),
    operator: {},
    'all-but-names': {
      ...of('Calls/*', EVERY),
      deny: [{ methods: ['Calls/*'], calls: ['nickname'], appids: 'all' }],
    },
  },
  CALLS,
);
useWorld({
  env: {
    AUTH_POLICY_FILE: policy.file,
    ...{ WECHAT_TIMEOUT_MS: '1000', OPERATION_LEASE_MARGIN_MS: '500', OPERATION_DEADLINE_MS: '6000' },
  },
});
let client: CallsClient;
beforeAll(() => {
  client = new CallsClient(world.stack.addresses.grpc, credentials.createInsecure());
});
afterAll(() => client?.close());

const as =
  (caller: string): Rpc =>
  (name, fields) =>
    callRpc(client, name, fields, policy.as(caller));
const crm = as('crm');
const operator = as('operator');
const NICKNAME = { call: 'nickname', bodyJson: '{"nick_name":"茶"}' };
const SHOW = { call: 'show', bodyJson: '{"appid":"wx1"}' };

/** Calls, and waits until it has ended or is in doubt. */
const run = async (request: object) => ended((await crm('changeWechat', request)).id);
async function ended(id: string): Promise<Operation> {
  let operation: Operation | undefined;
  await eventually(async () => {
    operation = await operator('getOperation', { id });
    return operation.endTime !== undefined || operation.state === 'OPERATION_STATE_IN_DOUBT';
  });
  return operation as Operation;
}
const callsOf = async (appid: string, call: keyof typeof CALLS) =>
  world.sim.calls({ appid, api: CALLS[call].api });
const effectsOf = async (appid: string, call: keyof typeof CALLS) =>
  (await callsOf(appid, call)).filter(({ effect }) => effect !== null && effect !== undefined);

describe('QueryWechat', () => {
  it('A query returns WeChat’s answer with all digits and without secrets, and sends what the caller gave unchanged', async () => {
    const appid = newAppid();
    const bodyJson = '{ "start_time": 1.10,  "big": 9007199254740993 }';
    const query = { page: 'a b/1' };
    const { responseJson } = await crm('queryWechat', { call: 'penalties', appid, bodyJson, query });
    expect(responseJson).toContain('"illegal_record_id":9007199254740993');
    expect(JSON.parse(responseJson)).toMatchObject({ records: [{ session_key: '' }], page: 'a b/1' });
    const [call] = await callsOf(appid, 'penalties');
    expect(call).toMatchObject({ body: bodyJson, query: 'page=a%20b%2F1' });
    expect(await world.written()).not.toContain('sim-secret');
    const [row] = await world.sql<{ api: string; result: string }>(
      'select api, result::text from operations where appid = $1',
      [appid],
    );
    expect([row?.api, row?.result.includes('sim-secret')]).toEqual(['wxa/getillegalrecords', false]);
    const [outcome] = world.messages('OperationCompleted', appid);
    expect(JSON.stringify(outcome?.json ?? {})).not.toContain('illegal');
  });

  it.concurrent.each<[string, FaultOrder]>([
    ['lost', { kind: 'lost', when: 'before' }],
    ['half', { kind: 'half', when: 'after' }],
    ['busy', { kind: 'busy' }],
  ])('A query whose answer is %s is repeated', async (_, fault) => {
    const appid = newAppid();
    await world.sim.addFault({ ...fault, api: CALLS.shown.api, appid });
    expect(JSON.parse((await crm('queryWechat', { call: 'shown', appid })).responseJson)).toMatchObject({
      appid: '',
    });
    expect(await callsOf(appid, 'shown')).toHaveLength(2);
  });

  it('An answer that is not JSON fails with RESPONSE_NOT_JSON, and a refusal with WeChat’s code', async () => {
    const appid = newAppid();
    await world.sim.addFault({ kind: 'garbage', api: CALLS.shown.api, appid });
    const failure = () => refusalOf(crm('queryWechat', { call: 'shown', appid }));
    expect(await failure()).toMatchObject({ code: 'INTERNAL', reason: 'RESPONSE_NOT_JSON' });
    await world.sim.addFault({ kind: 'errcode', errcode: 99_999, api: CALLS.shown.api, appid });
    expect(await failure()).toMatchObject({ code: 'INTERNAL', reason: 'WECHAT_99999' });
  });
});

describe('ChangeWechat', () => {
  const SENT_ONCE: [string, FaultOrder, number][] = [
    ['was lost before it', { kind: 'lost', when: 'before' }, 0],
    ['was lost after it', { kind: 'lost', when: 'after' }, 1],
    ['is half', { kind: 'half', when: 'after' }, 1],
    ['is -1', { kind: 'busy', when: 'after' }, 1],
    ['is no JSON', { kind: 'garbage', when: 'after' }, 1],
    ['does not come', { kind: 'hang', when: 'after' }, 1],
  ];

  it.concurrent.each(SENT_ONCE)(
    'A call with effect once whose answer %s is sent once and FAILED with RESULT_UNKNOWN',
    async (_, fault, effects) => {
      const appid = newAppid();
      await world.sim.addFault({ ...fault, api: CALLS.nickname.api, appid });
      const { state, error, attempts } = await run({ ...NICKNAME, appid });
      expect([state, error?.reason, error?.retryable, attempts]).toEqual([
        ...['OPERATION_STATE_FAILED', 'RESULT_UNKNOWN', false, 1],
      ]);
      expect([
        (await callsOf(appid, 'nickname')).length,
        (await effectsOf(appid, 'nickname')).length,
      ]).toEqual([...[1, effects]]);
    },
  );

  it.concurrent.each(SENT_ONCE)(
    'A call with effect set whose answer %s is repeated until it is known',
    async (_, fault) => {
      const appid = newAppid();
      await world.sim.addFault({ ...fault, api: CALLS.show.api, appid });
      const { state, attempts } = await run({ ...SHOW, appid });
      expect([state, attempts]).toEqual(['OPERATION_STATE_SUCCEEDED', 2]);
      expect((await effectsOf(appid, 'show')).at(-1)?.effect).toBe('show wx1');
    },
  );

  it.concurrent('A call with effect set whose result stays unknown is FAILED with RESULT_UNKNOWN at its deadline, and holds nothing up', async () => {
    const appid = newAppid();
    const fault = await world.sim.addFault({
      kind: 'garbage',
      when: 'after',
      times: 0,
      api: CALLS.show.api,
      appid,
    });
    const { id } = await crm('changeWechat', { ...SHOW, appid });
    const after = await crm('changeWechat', { call: 'search', bodyJson: '{"status":1}', appid });
    expect(await ended(id)).toMatchObject({
      state: 'OPERATION_STATE_FAILED',
      error: { reason: 'RESULT_UNKNOWN' },
    });
    expect((await ended(after.id)).state).toBe('OPERATION_STATE_SUCCEEDED');
    await world.sim.clearFaults(fault.id);
    const [first] = await effectsOf(appid, 'search');
    expect((await callsOf(appid, 'show')).every(({ seq }) => seq < (first?.seq ?? 0))).toBe(true);
  });

  it('If their worker is killed during the call, one with effect once is FAILED with RESULT_UNKNOWN, and one with effect set is repeated', async () => {
    const hanging = async (call: 'nickname' | 'show', request: object) => {
      const appid = newAppid();
      const fault = await world.sim.addFault({ kind: 'hang', when: 'after', api: CALLS[call].api, appid });
      const { id } = await crm('changeWechat', { ...request, appid });
      await eventually(async () => (await effectsOf(appid, call)).length === 1);
      return { id, fault: fault.id, calls: () => callsOf(appid, call) };
    };
    const both = await Promise.all([hanging('nickname', NICKNAME), hanging('show', SHOW)]);
    worker().kill('SIGKILL');
    await worker().exited;
    for (const { fault } of both) await world.sim.releaseFault(fault);
    await worker().start();
    expect(await Promise.all(both.map(({ id }) => ended(id)))).toMatchObject([
      { state: 'OPERATION_STATE_FAILED', error: { reason: 'RESULT_UNKNOWN' } },
      { state: 'OPERATION_STATE_SUCCEEDED' },
    ]);
    const calls = await Promise.all(both.map((one) => one.calls()));
    expect(calls.map(({ length }) => length)).toEqual([1, 2]);
  });

  it('A call with effect once whose token WeChat rejects is sent with a new one, and one for the platform runs in its lane', async () => {
    const appid = newAppid();
    await crm('queryWechat', { call: 'shown', appid });
    await world.sim.patch(appid, { expireToken: true });
    expect((await run({ ...NICKNAME, appid })).state).toBe('OPERATION_STATE_SUCCEEDED');
    expect(await effectsOf(appid, 'nickname')).toHaveLength(1);
    const query = { action: 'create' };
    const {
      appid: lane,
      state,
      result,
    } = await run({ call: 'register', appid: '', bodyJson: '{"name":"茶"}', query });
    expect([lane, state]).toEqual([world.settings.WECHAT_COMPONENT_APPID, 'OPERATION_STATE_SUCCEEDED']);
    expect(JSON.parse(result?.$case === 'changeWechat' ? result.value.responseJson : '')).toMatchObject({
      errcode: 0,
    });
  });

  it.each([
    ['its path', [CALLS.search.api, '--listed'], CALLS.search.api],
    ['all changes', ['--all-changes'], 'Calls/ChangeWechat'],
  ])('A stop of %s delays a call and no query, and a lift resumes it', async (_, what, api) => {
    const appid = newAppid();
    const stop = ['--until', new Date(Date.now() + 3_600_000).toISOString(), '--reason', 'test'];
    expect((await wxaHere(['quota', 'stop', ...what, ...stop])).code).toBe(0);
    // Workers read stops once a second: a call before that is sent.
    await eventually(async () => {
      await crm('changeWechat', { call: 'search', appid: newAppid(), bodyJson: '{"status":0}' });
      return (await world.sql('select from operations where waits_for_api = $1', [api])).length > 0;
    });
    const { id } = await crm('changeWechat', { call: 'search', appid, bodyJson: '{"status":1}' });
    expect(await crm('queryWechat', { call: 'shown', appid })).toBeDefined();
    expect(await callsOf(appid, 'search')).toEqual([]);
    await operator('stopApis', { api, until: new Date(Date.now() + 60_000), reason: 'test' });
    await operator('liftApiStop', { api, reason: 'test' });
    expect((await ended(id)).state).toBe('OPERATION_STATE_SUCCEEDED');
    await wxaHere(['quota', 'lift', '--all-changes']);
  });
});

describe('What the policy allows', () => {
  const [A, B] = [`wxa${'0'.repeat(15)}`, `wxb${'0'.repeat(15)}`];
  const refused = (caller: string, name: 'queryWechat' | 'changeWechat', fields: object): Promise<Refusal> =>
    refusalOf(as(caller)(name, fields));
  const DENIED = { code: 'PERMISSION_DENIED', reason: 'CALLER_NOT_ALLOWED' };
  const PENALTIES = { call: 'penalties', bodyJson: '{}' };

  it('A bare * grants no call, and a rule grants the listed names for its mini-programs only', async () => {
    expect(await refused('operator', 'queryWechat', { ...PENALTIES, appid: A })).toMatchObject(DENIED);
    expect(await as('reader')('queryWechat', { ...PENALTIES, appid: A })).toMatchObject({
      responseJson: expect.stringContaining('records'),
    });
    expect(await refused('reader', 'queryWechat', { ...PENALTIES, appid: B })).toMatchObject(DENIED);
    expect(await refused('reader', 'queryWechat', { call: 'shown', appid: A })).toMatchObject(DENIED);
    expect(await refused('reader', 'changeWechat', { ...NICKNAME, appid: A })).toMatchObject(DENIED);
    expect(await refused('all-but-names', 'changeWechat', { ...NICKNAME, appid: A })).toMatchObject(DENIED);
  });

  it('A name that is not listed is CALL_NOT_LISTED for a caller with some right, and CALLER_NOT_ALLOWED for others', async () => {
    const unknown = { call: 'unknown', appid: A, bodyJson: '{}' };
    expect(await refused('reader', 'queryWechat', unknown)).toMatchObject({
      ...{ code: 'INVALID_ARGUMENT', reason: 'CALL_NOT_LISTED' },
    });
    expect(await refused('operator', 'queryWechat', unknown)).toMatchObject(DENIED);
  });

  it('An entry refuses the other RPC, another token’s appid, a parameter that it does not list and a body that is no object', async () => {
    const mismatch = { code: 'INVALID_ARGUMENT', reason: 'CALL_EFFECT_MISMATCH' };
    expect(await refused('crm', 'queryWechat', { ...NICKNAME, appid: A })).toMatchObject(mismatch);
    expect(await refused('crm', 'changeWechat', { ...PENALTIES, appid: A })).toMatchObject(mismatch);
    const fieldsOf = async (name: 'queryWechat' | 'changeWechat', fields: object) =>
      (await refused('crm', name, fields)).violations.map(({ field }) => field);
    const register = { call: 'register', appid: A, bodyJson: '{}' };
    expect(await fieldsOf('changeWechat', register)).toEqual(['appid']);
    const other = { ...PENALTIES, appid: A, query: { access_token: 'x' } };
    expect(await fieldsOf('queryWechat', other)).toEqual(['query.access_token']);
    expect(await fieldsOf('queryWechat', { ...PENALTIES, appid: A, bodyJson: '[]' })).toEqual(['body_json']);
    expect(await fieldsOf('queryWechat', { call: 'shown', appid: A, bodyJson: '{}' })).toEqual(['body_json']);
  });

  it('A repeated request returns its operation although its entry changed', async () => {
    const request = { ...NICKNAME, appid: newAppid(), requestId: 'again' };
    const { id } = await crm('changeWechat', request);
    expect((await crm('changeWechat', request)).id).toBe(id);
    const other = { ...request, bodyJson: '{"nick_name":"别的"}' };
    expect(await refused('crm', 'changeWechat', other)).toMatchObject({ reason: 'REQUEST_ID_REUSED' });
  });
});

it('ListListedCalls has the entries of the policy in its order, who may make each, and who made it', async () => {
  const platform = new PlatformClient(world.stack.addresses.grpc, credentials.createInsecure());
  await as('all-but-names')('queryWechat', { call: 'shown', appid: newAppid() });
  const { calls } = await callRpc(platform, 'listListedCalls', {}, policy.as('operator'));
  platform.close();
  expect(calls.map(({ name }) => name)).toEqual(EVERY);
  expect(calls[0]).toMatchObject({ callers: ['crm', 'reader', 'all-but-names'], query: ['page'] });
  expect(calls[1]?.uses[0]).toMatchObject({ caller: 'all-but-names', calls: expect.any(Number) });
});
