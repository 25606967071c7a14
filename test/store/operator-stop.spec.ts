import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { liftStops, type Recording, readApiLimits, setRate, stopApis } from '@wxa/store';
import pg from 'pg';
import { claimed, OperationSteps, settlement } from './operation-steps.js';
import { newOperation, type ScratchStore, scratchStore } from './scratch-store.js';

const API = 'wxa/release';
const DAY_MS = 24 * 3_600_000;
const BY: Recording = {
  by: { caller: 'cli:ann@host', onBehalfOf: null, peer: null },
  onRecorded: () => undefined,
};

let scratch: ScratchStore;
let steps: OperationSteps;
let pool: pg.Pool;
beforeAll(async () => {
  scratch = await scratchStore();
  steps = new OperationSteps(scratch);
  pool = new pg.Pool({ connectionString: scratch.url, max: 1 });
});
afterAll(async () => {
  await pool?.end();
  await scratch?.close();
});
beforeEach(() => scratch.sql('delete from api_limits'));

const inDays = (days: number) => new Date(Date.now() + days * DAY_MS);
const stop = (until: Date, apis = [API]) => stopApis(pool, BY, { apis, until, reason: 'broken template' });
const stopOf = async () => (await readApiLimits(pool, 0)).find(({ api }) => api === API)?.stop;
const delay = (id: string) => scratch.worker.operations.delayForApi({ id, api: API, partition: 0 });
const nextAttemptOf = async (id: string) =>
  (await scratch.sql<{ at: Date }>('select next_attempt_at as at from operations where id = $1', [id]))[0]
    ?.at;

/** The end of a stop by WeChat. */
async function quotaEnd(): Promise<Date | undefined> {
  await scratch.worker.limits.stop(API, 85085, 'used up');
  return (await stopOf())?.until;
}

describe('stop of an API', () => {
  it('An exhausted quota does not shorten the stop of an operator, and keeps its author and its reason', async () => {
    const until = inDays(60);
    await stop(until);
    expect(await quotaEnd()).toEqual(until);
    expect(await stopOf()).toMatchObject({
      source: 'operator',
      quota: { errcode: 85085 },
      operator: { by: 'cli:ann@host', reason: 'broken template' },
    });
  });

  it('An exhausted quota extends the stop of an operator that ends earlier', async () => {
    const end = await quotaEnd();
    await scratch.sql('delete from api_limits');
    await stop(new Date(Date.now() + 60_000));
    expect(await quotaEnd()).toEqual(end);
    expect(await stopOf()).toMatchObject({ source: 'wechat', operator: { reason: 'broken template' } });
  });

  it('The stop of an operator does not shorten that of an exhausted quota, and replaces an earlier one of its own', async () => {
    const end = await quotaEnd();
    await stop(new Date(Date.now() + 60_000));
    expect(await stopOf()).toMatchObject({ source: 'wechat', until: end, quota: { errcode: 85085 } });
    await liftStops(pool, BY, [API]);
    await stop(inDays(60));
    const until = inDays(1);
    await stop(until);
    expect(await stopOf()).toMatchObject({ source: 'operator', until, quota: null });
  });

  it('A stop that an older version wrote counts as one of WeChat', async () => {
    await scratch.sql(
      `insert into api_limits (api, stopped_at, stopped_until, stop_errcode, stop_errmsg)
       values ($1, now(), now() + interval '40 days', 85085, 'used up')`,
      [API],
    );
    const end = (await stopOf())?.until;
    await stop(inDays(1));
    expect(await stopOf()).toMatchObject({ source: 'wechat', until: end });
  });

  it('A new end moves the next attempt of the operations that wait, and a lift makes them due', async () => {
    const [id = ''] = await steps.accept(1, 'wx00000000000000c1');
    await stop(inDays(1));
    expect(await delay(id)).toEqual({ stopped: true, delayed: true });
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
    const [id = ''] = await steps.accept(1, 'wx00000000000000c2');
    const [other = ''] = await steps.accept(1, 'wx00000000000000c3');
    await stop(inDays(1));
    const both = [
      { id: other, api: 'wxa/commit', partition: 0 },
      { id, api: API, partition: 3 },
    ];
    expect(await Promise.all(both.map((each) => scratch.worker.operations.delayForApi(each)))).toEqual([
      { stopped: false, delayed: false },
      { stopped: true, delayed: true },
    ]);
    const rows = await scratch.sql(
      'select parked, partition from operations where id = any($1) order by seq',
      [[id, other]],
    );
    expect(rows).toEqual([
      { parked: true, partition: 3 },
      { parked: false, partition: null },
    ]);
  });

  it('A query waits even if an earlier attempt may have been executed', async () => {
    const query = newOperation({ appid: 'wx00000000000000c4', method: 'ListPages', isChange: false });
    await scratch.gateway.operations.accept(query);
    const again = { retryInMs: 0, mayHaveActed: true };
    await scratch.worker.operations.settle(
      settlement(claimed(await steps.claim(query.id)), 'RETRYING', again),
    );
    await stop(inDays(1));
    expect(await delay(query.id)).toEqual({ stopped: true, delayed: true });
  });

  it('An operation with fail_without_quota does not wait for an exhausted quota, but for the stop of an operator', async () => {
    const request = JSON.stringify({ failWithoutQuota: true });
    const flagged = newOperation({ appid: 'wx00000000000000c5', method: 'SubmitAudit', request });
    await scratch.gateway.operations.accept(flagged);
    const [other = ''] = await steps.accept(1, 'wx00000000000000c6');
    await quotaEnd();
    expect(await delay(flagged.id)).toEqual({ stopped: true, delayed: false });
    expect(await delay(other)).toEqual({ stopped: true, delayed: true });
    await stop(inDays(60));
    expect(await delay(flagged.id)).toEqual({ stopped: true, delayed: true });
  });
});

describe('rate of an API', () => {
  const rates = async (perApi: number) =>
    Object.fromEntries((await readApiLimits(pool, perApi)).map(({ api, rate }) => [api, rate]));
  const spacing = async (api: string, perApi: number) =>
    (await scratch.worker.limits.takeReservations(api, 1, perApi))?.spacingMs;

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
    const rows = await scratch.sql(`select detail from trail where action = 'rate.changed' order by id`);
    expect(rows.slice(-3)).toEqual([
      { detail: { api: API, from: 20, to: 0 } },
      { detail: { api: API, from: 0, to: null } },
      { detail: { api: '*', from: 40, to: null } },
    ]);
  });

  it('A cut starts from the rate that an operator has set', async () => {
    await setRate(pool, BY, API, 100);
    await scratch.worker.limits.cutRate(API, 1_000, 500);
    const [row] = await scratch.sql<{ cut_rate: number }>('select cut_rate from api_limits where api = $1', [
      API,
    ]);
    expect(row?.cut_rate).toBeCloseTo(0.7 * 100 * 0.965);
  });
});
