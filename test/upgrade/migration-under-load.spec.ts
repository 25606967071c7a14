/** @alone Judges response times. */
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { writeHistory } from '@wxa/bench';
import { createDataSource } from '@wxa/postgres/data-source';
import { buildIndex, migrate } from '@wxa/postgres/schema';
import pg from 'pg';
import type { DataSource, MigrationInterface, QueryRunner } from 'typeorm';
import { BLOCKED } from '../blocked.js';
import { eventually } from '../eventually.js';
import { byLength } from '../length.js';
import { newOperation, type ScratchStore, scratchStore } from '../store/scratch-store.js';

const ROWS = byLength({ short: 20_000, long: 1_000_000 });
const ACCEPTS_PER_S = byLength({ short: 100, long: 500 });
/** How long a transaction that has read `operations` stays open. */
const OPEN_MS = byLength({ short: 4_000, long: 60_000 });
const MAX_ACCEPT_MS = 1_000;

class BuildIndexOfOperations1900000000000 implements MigrationInterface {
  readonly transaction = false;
  async up(runner: QueryRunner): Promise<void> {
    await buildIndex(runner, 'operations_by_traceparent', 'on operations (traceparent, id)');
  }
  async down(): Promise<void> {}
}

class AddColumnToOperations1900000000001 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query('alter table operations add column added text');
  }
  async down(): Promise<void> {}
}

let store: ScratchStore;
beforeAll(async () => {
  store = await scratchStore();
  await writeHistory(store.sql, ROWS);
  await store.sql('vacuum analyze operations');
}, 600_000);
afterAll(() => store?.close());

async function source(): Promise<DataSource> {
  const made = createDataSource({ url: store.url, timeLimits: false });
  made.setOptions({ migrations: [BuildIndexOfOperations1900000000000, AddColumnToOperations1900000000001] });
  return made.initialize();
}

/** Accepts operations at a rate until it is ended; then returns how long the slowest accept took. */
function acceptSteadily(): () => Promise<number> {
  const durations: Promise<number>[] = [];
  const timer = setInterval(() => {
    const startedAt = performance.now();
    const accepted = store.gateway.operations.accept(newOperation());
    durations.push(accepted.then(() => performance.now() - startedAt));
  }, 1000 / ACCEPTS_PER_S);
  return async () => {
    clearInterval(timer);
    return Math.max(...(await Promise.all(durations)));
  };
}

const migrateOnce = async () => {
  const made = await source();
  return migrate(made).finally(() => made.destroy());
};

it('An index and a column are added under load behind a long transaction without an accept over 1 s, and after a killed build', async () => {
  const open = new pg.Client({ connectionString: store.url });
  await open.connect();
  await open.query('begin isolation level repeatable read');
  await open.query('select from operations limit 1');
  const openedAt = performance.now();
  const slowestAccept = acceptSteadily();

  const killed = expect(migrateOnce()).rejects.toThrow();
  const building = `${BLOCKED} and query like 'create index concurrently%'`;
  const [{ pid } = { pid: 0 }] = await eventually(async () => {
    const rows = await store.sql<{ pid: number }>(building);
    return rows.length === 1 && rows;
  });
  await store.sql('select pg_terminate_backend($1)', [pid]);
  await killed;
  const valid = `select indisvalid from pg_index where indexrelid = 'operations_by_traceparent'::regclass`;
  expect(await store.sql(valid)).toEqual([{ indisvalid: false }]);

  const migrated = migrateOnce();
  await eventually(() => performance.now() - openedAt > OPEN_MS, 2 * OPEN_MS);
  expect(await store.sql(valid)).toEqual([{ indisvalid: false }]);
  await open.query('rollback');
  expect(await migrated).toHaveLength(2);
  expect(await store.sql(valid)).toEqual([{ indisvalid: true }]);
  expect(await slowestAccept()).toBeLessThan(MAX_ACCEPT_MS);
  await open.end();
}, 600_000);
