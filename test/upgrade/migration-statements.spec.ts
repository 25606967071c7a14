import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createDataSource } from '@wxa/postgres/data-source';
import { migrate } from '@wxa/postgres/schema';
import { createDatabase, dropDatabase } from '@wxa/stack';
import pg from 'pg';
import type { QueryRunner } from 'typeorm';
import { hazardsOf, type PreviousRelease, tablesCreatedBy } from './hazards.js';
import { logQueries } from './log-queries.js';
import { fixture, recordedVersions } from './recorded-release.js';

/** Tables and columns of the last release that it does not use any more, so that this version may drop them. */
const UNUSED = new Set<string>();

const previous: PreviousRelease = {
  tables: new Set(['operations', 'audits']),
  unused: new Set(['audits.source']),
};

describe('hazards', () => {
  it.each([
    'create index operations_by_x on operations (x)',
    'create unique index if not exists operations_by_x on public.operations (x)',
    'drop index operations_by_state',
    'drop table audits',
    'alter table operations drop column noted',
    'alter table operations drop noted',
    'alter table operations rename column noted to taken',
    'alter table operations rename to ops',
    'alter index operations_by_state rename to by_state',
    'alter table operations alter column fence type bigint',
    'alter table operations alter fence set data type bigint',
    'alter table operations alter column noted set not null',
    'alter table operations add constraint positive check (fence > 0)',
    'alter table operations add check (fence > 0)',
    'alter table operations add column x int check (x > 0)',
    'alter table operations add column x int, add unique (x)',
    'alter table operations add column x int not null',
    'alter table operations add column x uuid default gen_random_uuid()',
    'alter table operations add column x timestamptz not null default clock_timestamp()',
    'alter table operations add column x bigint generated always as identity',
    'alter table only "operations" set unlogged',
    'select 1; update operations set noted = null',
    "delete from audits where state = 'OPEN; '",
    'truncate operations',
  ])('A statement of a migration is rejected: %s', (statement) => {
    expect(hazardsOf(statement, previous)).toHaveLength(1);
  });

  it.each([
    'create index concurrently operations_by_x on operations (x)',
    'create table fresh (id int primary key); create index fresh_by_id on fresh (id)',
    'alter table fresh drop column id, rename to other',
    'drop index concurrently if exists operations_by_x',
    'alter table operations add column x text, add column y int default 3',
    "alter table operations add column x text[] not null default '{}'::text[]",
    'alter table operations add column x timestamptz default now()',
    'alter table operations add constraint positive check (fence > 0) not valid',
    'alter table operations validate constraint positive',
    'alter table operations set (fillfactor = 70)',
    'update operations set x = 1 where id = any(array(select id from operations where x is null limit 5000))',
    'alter table audits drop column source',
    `create function f() returns int language sql as $$ delete from operations; select 1 $$ -- drop table audits`,
    "insert into fresh select id from operations where request::text = 'drop table audits'",
  ])('A statement of a migration is accepted: %s', (statement) => {
    expect(hazardsOf(statement, previous)).toEqual([]);
  });
});

describe('migrations', () => {
  const server = process.env.TEST_POSTGRES_URL ?? '';
  const name = `statements_${randomUUID().replaceAll('-', '')}`;
  let url: string;
  let dump: string;
  let statements: string[];
  const withoutTransaction: string[] = [];
  const sql = async (text: string) => {
    const client = new pg.Client({ connectionString: url });
    await client.connect();
    return client.query(text).finally(() => client.end());
  };
  beforeAll(async () => {
    url = await createDatabase(server, name);
    dump = await readFile(fixture(recordedVersions().at(-1) ?? '', 'dump'), 'utf8');
    await sql(dump);
    const source = createDataSource({ url, timeLimits: false });
    statements = logQueries(source);
    await source.initialize();
    const recorder = { query: async (text: string) => withoutTransaction.push(text) && [] };
    for (const migration of source.migrations)
      if (migration.transaction === false) await migration.up(recorder as unknown as QueryRunner);
    await migrate(source).finally(() => source.destroy());
  });
  afterAll(() => dropDatabase(server, name));

  it('The migrations since the last release block no accept and leave it everything that it uses', () => {
    const tables = new Set(tablesCreatedBy(dump));
    expect(tables).toContain('operations');
    const hazards = statements.flatMap((sql) =>
      hazardsOf(sql, { tables, unused: UNUSED }).map((hazard) => `${hazard}: ${sql}`),
    );
    expect(hazards).toEqual([]);
  });

  it('A migration without a transaction only builds and drops indexes concurrently', () => {
    const others = withoutTransaction.filter(
      (text) =>
        !/^(select from pg_index|set lock_timeout|(create (unique )?|drop )index concurrently) /.test(text),
    );
    expect(withoutTransaction.length).toBeGreaterThan(0);
    expect(others).toEqual([]);
  });

  it('After the migration of a backup only changes up to its newest operation may be missing', async () => {
    const newest = '(select max(created_at) from public.operations)';
    const { rows } = await sql(
      `select ${newest} as newest, changes_deleted_until as excused from public.history_state`,
    );
    expect(rows[0].excused).toEqual(rows[0].newest);
    expect(rows[0].excused).toBeInstanceOf(Date);
  });
});
