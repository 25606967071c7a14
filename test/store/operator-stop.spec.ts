import { beforeEach, describe, expect, it } from '@jest/globals';
import { liftOperatorStops, liftStops, readApiLimits, setRate, stopApis } from '@wxa/limits';
import { NOBODY, type Recording } from '@wxa/postgres/trail';
import { wxa } from '../wxa.js';
import { accept, acceptQuery, claim, claimed, settle } from './operation-steps.js';
import { gateway, newAppid, pool, scratch, sql, useStore, value, worker } from './use-store.js';

const API = 'wxa/release';
const DAY_MS = 24 * 3_600_000;
const BY: Recording = { by: { ...NOBODY, caller: 'cli:ann@host' }, onRecorded: () => undefined };

useStore();
beforeEach(() => sql('truncate api_limits, operations'));

const inDays = (days: number) => new Date(Date.now() + days * DAY_MS);
const stop = (until: Date, apis = [API]) => stopApis(pool, BY, { apis, until, reason: 'broken template' });
const stopOf = async () => (await readApiLimits(pool, 0)).find(({ api }) => api === API)?.stop;
const delay = (id: string, api = API, partition = 0) => worker.operations.delayForApi({ id, api, partition });
const nextAttemptOf = (id: string) => value<Date>('select next_attempt_at from operations where id = $1', id);
const settleWith = async (id: string, given: Parameters<typeof settle>[2]) =>
  settle(claimed(await claim(id)), 'RETRYING', given);

const DELAYED = { stopped: true, delayed: true };
const NOT_DELAYED = { stopped: true, delayed: false };

/** The end of a stop by WeChat. */
async function quotaEnd(): Promise<Date | undefined> {
  await worker.limits.stop(API, 85085, 'used up');
  return (await stopOf())?.until;
}

describe('stop of an API', () => {
  it('An exhausted quota extends the stop of an operator that ends earlier', async () => {
    const end = await quotaEnd();
    await sql('delete from api_limits');
    await stop(new Date(Date.now() + 60_000));
    const extended = await quotaEnd();
    expect(extended?.getTime()).toBeGreaterThanOrEqual(end?.getTime() ?? Number.NaN);
    expect(await stopOf()).toMatchObject({ source: 'wechat', operator: { reason: 'broken template' } });
  });

  it('The stop of an operator does not shorten that of an exhausted quota, and replaces an earlier one of its own', async () => {
    const end = await quotaEnd();
    await stop(new Date(Date.now() + 60_000));
    expect(await stopOf()).toMatchObject({ source: 'wechat', until: end, quota: { errcode: 85085 } });
    await stop(inDays(60));
    await stop(new Date(Date.now() + 60_000));
    expect(await stopOf()).toMatchObject({ source: 'wechat', until: end, quota: { errcode: 85085 } });
    await liftStops(pool, BY, [API]);
    await stop(inDays(60));
    const until = inDays(1);
    await stop(until);
    expect(await stopOf()).toMatchObject({ source: 'operator', until, quota: null });
  });

  it('A stop that an older version wrote counts as one of WeChat', async () => {
    await sql(
      `insert into api_limits (api, stopped_at, quota_until, stopped_until, stop_errcode, stop_errmsg)
       values ($1, now(), now() - interval '1 hour', now() + interval '40 days', 85085, 'used up')`,
      API,
    );
    const end = (await stopOf())?.until;
    await stop(inDays(1));
    expect(await stopOf()).toMatchObject({ source: 'wechat', until: end });
  });

  it('A new end moves the next attempt of the operations that wait, and a lift makes them due', async () => {
    const id = await accept();
    await stop(inDays(1));
    expect(await delay(id)).toEqual(DELAYED);
    const until = inDays(2);
    await stop(until, [API, 'wxa/commit']);
    expect(await nextAttemptOf(id)).toEqual(until);
    expect(await liftStops(pool, BY, [API, 'wxa/commit'])).toEqual([
      { api: API, waiting: 1 },
      { api: 'wxa/commit', waiting: 0 },
    ]);
    expect((await nextAttemptOf(id))?.getTime()).toBeLessThanOrEqual(Date.now() + 1_000);
    expect(await delay(id)).toEqual({ stopped: false, delayed: false });
  });

  it('Of operations that are delayed together, only those of stopped APIs wait', async () => {
    const [id, other] = [await accept(), await accept()];
    await stop(inDays(1));
    const both = [delay(other, 'wxa/commit'), delay(id, API, 3)];
    expect(await Promise.all(both)).toEqual([{ stopped: false, delayed: false }, DELAYED]);
    const stored = 'select parked, partition from operations where id = $1';
    expect(await sql(stored, id)).toEqual([{ parked: true, partition: 3 }]);
    expect(await sql(stored, other)).toEqual([{ parked: false, partition: null }]);
  });

  it('A query waits even if an earlier attempt may have been executed', async () => {
    const query = await acceptQuery();
    await settleWith(query, { mayHaveActed: true });
    await stop(inDays(1));
    expect(await delay(query)).toEqual(DELAYED);
  });

  it('An operation with fail_without_quota does not wait for an exhausted quota, but for the stop of an operator', async () => {
    const request = JSON.stringify({ failWithoutQuota: true });
    const [flagged, other] = [await accept({ method: 'SubmitAudit', request }), await accept()];
    await quotaEnd();
    expect([await delay(flagged), await delay(other)]).toEqual([NOT_DELAYED, DELAYED]);
    await stop(inDays(60));
    expect(await delay(flagged)).toEqual(DELAYED);
  });
});

