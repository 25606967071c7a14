import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, expect, it } from '@jest/globals';
import { createDatabase, dropDatabase } from '@wxa/stack';
import { backfill, buildIndex, createDataSource, migrate } from '@wxa/store';
import pg from 'pg';
import type { DataSource, MigrationInterface, QueryRunner } from 'typeorm';
import { eventually } from '../eventually.js';
import { byLength } from '../length.js';

class AddColumn1900000000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query('alter table busy add column added int');
  }
  async down(): Promise<void> {}
}

class Fail1900000000001 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query('alter table busy add column half int');
    throw new Error('this migration fails');
  }
  async down(): Promise<void> {}
}

class LockTwice1900000000004 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query('alter table busy add column added int');
    await runner.query('select pg_sleep(0.5)');
    waits = await runner.query(`select setting::int as ms from pg_settings where name = 'lock_timeout'`);
  }
  async down(): Promise<void> {}
}
let waits: { ms: number }[] = [];

class Deadlock1900000000005 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query('alter table busy add column added int');
    deadlocks += 1;
    if (deadlocks === 1)
      await runner.query(`do $$ begin raise exception 'deadlock' using errcode = '40P01'; end $$`);
  }
  async down(): Promise<void> {}
}
let deadlocks = 0;

class Backfill1900000000003 implements MigrationInterface {
  readonly transaction = false;
  async up(runner: QueryRunner): Promise<void> {
    const rows = { table: 'busy', key: 'n', set: 'added = n', where: 'added is null' };
    filled.push(await backfill(runner, rows));
  }
  async down(): Promise<void> {}
}
const filled: number[] = [];

class BuildIndex1900000000002 implements MigrationInterface {
  readonly transaction = false;
  async up(runner: QueryRunner): Promise<void> {
    await buildIndex(runner, 'busy_by_n', 'on busy (n)');
  }
  async down(): Promise<void> {}
}

const server = process.env.TEST_POSTGRES_URL ?? '';
const name = `migrate_${randomUUID().replaceAll('-', '')}`;
let url: string;
let pool: pg.Pool;
const sources: DataSource[] = [];

beforeAll(async () => {
  url = await createDatabase(server, name);
  pool = new pg.Pool({ connectionString: url, max: 3 });
  pool.on('error', () => undefined);
});
beforeEach(async () => {
  await pool.query('drop table if exists busy, migrations');
  await pool.query('create table busy as select 1 as n');
});
afterAll(async () => {
  await Promise.all(sources.map((source) => source.destroy()));
  await pool?.end();
  await dropDatabase(server, name);
});

/** A data source whose schema consists of these migrations. */
async function sourceOf(...migrations: (new () => MigrationInterface)[]): Promise<DataSource> {
  const source = createDataSource({ url, timeLimits: false });
  source.setOptions({ migrations });
  await source.initialize();
  sources.push(source);
  return source;
}

async function columns(): Promise<string[]> {
  const { rows } = await pool.query<{ name: string }>(
    `select column_name as name from information_schema.columns where table_name = 'busy' order by 1`,
  );
  return rows.map((row) => row.name);
}

/** Opens a transaction that locks the rows of `busy`. */
async function lockRows(): Promise<{ release(): Promise<void> }> {
  const holder = await pool.connect();
  await holder.query('begin; select from busy for update');
  return {
    release: async () => {
      await holder.query('rollback');
      holder.release();
    },
  };
}

it('A migration waits at most 3 s for a lock, and is tried again until it gets it', async () => {
  const source = await sourceOf(AddColumn1900000000000);
  const lock = await lockRows();
  const lines: string[] = [];
  const migrated = migrate(source, undefined, (line) => lines.push(line));
  const waiting = `select from pg_locks where relation = 'busy'::regclass and not granted`;
  await eventually(async () => (await pool.query(waiting)).rowCount === 1);
  // Other statements wait behind the migration meanwhile.
  const startedAt = performance.now();
  await pool.query('update busy set n = 2 where n = 3');
  expect(performance.now() - startedAt).toBeLessThan(
    byLength({ short: Number.POSITIVE_INFINITY, long: 3_500 }),
  );
  await eventually(() => lines.length === 2);
  expect(lines).toEqual([
    `${AddColumn1900000000000.name}: another transaction holds a lock that it needs; retry 1 of 20 in 0.5 s`,
    expect.stringMatching(
      /: process \d+ \(.*\) has held a lock in a transaction for .+; retry 2 of 20 in 1 s$/,
    ),
  ]);
  await lock.release();
  expect(await migrated).toEqual([AddColumn1900000000000.name]);
  expect(await columns()).toEqual(['added', 'n']);
});

