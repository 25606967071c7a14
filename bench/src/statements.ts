// `npm run bench -- --only statements`: transactions and WAL of an operation, by statement, table and index of PostgreSQL.
import pg from 'pg';
import { startOurs, steady, turn } from './contenders/turn.js';
import { jobsFor, SCENARIOS } from './contenders/workloads.js';
import { sum } from './load/numbers.js';
import { startServers } from './load/servers.js';
import { type Sql, sqlOf } from './load/sql.js';
import { markdownTable, threeDigits, wholeNumber } from './report/table.js';
import type { Usage } from './results.js';
import type { Run } from './run.js';

const PER_SECOND = 400;
const SECONDS = 10;
const { workload } = SCENARIOS.a;

/** What is in the text of each statement of an operation. */
const NAMES = Object.entries({
  accept: 'insert into operations',
  claim: 'wanted_key',
  settle: 'settled as (',
  'advance outbox': 'delete from outbox',
});
const nameOf = (text: string) => NAMES.find(([, part]) => text.includes(part))?.[0] ?? text.slice(0, 80);

const BY_STATEMENT = `
select regexp_replace(query, '\\s+', ' ', 'g') as text, calls::float8, rows::float8, wal_bytes::float8 as "walBytes",
  total_exec_time as ms from pg_stat_statements
where dbid = (select oid from pg_database where datname = current_database()) and calls > 2
order by wal_bytes desc, calls desc`;

// A record counts for the relation of its first page. How many have an image of their page depends on the last checkpoint.
const BY_RELATION = `
select coalesce(c.relname, '') as relation, r.record_type as type, count(*)::float8 as records,
  sum(r.record_length - r.fpi_length)::float8 as "walBytes"
from pg_get_wal_records_info($1, $2) r
left join pg_get_wal_block_info($1, $2, false) b on b.start_lsn = r.start_lsn and b.block_id = 0
left join pg_class c on c.relfilenode = b.relfilenode
  and b.reldatabase = (select oid from pg_database where datname = current_database())
group by 1, 2 order by 4 desc`;

const SIZE = `
select u.n_tup_upd::float8 as updates, u.n_tup_hot_upd::float8 as hot, pg_relation_size(u.relid) / u.n_tup_ins as "tableBytes",
  pg_indexes_size(u.relid) / u.n_tup_ins as "indexBytes" from pg_stat_user_tables u where relname = 'operations'`;

/** Measures a wave of workload (a), then a steady rate. */
export async function statements(run: Run): Promise<void> {
  await run.measurePart(async () => {
    const servers = await startServers(run, { preload: 'pg_stat_statements' });
    const ours = await startOurs(run, servers, 'ours', workload);
    const pool = new pg.Pool({ connectionString: ours.stack.addresses.postgres, max: 1 });
    run.register({ stop: () => pool.end() });
    const sql = sqlOf(pool);
    for (const name of ['pg_stat_statements', 'pg_walinspect']) await sql(`create extension ${name}`);
    const { warmUp, measured } = jobsFor(workload);
    await turn(ours.setup, warmUp);
    await print(sql, 'A wave of workload (a)', async () => (await turn(ours.setup, measured)).usage);
    const rate = { perSecond: PER_SECOND, seconds: SECONDS };
    await print(sql, `${PER_SECOND} operations per second`, async () => (await steady(ours, rate)).usage);
    console.log(JSON.stringify(await sql(SIZE)));
    return {};
  });
}

async function print(sql: Sql, title: string, work: () => Promise<Usage>): Promise<void> {
  const position = async () =>
    (await sql<{ lsn: string }>('select pg_current_wal_flush_lsn() as lsn'))[0]?.lsn;
  await sql('checkpoint');
  await sql('select pg_stat_statements_reset()');
  const start = await position();
  const { operations, postgres } = await work();
  const end = await position();
  type Row = Record<'calls' | 'rows' | 'records' | 'walBytes' | 'ms', number>;
  const byStatement = await sql<Row & { text: string }>(BY_STATEMENT);
  const byRelation = await sql<Row & { relation: string; type: string }>(BY_RELATION, [start, end]);
  const each = (value: number) => threeDigits(value / operations);
  const bytes = wholeNumber(sum(byRelation.map(({ walBytes }) => walBytes)) / operations);
  const transactions = each(postgres.transactions);
  console.log(
    `\n${title}: per operation ${bytes} bytes of WAL without page images, ${transactions} transactions\n`,
  );
  const statements = byStatement.map((s) => [
    nameOf(s.text),
    each(s.calls),
    each(s.rows),
    each(s.ms),
    each(s.walBytes),
  ]);
  console.log(markdownTable(['statement', 'calls', 'rows', 'ms', 'WAL bytes with page images'], statements));
  const relations = byRelation
    .filter(({ walBytes }) => walBytes > operations)
    .map((r) => [r.relation, r.type, each(r.records), each(r.walBytes)]);
  console.log(`\n${markdownTable(['table or index', 'record', 'records', 'WAL bytes'], relations)}`);
}