it('wxa quota lift makes an operation due that waits for the API a second time, and not one that is delayed for another reason', async () => {
  const [again, other, leftover] = [await accept(), await accept(), await accept()];
  await quotaEnd();
  for (const id of [again, other]) expect(await delay(id)).toEqual(DELAYED);
  await sql('update operations set next_attempt_at = now() where id = any($1)', [again, other]);
  expect(await worker.backlog.promoteDue([0], 500)).toBe(2);
  expect(await delay(again)).toEqual(DELAYED);
  // As an earlier version left it.
  await sql('update operations set waits_for_api = $2 where id = $1', leftover, API);
  for (const id of [other, leftover]) await settleWith(id, { delayed: true, retryInMs: DAY_MS });
  expect((await wxa(['quota', 'lift', API], { DATABASE_URL: scratch.url })).out).toContain('1 operation ');
  expect(await worker.backlog.promoteDue([0], 500)).toBe(1);
  for (const id of [other, leftover])
    expect((await nextAttemptOf(id))?.getTime()).toBeGreaterThan(Date.now() + DAY_MS / 2);
});

describe('stops of operators', () => {
  const FORWARD = { apis: ['wxa/commit', API], scope: 'FORWARD_CHANGES', reason: 'bad version' };
  const stopped = async () =>
    (await readApiLimits(pool, 0)).flatMap(({ api, stop: found }) => (found === null ? [] : [api]));
  const liftAll = (apis: string[] | null = null) => liftOperatorStops(pool, BY, apis, 'repaired');

  it('A stop shows who made it for whom, its scope and its reason; an exhausted quota keeps them and does not shorten it', async () => {
    const by = { ...BY, by: { caller: 'console', onBehalfOf: '王小明', peer: null } };
    const until = inDays(60);
    await stopApis(pool, by, { ...FORWARD, until });
    const operator = { by: 'console', onBehalfOf: '王小明', reason: 'bad version', scope: 'FORWARD_CHANGES' };
    expect(await stopOf()).toMatchObject({ quota: null, operator });
    expect(await quotaEnd()).toEqual(until);
    expect(await stopOf()).toMatchObject({ source: 'operator', quota: { errcode: 85085 }, operator });
    await stop(inDays(1));
    expect(await stopOf()).toMatchObject({ operator: { onBehalfOf: null, scope: null } });
  });

  it('An operator without a name counts as one', async () => {
    await stopApis(pool, { ...BY, by: NOBODY }, { ...FORWARD, until: inDays(1) });
    expect(await stopOf()).toMatchObject({ source: 'operator', operator: { by: '' } });
    expect(await liftAll()).toHaveLength(2);
  });

  it('A lift of all stops of operators leaves an API of which only a quota is exhausted', async () => {
    await quotaEnd();
    await stopApis(pool, BY, { ...FORWARD, apis: ['wxa/commit'], until: inDays(1) });
    expect(await liftAll()).toEqual([{ api: 'wxa/commit', waiting: 0 }]);
    expect(await stopped()).toEqual([API]);
    expect(await liftAll()).toEqual([]);
  });

  it("After the end of an operator's stop an API that an exhausted quota stops for longer shows only that", async () => {
    const id = await accept();
    const until = await quotaEnd();
    await stopApis(pool, BY, { ...FORWARD, until: new Date(Date.now() + 60_000) });
    await delay(id);
    await sql('update api_limits set operator_until = now()');
    expect(await stopOf()).toMatchObject({ source: 'wechat', until, operator: null });
    const heldBy = { stoppedBy: null, onBehalfOf: null, reason: 'used up' };
    expect((await gateway.operations.find(id))?.heldBy).toMatchObject(heldBy);
    await sql('update api_limits set stopped_until = now() where api = $1', 'wxa/commit');
    expect(await liftAll()).toEqual([]);
  });

  it('A lift of some APIs leaves the others, and makes due what waited', async () => {
    await stopApis(pool, BY, { ...FORWARD, until: inDays(1) });
    const id = await accept();
    await delay(id);
    expect(await liftAll([API, 'wxa/undocodeaudit'])).toEqual([{ api: API, waiting: 1 }]);
    expect(await stopped()).toEqual(['wxa/commit']);
    expect((await nextAttemptOf(id))?.getTime()).toBeLessThanOrEqual(Date.now() + 1_000);
    const [row] = await sql<{ detail: object }>(
      `select detail from trail where action = 'api.resumed' order by id desc limit 1`,
    );
    expect(row?.detail).toEqual({ api: API, waiting: 1, reason: 'repaired' });
  });

  it('A lift after a brake keeps the snapshot of the audit quota, and after an exhausted quota forgets it', async () => {
    const rest = () => value<number | null>('select rest from audit_quota');
    await sql(
      `insert into audit_quota (component_appid, rest, "limit", observed_at) values ('wx', 7, 20, now())`,
    );
    const brake = () => stopApis(pool, BY, { ...FORWARD, apis: ['wxa/submit_audit'], until: inDays(1) });
    await brake();
    await liftAll();
    expect(await rest()).toBe(7);
    await worker.limits.stop('wxa/submit_audit', 85085, 'used up');
    await brake();
    await liftAll();
    expect(await rest()).toBeNull();
    await sql('truncate audit_quota');
  });

  it('An operation that waits for a stop names it where operations are read, and none after the lift', async () => {
    await stopApis(pool, BY, { ...FORWARD, until: inDays(1) });
    const appid = newAppid();
    const id = await accept({ appid });
    await delay(id);
    const heldBy = { api: API, stoppedBy: 'cli:ann@host', onBehalfOf: null, reason: 'bad version' };
    const read = async () => [
      await gateway.operations.find(id),
      (await gateway.operations.list({ appid, limit: 1 })).operations[0],
      (await gateway.operations.listLanes({ limit: 10 })).lanes[0]?.head,
    ];
    for (const operation of await read()) expect(operation?.heldBy).toMatchObject(heldBy);
    await liftAll();
    for (const operation of await read()) expect(operation?.heldBy).toBeNull();
  });
});

