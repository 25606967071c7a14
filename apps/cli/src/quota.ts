import { type ApiLimit, createDataSource, liftStop, poolOf, readApiLimits } from '@wxa/store';
import type pg from 'pg';
import { EXIT, fail } from './exit-codes.js';

const USAGE = `usage: npm run quota -- list        APIs that are stopped, and until when
       npm run quota -- lift API    open one now, for example after the quota was raised
DATABASE_URL names the PostgreSQL.`;

/** `wxa quota`: the APIs that WeChat's quota has stopped, and how to open one again. */
export async function run([command, api, ...rest]: string[]): Promise<number> {
  const isWellFormed =
    rest.length === 0 && (command === 'list' ? api === undefined : command === 'lift' && api);
  if (!isWellFormed) fail(USAGE, EXIT.usage);
  const url = process.env.DATABASE_URL ?? '';
  if (url === '') fail('DATABASE_URL: required: the PostgreSQL to use', EXIT.config);
  const dataSource = createDataSource({ url, poolSize: 1, applicationName: 'wxa-code quota' });
  await dataSource
    .initialize()
    .catch((error: unknown) => fail(`Postgres: ${String(error)}`, EXIT.unavailable));
  const pool = poolOf(dataSource);
  const code = command === 'lift' ? await lift(pool, api ?? '') : await list(pool);
  await dataSource.destroy();
  return code;
}

async function list(pool: pg.Pool): Promise<number> {
  const stopped = (await readApiLimits(pool, 0)).filter((limit) => limit.stop !== null);
  console.log(stopped.length === 0 ? 'no API is stopped' : stopped.map(describe).join('\n'));
  return EXIT.ok;
}

function describe({ api, stop }: ApiLimit): string {
  return `${api} until ${stop?.until.toISOString()}: ${stop?.errcode} ${stop?.errmsg}`;
}

async function lift(pool: pg.Pool, api: string): Promise<number> {
  const waiting = await liftStop(pool, api);
  if (waiting === undefined) {
    console.error(`${api} is not stopped`);
    return EXIT.notFound;
  }
  console.log(`${api} is open; ${waiting} operations that waited for it are due`);
  return EXIT.ok;
}
