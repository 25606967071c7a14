import { liftStops, readApiLimits, setRate, stopApis } from '@wxa/limits';
import { poolOf } from '@wxa/postgres';
import { readConfig } from '@wxa/service/settings';
import type pg from 'pg';
import { databaseCommand, withDatabase } from '../database.js';
import { EXIT } from '../exit-codes.js';
import { print } from '../output/print.js';
import { recording } from '../recording.js';
import { parseArguments, type QuotaCommand } from './arguments.js';
import { rateLine, rateText, table } from './print.js';

/** `wxa quota`: lists stopped APIs and rates, stops and resumes APIs, sets rates. */
export async function run(args: string[]): Promise<number> {
  const command = parseArguments(args);
  const execute = COMMANDS[command.command] as (pool: pg.Pool, command: QuotaCommand) => Promise<number>;
  // A lift may have to make many operations due.
  const options = { timeLimits: false };
  return withDatabase(
    readConfig(databaseCommand, process.env),
    'quota',
    (dataSource) => execute(poolOf(dataSource), command),
    options,
  );
}

type Commands = {
  [Name in QuotaCommand['command']]: (
    pool: pg.Pool,
    command: Extract<QuotaCommand, { command: Name }>,
  ) => Promise<number>;
};

const COMMANDS: Commands = { list, stop, lift, rate };

async function list(pool: pg.Pool, { json }: QuotaCommand): Promise<number> {
  const limits = await readApiLimits(pool, 0);
  print(json, { limits }, table(limits));
  return EXIT.ok;
}

async function stop(pool: pg.Pool, command: Extract<QuotaCommand, { command: 'stop' }>): Promise<number> {
  const stopped = await stopApis(pool, recording(), command);
  const lines = stopped.map(({ api, until }) => `${api} stopped until ${until.toISOString()}`);
  print(command.json, { stopped }, lines.join('\n'));
  return EXIT.ok;
}

async function lift(
  pool: pg.Pool,
  { apis, json }: Extract<QuotaCommand, { command: 'lift' }>,
): Promise<number> {
  const lifted = await liftStops(pool, recording(), apis);
  const lines = lifted.map(
    ({ api, waiting }) => `${api} resumed; ${waiting} operations that waited for it are due`,
  );
  print(json, { lifted }, lines.join('\n'));
  if (lifted.length > 0) return EXIT.ok;
  console.error(apis.length === 1 ? `${apis[0]} is not stopped` : 'no API of a change is stopped');
  return EXIT.notFound;
}

async function rate(
  pool: pg.Pool,
  { api, perSecond, json }: Extract<QuotaCommand, { command: 'rate' }>,
): Promise<number> {
  const before = await setRate(pool, recording(), api, perSecond);
  print(json, { api, perSecond, before }, `${rateLine(api, perSecond)} (before: ${rateText(before)})`);
  return EXIT.ok;
}