it('A migration does not begin while a transaction older than 1 s holds a lock, so no statement waits behind it', async () => {
  const source = await sourceOf(AddColumn1900000000000);
  const lock = await lockRows();
  const old = `select from pg_stat_activity where xact_start < clock_timestamp() - interval '1 second' and query like '%busy for update'`;
  await eventually(async () => (await pool.query(old)).rowCount === 1);
  const lines: string[] = [];
  const migrated = migrate(source, undefined, (line) => lines.push(line));
  let longestMs = 0;
  await eventually(async () => {
    const startedAt = performance.now();
    await pool.query('insert into busy values (2)');
    longestMs = Math.max(longestMs, performance.now() - startedAt);
    return lines.length === 3;
  });
  expect(longestMs).toBeLessThan(byLength({ short: Number.POSITIVE_INFINITY, long: 1_000 }));
  await lock.release();
  expect(await migrated).toEqual([AddColumn1900000000000.name]);
});

it('All statements of a migration together wait at most 3 s for locks, because the first lock blocks others meanwhile', async () => {
  await migrate(await sourceOf(LockTwice1900000000004));
  expect(waits[0]?.ms).toBeGreaterThan(0);
  expect(waits[0]?.ms).toBeLessThanOrEqual(2_500);
});

it('A migration that ends a deadlock with a transaction of an app is rolled back and tried again', async () => {
  const lines: string[] = [];
  await migrate(await sourceOf(Deadlock1900000000005), undefined, (line) => lines.push(line));
  expect(lines).toEqual([
    `${Deadlock1900000000005.name}: another transaction waits for a lock that it holds; retry 1 of 20 in 0.5 s`,
  ]);
  expect(await columns()).toEqual(['added', 'n']);
});

it('A migration that fails is rolled back alone, and those before it stay applied', async () => {
  const source = await sourceOf(AddColumn1900000000000, Fail1900000000001);
  await expect(migrate(source)).rejects.toThrow('this migration fails');
  expect(await columns()).toEqual(['added', 'n']);
});

it('Two processes that migrate at once build an index while rows are locked and replace an invalid one', async () => {
  const both = [await sourceOf(BuildIndex1900000000002), await sourceOf(BuildIndex1900000000002)];
  await pool.query('create index busy_by_n on busy (n)');
  await pool.query(`update pg_index set indisvalid = false where indexrelid = 'busy_by_n'::regclass`);
  const holder = await pool.connect();
  await holder.query('begin');
  await holder.query('select from busy for update');
  const migrated = Promise.all(both.map((source) => migrate(source)));
  const building = `select from pg_stat_activity where query like '% index concurrently%' and wait_event_type = 'Lock'`;
  await eventually(async () => (await pool.query(building)).rowCount === 1);
  await pool.query('insert into busy values (2)');
  await holder.query('rollback');
  holder.release();
  expect((await migrated).flat()).toEqual([BuildIndex1900000000002.name]);
  const valid = `select from pg_index where indexrelid = 'busy_by_n'::regclass and indisvalid`;
  expect((await pool.query(valid)).rowCount).toBe(1);
});

it('A valid index is not built again if its migration was interrupted after the build', async () => {
  await pool.query('create index busy_by_n on busy (n)');
  const built = async () => (await pool.query(`select 'busy_by_n'::regclass::oid as id`)).rows;
  const before = await built();
  await migrate(await sourceOf(BuildIndex1900000000002));
  expect(await built()).toEqual(before);
});

it('A backfill fills every row in transactions of at most 5,000 rows, and continues if it is run again', async () => {
  await pool.query(`drop table busy; create table busy as select generate_series(1, 12001) as n;
    create unique index on busy (n); alter table busy add column added int; update busy set added = 0 where n <= 1000`);
  await migrate(await sourceOf(Backfill1900000000003));
  expect(filled).toEqual([11_001]);
  const unlike = 'select from busy where added is distinct from case when n <= 1000 then 0 else n end';
  expect((await pool.query(unlike)).rowCount).toBe(0);
  const { rows } = await pool.query<{ rows: number }>(
    'select count(*)::int as rows from busy where n > 1000 group by xmin order by 1 desc',
  );
  expect(rows.map((row) => row.rows)).toEqual([5_000, 5_000, 1_001]);
});
