import { configOrExit } from '@wxa/service';
import { liftStops, poolOf, readApiLimits, setRate, stopApis } from '@wxa/store';
import type pg from 'pg';
import { databaseCommand, withDatabase } from '../database.js';
import { EXIT, fail } from '../exit-codes.js';
import { recording } from '../recording.js';
import { ArgumentError, parseArguments, type QuotaCommand, USAGE } from './arguments.js';
import { rateLine, rateText, table } from './print.js';

/** `wxa quota`: lists stopped APIs and rates, stops and resumes APIs, sets rates. */
export async function run(args: string[]): Promise<number> {
  const command = parseOrExit(args);
  const execute = COMMANDS[command.command] as (pool: pg.Pool, command: QuotaCommand) => Promise<number>;
  // A lift may have to make many operations due.
  const options = { timeLimits: false };
  return withDatabase(
    configOrExit(databaseCommand),
    'quota',
    (dataSource) => execute(poolOf(dataSource), command),
    options,
  );
}

function parseOrExit(args: string[]): QuotaCommand {
  try {
    return parseArguments(args);
  } catch (error) {
    if (!(error instanceof ArgumentError)) throw error;
    return fail(`${USAGE}\n${error.message}`, EXIT.usage);
  }
}

type Commands = {
  [Name in QuotaCommand['command']]: (
    pool: pg.Pool,
    command: Extract<QuotaCommand, { command: Name }>,
  ) => Promise<number>;
};

const COMMANDS: Commands = { list, stop, lift, rate };

async function list(pool: pg.Pool): Promise<number> {
  console.log(table(await readApiLimits(pool, 0)));
  return EXIT.ok;
}

async function stop(pool: pg.Pool, command: Extract<QuotaCommand, { command: 'stop' }>): Promise<number> {
  for (const { api, until } of await stopApis(pool, recording(), command))
    console.log(`${api} stopped until ${until.toISOString()}`);
  return EXIT.ok;
}

async function lift(pool: pg.Pool, { apis }: Extract<QuotaCommand, { command: 'lift' }>): Promise<number> {
  const lifted = await liftStops(pool, recording(), apis);
  for (const { api, waiting } of lifted)
    console.log(`${api} resumed; ${waiting} operations that waited for it are due`);
  if (lifted.length > 0) return EXIT.ok;
  console.error(apis.length === 1 ? `${apis[0]} is not stopped` : 'no API of a change is stopped');
  return EXIT.notFound;
}

async function rate(
  pool: pg.Pool,
  { api, perSecond }: Extract<QuotaCommand, { command: 'rate' }>,
): Promise<number> {
  const before = await setRate(pool, recording(), api, perSecond);
  console.log(`${rateLine(api, perSecond)} (before: ${rateText(before)})`);
  return EXIT.ok;
}
