/** @alone Judges the time of a recovery. */
import { credentials } from '@grpc/grpc-js';
import { expect, it } from '@jest/globals';
import { startPostgres } from '@wxa/stack';
import { healthOf } from '../grpc-health.js';
import { byLength } from '../length.js';
import { readMetric } from '../metrics/exposition.js';
import { eventually, logged, newAppid, useWorldOn, world } from '../use-world.js';

// A server of its own, because its settings are changed.
useWorldOn(() => startPostgres({ durable: false }));

const LIMIT_MS = byLength({ short: 15_000, long: 3_000 });
const AVAILABLE = 'postgres available';
const UNAVAILABLE = 'postgres unavailable';

const commit = (appid = newAppid()) => world.run('Commit', { appid, templateId: 1n, userVersion: '1.0' });
const urls = () => [world.stack.addresses.http, ...world.stack.addresses.workers];
const statuses = () => Promise.all(urls().map(async (url) => (await fetch(`${url}/readyz`)).status));
const writable = () => Promise.all(urls().map((url) => readMetric(url, 'wxa_postgres_writable')));

async function setReadOnly(value: 'on' | 'off'): Promise<void> {
  await world.sql(`alter system set default_transaction_read_only = ${value}`);
  await world.sql('select pg_reload_conf()');
}

/** Connections of the apps, without those that listen for notifications: no transaction uses those. */
async function pidsOfApps(): Promise<Set<number>> {
  const rows = await world.sql<{ pid: number }>(
    `select pid from pg_stat_activity where application_name in ('wxa-gateway', 'wxa-release-worker') and query not like 'listen %'`,
  );
  return new Set(rows.map(({ pid }) => pid));
}

it('While Postgres is read-only no process is ready, and no connection is used again afterwards', async () => {
  expect(await commit()).toMatchObject({ state: 'OPERATION_STATE_SUCCEEDED' });
  const before = await pidsOfApps();
  expect(before.size).toBeGreaterThan(2);
  await setReadOnly('on');
  await eventually(async () => expect(await statuses()).toEqual([503, 503]), LIMIT_MS);
  expect(await writable()).toEqual([0, 0]);
  expect(await healthOf(world.stack.addresses.grpc, credentials.createInsecure())).toBe('NOT_SERVING');
  await expect(commit()).rejects.toMatchObject({ code: 14, details: 'database unavailable; retry' });
  // One that is in use at a check is closed by the next one.
  await eventually(async () => {
    expect([...(await pidsOfApps())].filter((pid) => before.has(pid))).toEqual([]);
  });
  await setReadOnly('off');
  await eventually(async () => expect(await statuses()).toEqual([200, 200]), LIMIT_MS);
  expect(await writable()).toEqual([1, 1]);
  expect(await commit()).toMatchObject({ state: 'OPERATION_STATE_SUCCEEDED' });
  for (const app of world.apps) {
    expect(await logged(app, UNAVAILABLE)).toHaveLength(1);
    const [{ before, identity } = {}, ...more] = await logged(app, AVAILABLE);
    expect(more).toEqual([]);
    expect(before).toMatch(/^00000001\/\d+/);
    expect(identity).toBe(before);
  }
});

it('Lost idle connections are logged once, with the server before and after', async () => {
  const count = async () => {
    const found = await Promise.all(
      world.apps.flatMap((app) => [logged(app, UNAVAILABLE), logged(app, AVAILABLE)]),
    );
    return found.map(({ length }) => length);
  };
  const before = await count();
  await world.sql(
    `select pg_terminate_backend(pid) from pg_stat_activity where application_name like 'wxa-%' and state = 'idle'`,
  );
  await eventually(async () => expect(await count()).toEqual(before.map((n) => n + 1)));
  expect(await commit()).toMatchObject({ state: 'OPERATION_STATE_SUCCEEDED' });
  expect(await count()).toEqual(before.map((n) => n + 1));
});
