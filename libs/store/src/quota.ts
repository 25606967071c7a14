// The program behind `npm run quota`: APIs that WeChat's quota has stopped, and how to open one again.
import { createDataSource, poolOf } from './data-source.js';
import { type ApiLimit, liftStop, readApiLimits } from './sql/api-stop.js';

const USAGE = `usage: npm run quota -- list        APIs that are stopped, and until when
       npm run quota -- lift API    open one now, as after the quota was raised
DATABASE_URL names the PostgreSQL.`;

function fail(message: string, code: number): never {
  console.error(message);
  process.exit(code);
}

const [command, api, ...rest] = process.argv.slice(2);
const url = process.env.DATABASE_URL ?? '';
const wellFormed = rest.length === 0 && (command === 'list' ? api === undefined : command === 'lift' && api);
if (!wellFormed) fail(USAGE, 64);
if (url === '') fail('DATABASE_URL: required: the PostgreSQL to use', 78);

const dataSource = createDataSource({ url, poolSize: 1, applicationName: 'wxa-code quota' });
await dataSource.initialize().catch((error: unknown) => fail(`Postgres: ${String(error)}`, 69));
const code = command === 'lift' ? await lift(api ?? '') : await list();
await dataSource.destroy();
process.exit(code);

async function list(): Promise<number> {
  const stopped = (await readApiLimits(poolOf(dataSource), 0)).filter((limit) => limit.stop !== null);
  console.log(stopped.length === 0 ? 'no API is stopped' : stopped.map(describe).join('\n'));
  return 0;
}

function describe({ api: name, stop }: ApiLimit): string {
  return `${name} until ${stop?.until.toISOString()}: ${stop?.errcode} ${stop?.errmsg}`;
}

async function lift(name: string): Promise<number> {
  const waiting = await liftStop(poolOf(dataSource), name);
  if (waiting === undefined) {
    console.error(`${name} is not stopped`);
    return 1;
  }
  console.log(`${name} is open; ${waiting} operations that waited for it are due`);
  return 0;
}
