import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { AuthorizerState, ListAuthorizersRequest, type ListAuthorizersResponse } from '@wxa/contracts';
import { secretsIn } from '@wxa/stack';
import type { FaultOrder } from '@wxa/wechat-sim';
import { refusalOf } from '../gateway/calls.js';
import { eventually, kill, unary, useWorld, world } from '../use-world.js';
import { DatabaseLock } from './database-locks.js';
import { newAppidOf, type Owner, owners } from './partitions.js';

const WORKERS = 3;
const ORDINARY = 'cgi-bin/wxopen/getweappsupportversion';
const REFRESH = 'cgi-bin/component/api_authorizer_token';
const LOOK_UP = 'cgi-bin/component/api_get_authorizer_info';
const OWN = 'cgi-bin/component/api_component_token';

let allOwners: Owner[];
let first: Owner;
let second: Owner;
useWorld({
  workers: WORKERS,
  env: {
    ...{ WECHAT_TOKEN_SOURCE: 'component', LOG_LEVEL: 'trace' },
    // The worker must be lost before the first of its held requests times out.
    WECHAT_TIMEOUT_MS: '10000',
    ...{ WECHAT_RATE_PER_API: '0', WECHAT_RATE_PER_APPID: '0', KAFKA_TOPIC_PARTITIONS: String(WORKERS) },
  },
});
beforeAll(async () => {
  // Reads of the inventory would be among the calls: no worker gets the lease of its sweep.
  await world.sql(`insert into leases (name, holder, until) values ('fleet', gen_random_uuid(), 'infinity')
    on conflict (name) do update set holder = excluded.holder, until = excluded.until`);
  allOwners = await owners(world);
  [first, second] = allOwners as [Owner, Owner];
});

/** A mini-program in a worker's partition that is authorized, has a token and is named: no more calls about it are due. */
async function authorized({ partition }: Owner): Promise<string> {
  const appid = newAppidOf(partition, WORKERS);
  await world.sim.authorize(appid);
  await untilItHasToken(appid);
  const named = `select from authorizers where appid = $1 and nick_name <> ''`;
  await eventually(async () => (await world.sql(named, [appid])).length === 1);
  return appid;
}

async function untilItHasToken(appid: string): Promise<void> {
  const sql = 'select from authorizers where appid = $1 and access_token is not null';
  await eventually(async () => (await world.sql(sql, [appid])).length === 1);
}

/** An ordinary WeChat call. */
const ordinaryCall = (appid: string) => world.call('GetSupportVersion', { appid }, 120_000);
const lastSeq = async () => (await world.sim.ledger()).at(-1)?.seq ?? 0;
const codesOf = async (filter: { appid?: string; api: string; after: number }) =>
  (await world.sim.calls(filter)).map(({ errcode }) => errcode);

it('500 concurrent calls on 3 workers with expired tokens request one platform token and one token per mini-program', async () => {
  const appids = await Promise.all(allOwners.map(authorized));
  const after = await lastSeq();
  for (const appid of appids) await world.sim.patch(appid, { expireToken: true });
  await world.sim.patchComponent({ expireToken: true });
  await Promise.all(Array.from({ length: 500 }, (_, i) => ordinaryCall(appids[i % WORKERS] ?? '')));
  for (const appid of appids) expect(await codesOf({ appid, api: REFRESH, after })).toEqual([0]);
  expect(await codesOf({ api: OWN, after })).toEqual([0]);
});

