import { afterEach, expect, it } from '@jest/globals';
import { byLength } from '../length.js';
import { readMetric } from '../metrics/exposition.js';
import { eventually, kill, newAppid, readyz, useWorld, world } from '../use-world.js';

const LATENCY_MS = 20;
const CONCURRENCY = 20;
const WORKERS = 2;
/**
 * Shorter than the longest outage here: time during which WeChat is unavailable must not count. Longer than the time that does:
 * before the circuit breaker opens, and after the outage until a lost response is reconciled by three reads, 3 s apart in all,
 * which are late on a busy machine.
 */
const DEADLINE_MS = byLength({ short: 15_000, long: 30_000 });
const VERSIONS = ['1.0', '2.0', '3.0'];
const AFTER_IDEAL_MS = 15_000;

/** The simulator is also the token endpoint, so static tokens are used while it is unavailable. */
const APPIDS = Array.from({ length: 300 }, newAppid);
const TOKENS = Object.fromEntries(APPIDS.map((appid) => [appid, `sim-token:${appid}`]));

useWorld({
  workers: WORKERS,
  env: {
    SIM_LATENCY_MS: String(LATENCY_MS),
    WORKER_CONCURRENCY: String(CONCURRENCY),
    OPERATION_DEADLINE_MS: String(DEADLINE_MS),
    WECHAT_TIMEOUT_MS: '1000',
    WECHAT_TOKEN_SOURCE: 'static',
    WECHAT_STATIC_TOKENS: JSON.stringify(TOKENS),
  },
});
afterEach(() => world?.sim.clearFaults());

/** Accepts three commits for each of `count` mini-programs. */
async function queue(count: number): Promise<{ appids: string[]; ids: string[] }> {
  const appids = APPIDS.splice(0, count);
  const ids: string[] = [];
  for (const userVersion of VERSIONS) {
    const accepted = appids.map((appid) => world.change('Commit', { appid, templateId: 1n, userVersion }));
    ids.push(...(await Promise.all(accepted)).map(({ id }) => id));
  }
  return { appids, ids };
}

const workers = () => world.stack.addresses.workers;

const metric = (name: string) => Promise.all(workers().map((url) => readMetric(url, name)));

/** The readiness detail about WeChat of each worker; all stay ready. */
async function details(): Promise<(string | undefined)[]> {
  const answers = await Promise.all(workers().map(readyz));
  expect(answers.map(({ status }) => status)).toEqual([200, 200]);
  return answers.map(({ parts }) => parts.wechat?.detail);
}

const allOpen = () =>
  eventually(async () => expect(await metric('wxa_circuit_breaker_open')).toEqual([1, 1]));

const RUNNING = `select id from operations where state = 'RUNNING' limit 10`;

async function probes(): Promise<number> {
  return (await metric('wxa_circuit_breaker_probes_total')).reduce<number>((sum, n = 0) => sum + n, 0);
}

/** All operations succeed soon after WeChat is back, with one effect each, in order. */
async function expectAllDone({ appids, ids }: Awaited<ReturnType<typeof queue>>): Promise<void> {
  const back = performance.now();
  await eventually(async () => {
    const [row] = await world.sql<{ n: string }>(
      'select count(*) as n from operations where id = any($1) and ended_at is null',
      [ids],
    );
    return row?.n === '0';
  });
  const idealMs = (ids.length * LATENCY_MS) / (CONCURRENCY * WORKERS);
  expect(performance.now() - back).toBeLessThan(
    byLength({ short: Number.POSITIVE_INFINITY, long: idealMs + AFTER_IDEAL_MS }),
  );
  const states = await world.sql(
    `select state, error ->> 'errmsg' as error, count(*)::int as n from operations where id = any($1) group by 1, 2`,
    [ids],
  );
  expect(states).toEqual([{ state: 'SUCCEEDED', error: null, n: ids.length }]);
  const effects = (await world.sim.calls({ api: 'wxa/commit' })).filter(({ effect }) => effect !== null);
  for (const appid of appids) {
    const done = effects.filter((call) => call.appid === appid);
    expect(done.map(({ body }) => JSON.parse(body).user_version)).toEqual(VERSIONS);
  }
  await eventually(async () => expect(await metric('wxa_circuit_breaker_open')).toEqual([0, 0]));
  expect(await details()).toEqual([undefined, undefined]);
}

/** The maximum number of concurrent calls. Probes take no permit. */
async function mostAtOnce(): Promise<number> {
  const calls = (await world.sim.calls()).filter(({ api }) => api !== 'wxa/getversioninfo');
  const steps = calls.flatMap(({ startedAt, endedAt }) => [
    { at: startedAt, step: 1 },
    { at: endedAt ?? Number.POSITIVE_INFINITY, step: -1 },
  ]);
  let [now, most] = [0, 0];
  for (const { step } of steps.sort((a, b) => a.at - b.at || a.step - b.step)) {
    now += step;
    most = Math.max(most, now);
  }
  return most;
}

it('While WeChat resets connections one probe a second is sent, and all operations succeed afterwards despite their deadline', async () => {
  await world.sim.addFault({ api: '*', kind: 'reset', times: 0 });
  const queued = await queue(100);
  await allOpen();
  // Calls that were sent before may still be on their way.
  await eventually(async () => expect(await world.sql(RUNNING)).toEqual([]));
  const after = (await world.sim.ledger()).at(-1)?.seq ?? 0;
  const openedAt = performance.now();
  await eventually(() => performance.now() > openedAt + DEADLINE_MS, DEADLINE_MS + 1000);
  for (const detail of await details()) expect(detail).toMatch(/^unavailable since 20\d\d-\S+Z, \d+ probes$/);
  const doubts = await world.sql<{ asks: number }>(`select asks from operations where state = 'IN_DOUBT'`);
  expect(doubts.length).toBeGreaterThanOrEqual(20 * WORKERS);
  expect(doubts.every(({ asks }) => asks === 0)).toBe(true);
  const made = await world.sim.calls({ after });
  const gaps = made.slice(1).map(({ startedAt }, i) => startedAt - (made[i]?.startedAt ?? 0));
  expect(made.filter(({ api }) => api !== 'wxa/getversioninfo')).toEqual([]);
  expect(Math.min(...gaps)).toBeGreaterThanOrEqual(1000);
  expect(made.length).toBeGreaterThan(DEADLINE_MS / 2000);
  await world.sim.clearFaults();
  await expectAllDone(queued);
});

it('Operations queued while WeChat refuses connections succeed once, in order and within the concurrency limit when it is back', async () => {
  const { sim } = world.stack;
  if (sim === undefined) throw new Error('WeChat is not simulated');
  await kill(sim);
  const queued = await queue(100);
  await allOpen();
  const before = await probes();
  await eventually(async () => (await probes()) >= before + 3);
  await sim.start();
  await expectAllDone(queued);
  expect(await mostAtOnce()).toBeLessThanOrEqual(CONCURRENCY * WORKERS);
});
