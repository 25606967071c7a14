import { setImmediate } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import type { PostgresStatus } from '@wxa/postgres';
import { type Postgres, startPostgres } from '@wxa/stack';
import type { Store } from '@wxa/store';
import pg from 'pg';
import { eventually } from '../eventually.js';
import { byLength } from '../length.js';
import { wxa } from '../wxa.js';
import { toEvent } from './operation-steps.js';
import { newOperation, openStore } from './scratch-store.js';

/** A server of its own, because its settings are changed. */
let postgres: Postgres;
let admin: pg.Client;

beforeAll(async () => {
  postgres = await startPostgres({ durable: false });
  await wxa(['migrate'], { DATABASE_URL: postgres.url });
  admin = new pg.Client(postgres.url);
  await admin.connect();
});
afterAll(async () => {
  await admin?.end();
  await postgres?.stop();
});

/** Resolves when the server has read the setting: a reload only signals it. */
async function setReadOnly(value: 'on' | 'off'): Promise<void> {
  await admin.query(`alter system set default_transaction_read_only = ${value}`);
  await admin.query('select pg_reload_conf()');
  await eventually(async () => {
    const { rows } = await admin.query('show default_transaction_read_only');
    expect(rows).toEqual([{ default_transaction_read_only: value }]);
  });
}

let store: Store | undefined;
afterEach(() => store?.close());

/** The results of the checks of a running probe. */
async function probed({ url = postgres.url, applicationName = 'probed' } = {}): Promise<PostgresStatus[]> {
  store = await openStore({ url, applicationName });
  const { probe } = store;
  const seen: PostgresStatus[] = [];
  probe.onStatus((status) => seen.push(status));
  await probe.start();
  return seen;
}

it('A connection is closed after a transaction that failed because Postgres was read-only', async () => {
  store = await openStore({ url: postgres.url, applicationName: 'read-only' });
  const { operations } = store;
  const operation = newOperation();
  await operations.accept(operation);
  const connections = async () =>
    (await admin.query(`select from pg_stat_activity where application_name = 'read-only'`)).rowCount ?? 0;
  const before = await connections();
  await setReadOnly('on');
  await expect(operations.cancel(operation.id, toEvent)).rejects.toMatchObject({ code: '25006' });
  await setReadOnly('off');
  await eventually(async () => expect(await connections()).toBe(before - 1));
});

describe('PostgresProbe', () => {
  it('A check returns the identity, the clock and the history of a writable server', async () => {
    const before = Date.now();
    const seen = await probed();
    const tookMs = Date.now() - before;
    expect(seen).toEqual([
      {
        isWritable: true,
        server: {
          isWritable: true,
          identity: expect.stringMatching(/^00000001\/\d{10}\.\d{6}\/\d+\/\d+$/),
          clockSkewMs: expect.any(Number),
          history: { identity: null, behind: false, evidence: null },
        },
      },
    ]);
    // The clock is read during the check.
    expect(Math.abs(seen[0]?.server?.clockSkewMs ?? Number.NaN)).toBeLessThanOrEqual(tookMs + 1);
  });

  it('A read-only server is reported within 3 s, and its end too', async () => {
    const limitMs = byLength({ short: 60_000, long: 3_000 });
    const seen = await probed();
    await setReadOnly('on');
    await eventually(() => seen.at(-1)?.isWritable === false, limitMs);
    expect(seen.at(-1)).toMatchObject({ error: 'Postgres is read-only or a standby' });
    await setReadOnly('off');
    await eventually(() => seen.at(-1)?.isWritable === true, limitMs);
  });

  it('A connection that hangs is reported and replaced', async () => {
    const seen = await probed({ applicationName: 'hanging' });
    const { rows } = await admin.query<{ pid: number }>(
      `select pid from pg_stat_activity where application_name = 'hanging' and query like '%pg_postmaster_start_time%'`,
    );
    expect(rows).toHaveLength(1);
    const pid = rows[0]?.pid ?? 0;
    process.kill(pid, 'SIGSTOP');
    await eventually(() => seen.some(({ isWritable }) => !isWritable) && seen.at(-1)?.isWritable);
    process.kill(pid, 'SIGCONT');
  });

  it('A check that Postgres answered while this process was busy for more than 2 s finds it writable', async () => {
    await probed({ applicationName: 'busy' });
    const checked = store?.probe.check();
    await setImmediate();
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 2_100);
    expect(await checked).toMatchObject({ isWritable: true });
  });

  it('The identity of a server that refuses its WAL functions has no timeline', async () => {
    await admin.query(`create role plain login password 'plain'`);
    await admin.query('grant select on all tables in schema public to plain');
    await admin.query('grant select on sequence outbox_id_seq to plain');
    await admin.query('revoke execute on function pg_current_wal_lsn() from public');
    const { host } = new URL(postgres.url);
    const seen = await probed({ url: `postgres://plain:plain@${host}/wxa_code` });
    const server = { identity: expect.stringMatching(/^-\/\d/) };
    expect(seen).toMatchObject([{ isWritable: true, server }]);
  });
});