describe('token refresh of a killed worker', () => {
  /** The worker's state per mini-program when it is killed, and the calls to WeChat by it and its successor. */
  const STATES = {
    'before the request': { refreshes: [0], lookUps: [] },
    'before WeChat acted': { refreshes: [null, 0], lookUps: [] },
    'after WeChat acted': { refreshes: [null, 61023, 0], lookUps: [0] },
    'before the commit': { refreshes: [0, 61023, 0], lookUps: [0] },
    'after the commit': { refreshes: [0], lookUps: [] },
    'with no recoverable token': { refreshes: [null, 61023], lookUps: [61003] },
  };
  type State = keyof typeof STATES;
  const NAMES = Object.keys(STATES) as State[];

  const appids = {} as Record<State, string>;
  const faults = {} as Record<State, string>;
  const calls = {} as Record<State, Promise<PromiseSettledResult<unknown>>>;
  let after: number;

  /** Makes the worker refresh the token, as far as the fault permits. */
  async function begin(state: State, fault?: FaultOrder): Promise<void> {
    const appid = appids[state];
    if (fault) faults[state] = (await world.sim.addFault({ appid, api: REFRESH, ...fault })).id;
    await world.sim.patch(appid, { expireToken: true });
    calls[state] = Promise.allSettled([ordinaryCall(appid)]).then(([settled]) => settled);
    if (fault) await eventually(async () => (await world.sim.fault(faults[state])).held === 1);
  }

  async function reachAll(): Promise<DatabaseLock[]> {
    await Promise.all([
      begin('before WeChat acted', { kind: 'hang', when: 'before' }),
      ...NAMES.slice(2).map((state) => begin(state, { kind: 'hang', when: 'after' })),
    ]);
    const lost = appids['with no recoverable token'];
    await world.sim.addFault({ appid: lost, api: LOOK_UP, kind: 'errcode', errcode: 61003, times: 0 });

    const row = 'select from authorizers where appid = $1 for update';
    const uncommitted = await DatabaseLock.take(world, row, [appids['before the commit']]);
    await world.sim.releaseFault(faults['before the commit']);
    await uncommitted.untilWaiting();

    // The lease is released after the commit.
    const lease = 'select from leases where name = $1 for update';
    const committed = await DatabaseLock.take(world, lease, [`token/${appids['after the commit']}`]);
    await world.sim.releaseFault(faults['after the commit']);
    await committed.untilWaiting();

    // The platform's token is read between taking the lease and the request.
    const unsent = await DatabaseLock.take(world, 'lock table components in access exclusive mode', []);
    await begin('before the request');
    await unsent.untilWaiting();
    const held = 'select from leases where name = $1';
    await eventually(
      async () => (await world.sql(held, [`token/${appids['before the request']}`])).length === 1,
    );
    return [uncommitted, committed, unsent];
  }

  beforeAll(async () => {
    for (const state of NAMES) appids[state] = await authorized(first);
    after = await lastSeq();
    const holds = await reachAll();
    await kill(first.worker);
    for (const hold of holds) {
      await hold.terminateWaiters();
      await hold.release();
    }
    await Promise.all(Object.values(calls));
  });

  it.each(NAMES.slice(0, -1))(
    'After a worker was killed in a token refresh %s, another worker refreshes in single flight and calls succeed',
    async (state) => {
      expect(await calls[state]).toMatchObject({ status: 'fulfilled' });
      await expectCallsInSequence(state);
      expect(await ordinaryCall(appids[state])).toBeDefined();
    },
  );

  it('A mini-program whose refresh token was lost with a killed worker needs authorization, and works once it authorizes again', async () => {
    const state = 'with no recoverable token';
    const appid = appids[state];
    const needed = { code: 'FAILED_PRECONDITION', reason: 'NOT_AUTHORIZED' };
    const call = await calls[state];
    expect(call.status === 'rejected' && (await refusalOf(Promise.reject(call.reason)))).toMatchObject(
      needed,
    );
    await expectCallsInSequence(state);
    const seen = await lastSeq();
    expect(await refusalOf(ordinaryCall(appid))).toMatchObject(needed);
    expect(await world.sim.calls({ appid, after: seen })).toEqual([]);
    await world.sim.authorize(appid, { permissionSets: [18] });
    await untilItHasToken(appid);
    expect(await ordinaryCall(appid)).toBeDefined();
  });

  async function expectCallsInSequence(state: State): Promise<void> {
    const appid = appids[state];
    const made = {
      refreshes: await codesOf({ appid, api: REFRESH, after }),
      lookUps: await codesOf({ appid, api: LOOK_UP, after }),
    };
    expect(made).toEqual(STATES[state]);
    const all = (await world.sim.calls({ appid, after })).filter(({ api }) =>
      [REFRESH, LOOK_UP].includes(api),
    );
    for (const [i, { startedAt }] of all.entries())
      expect(startedAt).toBeGreaterThanOrEqual(all[i - 1]?.endedAt ?? (i === 0 ? 0 : Number.NaN));
  }
});

