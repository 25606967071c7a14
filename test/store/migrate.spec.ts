import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, expect, it } from '@jest/globals';
import { createDataSource } from '@wxa/postgres/data-source';
import { buildIndex, migrate } from '@wxa/postgres/schema';
import { createDatabase, dropDatabase } from '@wxa/stack';
import pg from 'pg';
import type { DataSource, MigrationInterface, QueryRunner } from 'typeorm';
import { BLOCKED } from '../blocked.js';
import { eventually } from '../eventually.js';
import { byLength } from '../length.js';

const server = process.env.TEST_POSTGRES_URL ?? '';
const database = `migrate_${randomUUID().replaceAll('-', '')}`;
let url: string;
let pool: pg.Pool;
const sources: DataSource[] = [];

beforeAll(async () => {
  url = await createDatabase(server, database);
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
  await dropDatabase(server, database);
});

type Up = (runner: QueryRunner) => Promise<unknown>;
const addColumn: Up = (runner) => runner.query('alter table busy add column added int');
const addIndex: Up = (runner) => buildIndex(runner, 'busy_by_n', 'on busy (n)');

/** The name of the first migration of a data source. */
const NAME = 'Migration1900000000000';

/** Begins to run migrations; `transaction`: each in one of its own. */
async function run(ups: Up[], { transaction = true } = {}) {
  const source = createDataSource({ url, timeLimits: false });
  const migrations = ups.map(
    (up, n) =>
      class implements MigrationInterface {
        readonly name = `Migration${1900000000000 + n}`;
        readonly transaction = transaction;
        up = async (runner: QueryRunner) => void (await up(runner));
        down = async () => undefined;
      },
  );
  source.setOptions({ migrations });
  await source.initialize();
  sources.push(source);
  const lines: string[] = [];
  return { lines, migrated: migrate(source, undefined, (line) => lines.push(line)) };
}

async function columns(): Promise<string[]> {
  const { rows } = await pool.query<{ name: string }>(
    `select column_name as name from information_schema.columns where table_name = 'busy' order by 1`,
  );
  return rows.map(({ name }) => name);
}

const found = async (query: string) => (await pool.query(query)).rowCount;

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

async function durationOf(statement: string): Promise<number> {
  const startedAt = performance.now();
  await pool.query(statement);
  return performance.now() - startedAt;
}

const atMost = (ms: number) => byLength({ short: Number.POSITIVE_INFINITY, long: ms });

it('A migration waits at most 3 s for a lock, and is tried again until it gets it', async () => {
  const locks: Awaited<ReturnType<typeof lockRows>>[] = [];
  const { lines, migrated } = await run([
    async (runner) => {
      // Not before it begins: it would not begin behind a lock that is 1 s old.
      if (locks.length === 0) locks.push(await lockRows());
      await addColumn(runner);
    },
  ]);
  try {
    const waiting = `${BLOCKED} and wait_event = 'relation'`;
    await eventually(async () => (await found(waiting)) === 1);
    // Other statements wait behind the migration meanwhile.
    expect(await durationOf('update busy set n = 2 where n = 3')).toBeLessThan(atMost(3_500));
    await eventually(() => lines.length === 2);
    expect(lines).toEqual([
      `${NAME}: another transaction holds a lock that it needs; retry 1 of 20 in 0.5 s`,
      expect.stringMatching(
        /: process \d+ \(.*\) has held a lock in a transaction for .+; retry 2 of 20 in 1 s$/,
      ),
    ]);
  } finally {
    await locks[0]?.release();
  }
  expect(await migrated).toEqual([NAME]);
  expect(await columns()).toEqual(['added', 'n']);
});

it('A migration does not begin while a transaction older than 1 s holds a lock, so no statement waits behind it', async () => {
  const lock = await lockRows();
  const old = `select from pg_stat_activity where xact_start < clock_timestamp() - interval '1 second' and query like '%busy for update'`;
  await eventually(async () => (await found(old)) === 1);
  const { lines, migrated } = await run([addColumn]);
  const durations: number[] = [];
  await eventually(async () => {
    durations.push(await durationOf('insert into busy values (2)'));
    return lines.length === 3;
  });
  expect(Math.max(...durations)).toBeLessThan(atMost(1_000));
  await lock.release();
  expect(await migrated).toEqual([NAME]);
});

it('All statements of a migration together wait at most 3 s for locks, because the first lock blocks others meanwhile', async () => {
  let left: { ms: number }[] = [];
  const { migrated } = await run([
    async (runner) => {
      await addColumn(runner);
      await runner.query('select pg_sleep(0.5)');
      left = await runner.query(`select setting::int as ms from pg_settings where name = 'lock_timeout'`);
    },
  ]);
  await migrated;
  expect(left[0]?.ms).toBeGreaterThan(0);
  expect(left[0]?.ms).toBeLessThanOrEqual(2_500);
});

it('A migration that ends a deadlock with a transaction of an app is rolled back and tried again', async () => {
  let deadlocks = 0;
  const { lines, migrated } = await run([
    async (runner) => {
      await addColumn(runner);
      deadlocks += 1;
      if (deadlocks === 1)
        await runner.query(`do $$ begin raise exception 'deadlock' using errcode = '40P01'; end $$`);
    },
  ]);
  await migrated;
  expect(lines).toEqual([
    `${NAME}: another transaction waits for a lock that it holds; retry 1 of 20 in 0.5 s`,
  ]);
  expect(await columns()).toEqual(['added', 'n']);
});

it('A migration that fails is rolled back alone, and those before it stay applied', async () => {
  const fail: Up = async (runner) => {
    await runner.query('alter table busy add column half int');
    throw new Error('this migration fails');
  };
  await expect((await run([addColumn, fail])).migrated).rejects.toThrow('this migration fails');
  expect(await columns()).toEqual(['added', 'n']);
});

it('Two processes that migrate at once build an index while rows are locked and replace an invalid one', async () => {
  await pool.query('create index busy_by_n on busy (n)');
  await pool.query(`update pg_index set indisvalid = false where indexrelid = 'busy_by_n'::regclass`);
  const lock = await lockRows();
  const both = [await run([addIndex], { transaction: false }), await run([addIndex], { transaction: false })];
  const building = `${BLOCKED} and query like '% index concurrently%'`;
  await eventually(async () => (await found(building)) === 1);
  await pool.query('insert into busy values (2)');
  await lock.release();
  expect((await Promise.all(both.map(({ migrated }) => migrated))).flat()).toEqual([NAME]);
  const valid = `select from pg_index where indexrelid = 'busy_by_n'::regclass and indisvalid`;
  expect(await found(valid)).toBe(1);
});

it('A valid index is not built again if its migration was interrupted after the build', async () => {
  await pool.query('create index busy_by_n on busy (n)');
  const built = async () => (await pool.query(`select 'busy_by_n'::regclass::oid as id`)).rows;
  const before = await built();
  await (await run([addIndex], { transaction: false })).migrated;
  expect(await built()).toEqual(before);
});
