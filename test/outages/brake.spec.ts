import { afterEach, describe, expect, it } from '@jest/globals';
import { DatabaseLock } from '../crashes/database-locks.js';
import { byLength } from '../length.js';
import { readMetric } from '../metrics/exposition.js';
import { AUDIT_ITEM } from '../release/audit-item.js';
import { pausedBy } from '../release/delayed-for-api.js';
import { eventually, newAppid, readyz, useWorld, world, wxaHere } from '../use-world.js';

const API = 'wxa/release';
const UNTIL = new Date(Math.ceil(Date.now() / 60_000) * 60_000 + 30 * 24 * 3_600_000);
/** Until workers know of a stop, and until calls are made again after it. */
const STOPPED_AFTER_MS = byLength({ short: Number.POSITIVE_INFINITY, long: 3_000 });
const RESUMED_AFTER_MS = byLength({ short: Number.POSITIVE_INFINITY, long: 5_000 });
const REASON = 'template 7 is broken';

useWorld({ workers: 2, env: { SIM_AUDIT_DELAY_MS: '0', WORKER_CONCURRENCY: '5' } });

const quota = (...args: string[]) => wxaHere(['quota', ...args]);
const stop = (what: string) => quota('stop', what, '--until', UNTIL.toISOString(), '--reason', REASON);
const callStarts = async () => (await world.sim.calls({ api: API })).map(({ startedAt }) => startedAt);
const trail = (action: string) =>
  world.sql<{ caller: string; detail: object }>(
    'select caller, detail from trail where action = $1 order by id',
    [action],
  );

/** A mini-program with an approved version. */
async function approved(): Promise<string> {
  const appid = newAppid();
  await world.run('Commit', { appid, templateId: 1n, userVersion: '1.0' });
  await world.run('SubmitAudit', { appid, items: [AUDIT_ITEM] });
  await eventually(() => world.messages('AuditCompleted', appid).length > 0);
  return appid;
}

const waiting = async (ids: string[]) => {
  const [row] = await world.sql<{ n: number }>(
    `select count(*)::int as n from operations
     where id = any($1) and parked and waits_for_api = $2 and next_attempt_at = $3`,
    [ids, API, UNTIL],
  );
  return row?.n;
};
const unfinished = async (ids: string[]) => {
  const states = await world.sql<{ state: string }>('select state from operations where id = any($1)', [ids]);
  expect(new Set(states.map(({ state }) => state)).has('FAILED')).toBe(false);
  return states.filter(({ state }) => state !== 'SUCCEEDED').length;
};

afterEach(async () => {
  await world.sim.clearFaults();
  await quota('lift', '--all-changes');
});