describe('rate of an API', () => {
  const rates = async (perApi: number) =>
    Object.fromEntries((await readApiLimits(pool, perApi)).map(({ api, rate }) => [api, rate]));
  const spacing = async (api: string, perApi: number) =>
    (await worker.limits.takeReservations(api, 1, perApi))?.spacingMs;

  it("An API has its own rate, then that of '*', then the configured one; 0 is no limit", async () => {
    await setRate(pool, BY, API, 20);
    expect(await rates(100)).toEqual({ [API]: 20 * 0.965 });
    expect(await spacing(API, 100)).toBeCloseTo(1000 / (20 * 0.965));
    expect(await spacing('wxa/commit', 100)).toBe(10);
    await setRate(pool, BY, '*', 40);
    expect(await spacing('wxa/commit', 100)).toBeCloseTo(1000 / (40 * 0.965));
    expect(await setRate(pool, BY, API, 0)).toBe(20);
    expect(await spacing(API, 100)).toBeUndefined();
    expect(await setRate(pool, BY, API, null)).toBe(0);
    expect(await rates(100)).toEqual({ '*': 40 * 0.965, 'wxa/commit': 40 * 0.965, [API]: 40 * 0.965 });
    await setRate(pool, BY, '*', null);
    expect(await rates(0)).toEqual({ '*': null, 'wxa/commit': null, [API]: null });
    const rows = await sql(`select detail from trail where action = 'rate.changed' order by id`);
    expect(rows.slice(-3)).toEqual([
      { detail: { api: API, from: 20, to: 0 } },
      { detail: { api: API, from: 0, to: null } },
      { detail: { api: '*', from: 40, to: null } },
    ]);
  });

  it('A cut starts from the rate that an operator has set', async () => {
    await setRate(pool, BY, API, 100);
    await worker.limits.cutRate(API, 1_000, 500);
    expect(await value('select cut_rate from api_limits where api = $1', API)).toBeCloseTo(0.7 * 100 * 0.965);
  });
});

