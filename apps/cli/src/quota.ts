import { configOrExit } from '@wxa/service';
import { type ApiLimit, liftStop, poolOf, readApiLimits } from '@wxa/store';
import type pg from 'pg';
import { databaseCommand, withDatabase } from './database.js';
import { EXIT, fail } from './exit-codes.js';
import { recording } from './recording.js';

const USAGE = `usage: npm run quota -- list        list the stopped APIs and when each resumes
       npm run quota -- lift API    resume an API now, for example after its quota was raised
Environment: DATABASE_URL`;

/** `wxa quota`: lists the APIs that an exhausted quota has stopped, and resumes one. */
export async function run([command, api, ...rest]: string[]): Promise<number> {
  const isWellFormed =
    rest.length === 0 && (command === 'list' ? api === undefined : command === 'lift' && api);
  if (!isWellFormed) fail(USAGE, EXIT.usage);
  return withDatabase(configOrExit(databaseCommand), 'quota', (dataSource) => {
    const pool = poolOf(dataSource);
    return command === 'lift' ? lift(pool, api ?? '') : list(pool);
  });
}

async function list(pool: pg.Pool): Promise<number> {
  const stopped = (await readApiLimits(pool, 0)).filter((limit) => limit.stop !== null);
  console.log(stopped.length === 0 ? 'no API is stopped' : stopped.map(describe).join('\n'));
  return EXIT.ok;
}

function describe({ api, stop }: ApiLimit): string {
  return `${api} stopped until ${stop?.until.toISOString()}: ${stop?.errcode} ${stop?.errmsg}`;
}

async function lift(pool: pg.Pool, api: string): Promise<number> {
  const waiting = await liftStop(pool, recording(), api);
  if (waiting === undefined) {
    console.error(`${api} is not stopped`);
    return EXIT.notFound;
  }
  console.log(`${api} resumed; ${waiting} operations that waited for it are due`);
  return EXIT.ok;
}
