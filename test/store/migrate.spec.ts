import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, expect, it } from '@jest/globals';
import { createDatabase, dropDatabase } from '@wxa/stack';
import { buildIndex, createDataSource, migrate } from '@wxa/store';
import pg from 'pg';
import type { DataSource, MigrationInterface, QueryRunner } from 'typeorm';
import { eventually } from '../eventually.js';

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

it('A migration that waits for a row lock fails within 7 s and succeeds when it is run again', async () => {
  const source = await sourceOf(AddColumn1900000000000);
  const holder = await pool.connect();
  await holder.query('begin');
  await holder.query('select from busy for update');
  const startedAt = performance.now();
  const refused = expect(migrate(source)).rejects.toThrow('lock timeout');
  const waiting = `select from pg_locks where relation = 'busy'::regclass and not granted`;
  await eventually(async () => (await pool.query(waiting)).rowCount === 1);
  // Other statements wait behind the migration meanwhile.
  await pool.query('update busy set n = 2 where n = 3');
  await refused;
  expect(performance.now() - startedAt).toBeLessThan(7_000);
  await holder.query('rollback');
  holder.release();
  expect(await migrate(source)).toEqual([AddColumn1900000000000.name]);
}, 20_000);

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
}, 20_000);
