/** @alone Judges the time of a recovery. */
import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, expect, it } from '@jest/globals';
import type { Operation } from '@wxa/contracts';
import { byLength } from '../length.js';
import { scrape } from '../metrics/exposition.js';
import { eventually, logged, newAppid, useWorldOn, worker, world } from '../use-world.js';
import { PrimaryAndStandby } from './primary-and-standby.js';

/** How long operations are accepted before and after the failover. */
const PHASE_MS = byLength({ short: 3_000, long: 30_000 });
const EVERY_MS = 200;
const MAX_PAUSE_MS = 15_000;

// Otherwise connections to it would never end.
afterAll(() => servers().killPrimary());
const servers = useWorldOn(() => PrimaryAndStandby.start(), {
  env: { WECHAT_TIMEOUT_MS: '2000', OPERATION_LEASE_MARGIN_MS: '500' },
});

interface Accepted {
  request: { appid: string; requestId: string; templateId: bigint; userVersion: string };
  id: string;
  at: number;
}

/** Repeats a request until it is accepted. */
async function accept(): Promise<Accepted> {
  const request = { appid: newAppid(), requestId: randomUUID(), templateId: 1n, userVersion: '1.0' };
  for (;;) {
    try {
      const { id } = (await world.call('Commit', request, 10_000)) as Operation;
      return { request, id, at: performance.now() };
    } catch {
      await delay(EVERY_MS);
    }
  }
}

/** The longest time between two neighbours, in the order of time. */
function longestPause(times: number[]): number {
  const sorted = [...times].sort((a, b) => a - b);
  return Math.max(...sorted.slice(1).map((time, i) => time - (sorted[i] ?? time)));
}

it('A worker warns of a standby for which commits do not wait', async () => {
  await eventually(async () => {
    const warnings = await logged(worker(), 'insecure setting');
    expect(warnings.filter(({ setting }) => setting === 'postgres_async_standby')).toHaveLength(1);
  });
  const metrics = await scrape(world.stack.addresses.workers[0] ?? '');
  expect(metrics.get('wxa_insecure_setting{setting="postgres_async_standby"}')).toBe(1);
});

it('A failover to a synchronous standby, from a primary that hangs, loses nothing and pauses less than 15 s', async () => {
  await servers().makeSynchronous();
  await world.sim.addFault({ api: 'wxa/commit', kind: 'latency', ms: 500, times: 0 });
  const callbacks = { rate: 10, names: ['text', 'shop_order'], appids: [newAppid(), newAppid()] };
  await world.sim.startLoad({ ...callbacks, seconds: 3_600, retryMs: 1_000 });
  const accepting: Promise<Accepted>[] = [];
  const load = async (ms: number) => {
    for (const until = Date.now() + ms; Date.now() < until; await delay(EVERY_MS)) accepting.push(accept());
  };
  await load(PHASE_MS);
  const before = (await world.sim.loadResults()).length;
  await servers().failOver();
  let isAccepting = false;
  accepting.push(
    accept().finally(() => {
      isAccepting = true;
    }),
  );
  while (!isAccepting) await load(EVERY_MS);
  await load(PHASE_MS);
  await world.sim.stopLoad();
  const accepted = await Promise.all(accepting);
  await expectCallbacks(before);
  for (const { id, request } of accepted) {
    await eventually(async () => {
      expect(await world.get(id)).toMatchObject({ state: 'OPERATION_STATE_SUCCEEDED' });
    });
    // A gateway may still have a connection to the primary that hangs: its callers retry.
    expect(await eventually(() => world.call('Commit', request))).toMatchObject({ id });
    const calls = await world.sim.calls({ appid: request.appid });
    expect(calls.filter(({ effect }) => effect !== null)).toHaveLength(1);
  }
  expect(longestPause(accepted.map(({ at }) => at))).toBeLessThan(MAX_PAUSE_MS);
  const completed = () => world.messages('OperationCompleted');
  await eventually(() => expect(new Set(completed().map(({ key }) => key)).size).toBe(accepted.length));
  expect(longestPause(completed().map(({ headers }) => Date.parse(headers.ce_time ?? '')))).toBeLessThan(
    MAX_PAUSE_MS,
  );
  expect(await world.sql('select from history_state where behind')).toEqual([]);
  const values = new Map(world.seen.map(({ id, value }) => [id, value]));
  expect(world.seen.filter(({ id, value }) => values.get(id) !== value)).toEqual([]);
});

/** Each callback that was answered with `success`, before the failover or after it, is on its topic. */
async function expectCallbacks(before: number): Promise<void> {
  await eventually(async () => (await world.sim.load()).open === 0);
  const results = await world.sim.loadResults();
  for (const some of [results.slice(0, before), results.slice(before)])
    expect(some.filter(({ isAccepted }) => isAccepted).length).toBeGreaterThan(0);
  await eventually(() => {
    const events = world.messages('PlatformEvent');
    const published = new Set(events.map(({ json }) => (json.fields as Record<string, string>).Id));
    expect(results.filter(({ id, isAccepted }) => isAccepted && !published.has(id))).toEqual([]);
  });
}