it.each([61003, 42007, 61023])(
  'Errcode %i of an ordinary call stops further calls, is shown by ListAuthorizers, metrics and readiness, and ends with a new authorization',
  async (errcode) => {
    const appid = await authorized(second);
    const { id } = await world.sim.addFault({ appid, api: ORDINARY, kind: 'errcode', errcode, times: 0 });
    expect((await refusalOf(ordinaryCall(appid))).metadata).toMatchObject({ errcode: String(errcode) });
    const after = await lastSeq();
    expect(await refusalOf(ordinaryCall(appid))).toMatchObject({ reason: 'NOT_AUTHORIZED' });
    expect(await world.sim.calls({ appid, after })).toEqual([]);

    const state = AuthorizerState.AUTHORIZER_STATE_NEEDS_AUTHORIZATION;
    const request = ListAuthorizersRequest.fromPartial({ state });
    const list = unary<ListAuthorizersResponse>(world.authorizers, 'listAuthorizers', request);
    const { authorizers } = await list;
    expect(authorizers).toMatchObject([
      { appid, lastError: expect.stringContaining(`${ORDINARY}: ${errcode}`) },
    ]);
    await eventually(async () => {
      const urls = [second.url, ...world.stack.addresses.workers];
      const texts = urls.map(async (url) => (await fetch(`${url}/metrics`).catch(() => undefined))?.text());
      const metrics = (await Promise.all(texts)).join();
      const ready = await (await fetch(`${second.url}/readyz`)).text();
      return metrics.includes('wxa_authorizers{state="NEEDS_AUTHORIZATION"} 1') && ready.includes('1 need');
    });

    await world.sim.clearFaults(id);
    await world.sim.authorize(appid, { permissionSets: [18] });
    await untilItHasToken(appid);
    expect(await ordinaryCall(appid)).toBeDefined();
  },
);

/** What every process shows of itself that is not searched when a world stops. */
async function shownByProcesses(): Promise<string> {
  const { http } = world.stack.addresses;
  const urls = [http, ...allOwners.slice(1).map(({ url }) => url)];
  const pages = await Promise.all(urls.map(async (url) => (await fetch(`${url}/readyz`)).text()));
  const pids = world.apps.filter(({ running }) => running).map(({ pid }) => String(pid));
  const { stdout } = await promisify(execFile)('ps', ['-ww', '-o', 'args=', '-p', pids.join(',')]);
  return [...pages, stdout].join('\n');
}

// The end of the world searches its logs, messages, rows and metrics.
it('No ticket, token, code or key appears anywhere, even if WeChat echoes it', async () => {
  const { settings, sim } = world;
  const appid = await authorized(second);
  const { refreshToken } = await sim.authorization(appid);
  const refuse = (api: string, errcode: number, errmsg: string, more = {}) =>
    sim.addFault({ api, kind: 'errcode', errcode, errmsg, ...more });
  await refuse(REFRESH, 61023, `${refreshToken} is invalid`, { appid });
  await refuse(OWN, 61005, `${settings.WECHAT_COMPONENT_APPSECRET} ends`);
  await sim.patch(appid, { expireToken: true });
  await sim.patchComponent({ expireToken: true });
  expect(await refusalOf(ordinaryCall(appid))).toMatchObject({ reason: 'NOT_AUTHORIZED' });
  const link = { requestId: 'link', redirectUri: 'https://platform.example/back' };
  await world.call('CreateAuthorizationLink', link);
  await eventually(() => world.messages('OperationCompleted').some(({ value }) => value.includes('"link"')));
  const shown = await shownByProcesses();
  expect(shown.length).toBeGreaterThan(100);
  expect(secretsIn(shown, settings)).toEqual([]);
});
