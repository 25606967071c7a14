import { randomUUID } from 'node:crypto';
import { Store } from '@wxa/store';
import { eventually } from '../eventually.js';
import { event, type ScratchStore } from '../store/scratch-store.js';

/** The number of rows of a table that Postgres reads for a piece of work, by index or sequentially. */
export async function rowsRead(
  { url, sql }: ScratchStore,
  work: (store: Store) => Promise<unknown>,
  {
    prepare = async () => undefined,
    table = 'operations',
  }: { prepare?: (store: Store) => Promise<unknown>; table?: string } = {},
): Promise<number> {
  const applicationName = `rows-read-${randomUUID()}`;
  const publisher = { writer: 'gateway', toEvent: () => event('', '') } as const;
  const store = await Store.open({ url, applicationName, poolSize: 1 }, publisher);
  await prepare(store);
  await sql('select pg_stat_force_next_flush()');
  const before = await counted(sql, table);
  await work(store);
  await store.close();
  // A connection reports its statistics when it ends.
  const connected = 'select 1 from pg_stat_activity where application_name = $1';
  await eventually(async () => (await sql(connected, [applicationName])).length === 0);
  return (await counted(sql, table)) - before;
}

async function counted(sql: ScratchStore['sql'], table: string): Promise<number> {
  const [row] = await sql<{ n: number }>(
    `select (select seq_tup_read from pg_stat_user_tables where relname = $1)::int
      + (select sum(idx_tup_read) from pg_stat_user_indexes where relname = $1)::int as n`,
    [table],
  );
  return row?.n ?? Number.NaN;
}