describe('wxa quota stop', () => {
  it('After a stop of wxa/release during a wave no call follows later than 3 s, nothing fails, and all proceed within 5 s of the lift', async () => {
    const appids = await Promise.all(Array.from({ length: 100 }, approved));
    await world.sim.addFault({ api: API, kind: 'latency', ms: 3_000, times: 0 });
    // The command takes seconds to start on a busy machine: it does so before the wave, and waits to record the stop.
    const held = await DatabaseLock.take(world, 'lock table trail in exclusive mode', []);
    const stopping = stop(API);
    await held.untilWaiting();
    const ids = (await Promise.all(appids.map((appid) => world.change('Release', { appid })))).map(
      ({ id }) => id,
    );
    await eventually(async () => (await callStarts()).length > 20);
    await held.release();
    expect(await stopping).toMatchObject({
      code: 0,
      out: `${API} stopped until ${UNTIL.toISOString()}\n`,
    });
    const stoppedAt = Date.now();
    await eventually(async () => (await waiting(ids)) === (await unfinished(ids)));
    const left = await unfinished(ids);
    expect(left).toBeGreaterThan(20);
    expect((await callStarts()).filter((startedAt) => startedAt > stoppedAt + STOPPED_AFTER_MS)).toEqual([]);
    const [behind = { id: '', appid: '' }] = await world.sql<{ id: string; appid: string }>(
      'select id, appid from operations where id = any($1) and ended_at is null limit 1',
      [ids],
    );
    expect(await world.get(behind.id)).toMatchObject({ nextAttemptTime: UNTIL, attempts: 0 });
    expect(await world.call('GetVersionInfo', { appid: behind.appid })).toMatchObject({
      trial: { version: '1.0' },
    });
    expect((await quota('list')).out).toMatch(
      new RegExp(`^${API} stopped until ${UNTIL.toISOString()}: cli:.*@.*: ${REASON}\n$`),
    );
    await eventually(async () => expect(await pausedBy(world, API)).toEqual([true, true]));
    const wechat = { detail: `${API} stopped until ${UNTIL.toISOString()} (operator)` };
    for (const worker of world.stack.addresses.workers)
      expect(await readyz(worker)).toMatchObject({ ready: true, parts: { wechat } });
    const calls = (await callStarts()).length;
    await world.sim.clearFaults();
    expect(await quota('lift', API)).toMatchObject({
      code: 0,
      out: `${API} resumed; ${left} operations that waited for it can run\n`,
    });
    const liftedAt = Date.now();
    await eventually(async () => (await unfinished(ids)) === 0);
    const continued = (await callStarts()).slice(calls);
    expect(continued).toHaveLength(left);
    expect(continued.filter((startedAt) => startedAt > liftedAt + RESUMED_AFTER_MS)).toEqual([]);
    expect(await trail('api.stopped')).toMatchObject([
      { caller: expect.stringMatching(/^cli:.+@.+$/), detail: { api: API, reason: REASON } },
    ]);
    expect(await trail('api.resumed')).toMatchObject([{ detail: { api: API, waiting: left } }]);
  });

  it('A change that only a retry decides is in doubt once from -1 to the lift of a stop, and succeeds then', async () => {
    const [appid, api] = [newAppid(), 'wxa/bind_tester'];
    const busy = await world.sim.addFault({ api, appid, kind: 'busy', times: 0 });
    const { id } = await world.change('AddTester', { appid, wechatId: 'tester' });
    await eventually(async () => (await world.sim.fault(busy.id)).hits > 0);
    await stop(api);
    expect((await world.wait(id)).state).toBe('OPERATION_STATE_IN_DOUBT');
    await world.sim.clearFaults(busy.id);
    const checkedAgain = `select from operations where id = $1 and state = 'IN_DOUBT' and asks > 1`;
    await eventually(async () => (await world.sql(checkedAgain, [id])).length === 1);
    await quota('lift', api);
    await eventually(async () => (await world.get(id)).state === 'OPERATION_STATE_SUCCEEDED');
    await eventually(() => world.messages('OperationCompleted', appid).length === 1);
    expect(world.messages('OperationInDoubt', appid)).toHaveLength(1);
  });
});

describe('rate errcode 45011', () => {
  const COMMITS = 200;
  const learnedRate = () =>
    readMetric(world.stack.addresses.workers[0] ?? '', 'wxa_rate_limit_per_second{api="wxa/commit"}');

  it('Errcode 45011 of many mini-programs lowers the rate of that API, which grows until it is unlimited again', async () => {
    await world.sim.setLimits({ perApi: 40 });
    await world.sim.clearLedger();
    const appids = Array.from({ length: COMMITS }, newAppid);
    await Promise.all(
      appids.map((appid) => world.change('Commit', { appid, templateId: 1n, userVersion: '1.0' })),
    );
    const low = await eventually(async () => (await learnedRate()) || false);
    expect(low).toBeLessThan(60);
    await eventually(async () => (await world.sim.summary()).effects.commit === COMMITS);
    const { apis } = await world.sim.summary();
    expect(apis['wxa/commit']?.errcodes['45011']).toBeLessThan(COMMITS * 3);

    await world.sim.setLimits({});
    await world.sql(
      `update api_limits set cut_at = clock_timestamp() - interval '20 s' where cut_at is not null`,
    );
    await eventually(async () => expect(await learnedRate()).toBeGreaterThan(1.5 * low));
    await world.sql(
      `update api_limits set cut_at = clock_timestamp() - interval '61 s' where cut_at is not null`,
    );
    await eventually(async () => expect(await learnedRate()).toBeUndefined());
  });
});