describe('takeReservations', () => {
  const PER_SECOND = 100;
  const take = async (api: string, wanted: number, store = worker) => {
    const {
      startsAt = 0,
      count = 0,
      spacingMs = 0,
    } = (await store.limits.takeReservations(api, wanted, PER_SECOND)) ?? {};
    expect(spacingMs).toBe(1000 / PER_SECOND);
    return { startsAt, count, endsAt: startsAt + count * spacingMs };
  };

  it('takeReservations grants successive reservations for at most 200 ms, and fewer if they are far ahead', async () => {
    const blocks: Awaited<ReturnType<typeof take>>[] = [];
    while (blocks.length < 12) blocks.push(await take('wxa/commit', 1_000));
    for (const [i, { startsAt }] of blocks.slice(1).entries())
      expect(startsAt).toBeGreaterThan((blocks[i]?.endsAt ?? Number.NaN) - 0.5);
    const counts = blocks.map(({ count }) => count);
    expect([counts[0], Math.max(...counts)]).toEqual([20, 20]);
    expect(Math.min(...counts)).toBeLessThan(10);
  });

  it('takeReservations grants no reservation twice to 40 concurrent callers', async () => {
    const api = 'wxa/undocodeaudit';
    const taken = Array.from({ length: 40 }, (_, i) => take(api, 3, i % 2 ? worker : gateway));
    const blocks = (await Promise.all(taken)).sort((a, b) => a.startsAt - b.startsAt);
    for (const [i, { startsAt }] of blocks.slice(1).entries())
      expect(startsAt).toBeGreaterThan((blocks[i]?.endsAt ?? Number.NaN) - 0.1);
    expect(await sql('select from api_places where api = $1', api)).toHaveLength(1);
  });

  it('takeReservations grants at most as many as requested, and none if an API has no limit', async () => {
    expect(await take('wxa/release', 3)).toMatchObject({ count: 3 });
    expect(await worker.limits.takeReservations('wxa/release', 3, 0)).toBeUndefined();
    expect(await worker.limits.takeReservations('wxa/getversioninfo', 3, 0)).toBeUndefined();
  });
});
