import { describe, expect, it } from '@jest/globals';
import type { FaultOrder } from '@wxa/wechat-sim';
import { newAppid } from '../appid.js';
import { eventually } from '../eventually.js';
import { refusalOf } from '../gateway/calls.js';
import { worker, world, wxaHere } from '../use-world.js';
import {
  CALLS,
  callsOf,
  crm,
  effectsOf,
  ended,
  NICKNAME,
  operator,
  useListedCalls,
} from './use-listed-calls.js';

useListedCalls();

const UNKNOWN = { reason: 'RESULT_UNKNOWN', retryable: false };
const SHOW = { call: 'show', bodyJson: '{"appid":"wx1"}' };

/** Calls, and waits until it has ended or is in doubt. */
const run = async (request: object) => ended((await crm('changeWechat', request)).id);

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
    const stored = 'select api, result::text from operations where appid = $1';
    const [row] = await world.sql<{ api: string; result: string }>(stored, [appid]);
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
    const { responseJson } = await crm('queryWechat', { call: 'shown', appid });
    expect(JSON.parse(responseJson)).toMatchObject({ appid: '' });
    expect(await callsOf(appid, 'shown')).toHaveLength(2);
  });

  it('An answer that is not JSON fails with RESPONSE_NOT_JSON, a refusal with WeChat’s code, both with the path', async () => {
    const appid = newAppid();
    const metadata = { api: CALLS.shown.api };
    await world.sim.addFault({ kind: 'garbage', api: CALLS.shown.api, appid });
    const failure = () => refusalOf(crm('queryWechat', { call: 'shown', appid }));
    expect(await failure()).toMatchObject({ code: 'INTERNAL', reason: 'RESPONSE_NOT_JSON', metadata });
    await world.sim.addFault({ kind: 'errcode', errcode: 99_999, api: CALLS.shown.api, appid });
    expect(await failure()).toMatchObject({ code: 'INTERNAL', reason: 'WECHAT_99999', metadata });
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
      expect([state, attempts, error]).toMatchObject(['OPERATION_STATE_FAILED', 1, UNKNOWN]);
      expect(await callsOf(appid, 'nickname')).toHaveLength(1);
      expect(await effectsOf(appid, 'nickname')).toHaveLength(effects);
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

  it.concurrent.each<[number, number]>([
    [45009, 1],
    [61003, 1],
    [42001, 2],
  ])(
    'A call with effect set that WeChat executed with -1 and then refuses with %i is FAILED with RESULT_UNKNOWN',
    async (errcode, times) => {
      const appid = newAppid();
      await world.sim.addFault({ kind: 'busy', when: 'after', api: CALLS.show.api, appid });
      await world.sim.addFault({ kind: 'errcode', errcode, times, api: CALLS.show.api, appid });
      const { state, error } = await run({ ...SHOW, appid });
      expect([state, error]).toMatchObject(['OPERATION_STATE_FAILED', UNKNOWN]);
      expect(error?.errmsg).toContain(`${errcode} `);
      expect(await effectsOf(appid, 'show')).toHaveLength(1);
    },
  );

  it.concurrent('A call with effect set whose result stays unknown is FAILED with RESULT_UNKNOWN at its deadline, and a commit behind it runs after that', async () => {
    const appid = newAppid();
    const garbage = { kind: 'garbage', when: 'after', times: 0, api: CALLS.show.api, appid } as const;
    const fault = await world.sim.addFault(garbage);
    const { id } = await crm('changeWechat', { ...SHOW, appid });
    const after = await operator('commit', { appid, templateId: 1n, userVersion: '1.0' });
    const { state, error } = await ended(id);
    expect([state, error?.reason]).toEqual(['OPERATION_STATE_FAILED', 'RESULT_UNKNOWN']);
    expect((await ended(after.id)).state).toBe('OPERATION_STATE_SUCCEEDED');
    await world.sim.clearFaults(fault.id);
    const [first] = await world.sim.calls({ appid, api: 'wxa/commit' });
    expect((await callsOf(appid, 'show')).every(({ seq }) => seq < (first?.seq ?? 0))).toBe(true);
  });

  it.concurrent('A queued call with effect once that may have been sent before a restore is not sent, and FAILED with RESULT_UNKNOWN', async () => {
    const appid = newAppid();
    const busy = await world.sim.addFault({ kind: 'busy', times: 0, api: CALLS.show.api, appid });
    await crm('changeWechat', { ...SHOW, appid });
    const { id } = await crm('changeWechat', { ...NICKNAME, appid });
    await world.sql('update operations set may_have_acted = true where id = $1', [id]);
    await world.sim.clearFaults(busy.id);
    const error = { reason: 'RESULT_UNKNOWN' };
    expect(await ended(id)).toMatchObject({ state: 'OPERATION_STATE_FAILED', attempts: 0, error });
    expect(await callsOf(appid, 'nickname')).toEqual([]);
  });

  it('If their worker is killed during the call, one with effect once is FAILED with RESULT_UNKNOWN, and one with effect set and a query are repeated', async () => {
    const hanging = async (call: keyof typeof CALLS, send: (appid: string) => Promise<unknown>) => {
      const appid = newAppid();
      const fault = await world.sim.addFault({ kind: 'hang', when: 'after', api: CALLS[call].api, appid });
      // A query answers its caller after its end.
      void send(appid).catch(() => undefined);
      const arrived = call === 'shown' ? callsOf : effectsOf;
      await eventually(async () => (await arrived(appid, call)).length === 1);
      const [row] = await world.sql<{ id: string }>('select id from operations where appid = $1', [appid]);
      return { id: row?.id ?? '', fault: fault.id, calls: () => callsOf(appid, call) };
    };
    const all = await Promise.all([
      hanging('nickname', (appid) => crm('changeWechat', { ...NICKNAME, appid })),
      hanging('show', (appid) => crm('changeWechat', { ...SHOW, appid })),
      hanging('shown', (appid) => crm('queryWechat', { call: 'shown', appid })),
    ]);
    worker().kill('SIGKILL');
    await worker().exited;
    for (const { fault } of all) await world.sim.releaseFault(fault);
    await worker().start();
    expect(await Promise.all(all.map(({ id }) => ended(id)))).toMatchObject([
      { state: 'OPERATION_STATE_FAILED', error: { reason: 'RESULT_UNKNOWN' } },
      { state: 'OPERATION_STATE_SUCCEEDED' },
      { state: 'OPERATION_STATE_SUCCEEDED' },
    ]);
    const calls = await Promise.all(all.map((one) => one.calls()));
    expect(calls.map(({ length }) => length)).toEqual([1, 2, 2]);
  });

  it('A call with effect once whose token WeChat rejects is sent with a new one, and one for the platform runs in its lane', async () => {
    const appid = newAppid();
    await crm('queryWechat', { call: 'shown', appid });
    await world.sim.patch(appid, { expireToken: true });
    expect((await run({ ...NICKNAME, appid })).state).toBe('OPERATION_STATE_SUCCEEDED');
    expect(await effectsOf(appid, 'nickname')).toHaveLength(1);
    const query = { action: 'create' };
    const registered = await run({ call: 'register', appid: '', bodyJson: '{"name":"茶"}', query });
    expect(registered).toMatchObject({
      ...{ appid: world.settings.WECHAT_COMPONENT_APPID, state: 'OPERATION_STATE_SUCCEEDED' },
      result: { $case: 'changeWechat', value: { responseJson: expect.stringMatching(/"errcode":0\b/) } },
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
