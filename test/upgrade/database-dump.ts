import { randomUUID } from 'node:crypto';
import { createDataSource } from '@wxa/postgres/data-source';
import { migrate } from '@wxa/postgres/schema';
import { createDatabase, dropDatabase } from '@wxa/stack';
import pg from 'pg';
import { logQueries } from './log-queries.js';

/** SQL that creates the schema of this version and the rows of a database. The embedded PostgreSQL has no pg_dump. */
export async function dumpDatabase(url: string): Promise<string> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    const schema = await schemaStatements(url);
    const tables = await names(client, 'r');
    const rows = [];
    for (const table of tables) rows.push(...(await insertStatement(client, table)));
    const sequences = [];
    for (const sequence of await names(client, 'S'))
      sequences.push(await sequenceStatement(client, sequence));
    return `${[...schema, ...rows, ...sequences].join(';\n')};\n`;
  } finally {
    await client.end();
  }
}

/** The statements that the migrations run on an empty database. */
async function schemaStatements(url: string): Promise<string[]> {
  const name = `dump_${randomUUID().replaceAll('-', '')}`;
  const source = createDataSource({ url: await createDatabase(url, name), timeLimits: false });
  const statements = logQueries(source);
  await source.initialize();
  try {
    await migrate(source);
  } finally {
    await source.destroy();
    await dropDatabase(url, name);
  }
  return statements.filter((statement) => /^(create|alter|revoke)\b/i.test(statement));
}

async function names(client: pg.Client, kind: 'r' | 'S'): Promise<string[]> {
  const { rows } = await client.query<{ name: string }>(
    `select relname as name from pg_class
     where relnamespace = 'public'::regnamespace and relkind = $1 order by 1`,
    [kind],
  );
  return rows.map(({ name }) => name);
}

async function insertStatement(client: pg.Client, table: string): Promise<string[]> {
  const { rows: columns } = await client.query<{ name: string }>(
    `select attname as name from pg_attribute
     where attrelid = $1::regclass and attnum > 0 and not attisdropped and attgenerated = '' order by attnum`,
    [table],
  );
  const values = columns.map(({ name }) => `coalesce(quote_literal(${name}::text), 'null')`);
  const { rows } = await client.query<{ row: string }>(
    `select concat_ws(',', ${values.join(', ')}) as row from ${table} order by 1`,
  );
  if (rows.length === 0) return [];
  const into = columns.map(({ name }) => name).join(', ');
  const all = rows.map(({ row }) => `(${row})`).join(',\n');
  return [`insert into ${table} (${into}) overriding system value values\n${all}`];
}

async function sequenceStatement(client: pg.Client, name: string): Promise<string> {
  const { rows } = await client.query<{ last: string; called: boolean }>(
    `select last_value as last, is_called as called from ${name}`,
  );
  return `select setval('${name}', ${rows[0]?.last}, ${rows[0]?.called})`;
}
