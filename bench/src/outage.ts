// 10,000 commits queued while WeChat resets every connection for ten minutes (`--minutes M`: other than that).
// Exits with 1 where one failed, ran twice or out of order, or where it took too long. The figures are kept in
// bench/results/outage.json.
import { setTimeout as delay } from 'node:timers/promises';
import { type Stack, startStack, stopOnSignal } from '@wxa/stack';
import { SimControl } from '@wxa/wechat-sim';
import pg from 'pg';
import { appids } from './appids.js';
import { Caller, withConcurrency } from './caller.js';
import { clock, mostInOneSecond } from './measure.js';
import { round } from './numbers.js';
import { keep } from './run.js';
import { memoryOf } from './usage/processes.js';

const MINI_PROGRAMS = 2_000;
const VERSIONS = ['1.0', '1.1', '1.2', '1.3', '1.4'];
const OPERATIONS = MINI_PROGRAMS * VERSIONS.length;
const LATENCY_MS = 50;
const IN_FLIGHT = 100;
const IDEAL_S = (OPERATIONS * LATENCY_MS) / IN_FLIGHT / 1000;
const AFTER_IDEAL_S = 15;
const GIVE_UP_S = 300;
const TELL_EVERY_MS = 10_000;

const minutes = minutesOf(process.argv.slice(4));
const tell = (line: string) => console.error(line);
const aborted = new AbortController();
let stopStack = async (): Promise<void> => undefined;
stopOnSignal(async () => {
  aborted.abort();
  await stopStack();
});

tell('starting PostgreSQL, Kafka, simulator, gateway and one worker …');
const env = { SIM_LATENCY_MS: String(LATENCY_MS), WORKER_CONCURRENCY: String(IN_FLIGHT), LOG_LEVEL: 'warn' };
const stack = await startStack({ env, signal: aborted.signal });
stopStack = () => stack.stop();
const sim = new SimControl(stack.addresses.wechat);
const database = new pg.Pool({ connectionString: stack.addresses.postgres, max: 1 });
// The server ends before this connection is closed, where the run is aborted.
database.on('error', () => undefined);

await sim.addFault({ api: '*', kind: 'reset', times: 0 });
await queue(stack);
const openedAt = await breakerOpened(stack);
await through(openedAt + minutes * 60_000);
const probes = (await sim.calls()).map((call) => call.startedAt).filter((at) => at > openedAt);
const doubts = await count(`state = 'IN_DOUBT'`);
await sim.clearFaults();
const backAt = clock();
await allEnded(backAt);
const tookS = (clock() - backAt) / 1000;
const result = {
  at: new Date().toISOString(),
  operations: OPERATIONS,
  minutesWithoutWechat: minutes,
  probes: probes.length,
  mostProbesInOneSecond: mostInOneSecond(probes),
  inDoubtAtTheReturn: doubts,
  failed: OPERATIONS - (await count(`state = 'SUCCEEDED'`)),
  miniProgramsOutOfOrderOrTwice: await outOfOrder(),
  fromReturnToEndS: round(tookS, 1),
  idealS: IDEAL_S,
  workerPeakMiB: (await memoryOf(stack.workers[0]?.pid ?? 0)).peakMiB,
};
await database.end();
await stack.stop();
await keep('outage', result);
console.log(JSON.stringify(result));
const { failed, miniProgramsOutOfOrderOrTwice: wrong, mostProbesInOneSecond: most } = result;
process.exit(failed + wrong === 0 && most <= 1 && tookS <= IDEAL_S + AFTER_IDEAL_S ? 0 : 1);

function minutesOf([option, value = '10', ...rest]: string[]): number {
  const given = Number(value);
  if ((option === undefined || option === '--minutes') && given > 0 && rest.length === 0) return given;
  console.error('usage: npm run bench -- --only outage [--minutes M]');
  process.exit(64);
}

async function queue({ addresses }: Stack): Promise<void> {
  tell(
    `asking for ${OPERATIONS} commits of ${MINI_PROGRAMS} mini-programs while WeChat resets connections …`,
  );
  const caller = new Caller(addresses.grpc);
  const asked = VERSIONS.flatMap((version) => appids(MINI_PROGRAMS).map((appid) => ({ appid, version })));
  await withConcurrency(asked, 400, ({ appid, version }) => caller.commit(appid, version));
  caller.close();
}

/** When the breaker opened, by the worker's own word; from a second later on there are only probes. */
async function breakerOpened({ addresses }: Stack): Promise<number> {
  for (;;) {
    const response = await fetch(`${addresses.workers[0]}/readyz`);
    const said = JSON.stringify(await response.json());
    const since = /can not be reached since ([^,]+),/.exec(said)?.[1];
    if (since !== undefined) return Date.parse(since) + 1_000;
    await delay(200);
  }
}

async function through(until: number): Promise<void> {
  for (let leftMs = until - clock(); leftMs > 0; leftMs = until - clock()) {
    const { residentMiB } = await memoryOf(stack.workers[0]?.pid ?? 0);
    tell(`${Math.ceil(leftMs / 1000)} s to WeChat's return; the worker holds ${residentMiB} MiB`);
    await delay(Math.min(leftMs, TELL_EVERY_MS));
  }
}

async function allEnded(since: number): Promise<void> {
  for (;;) {
    const open = await count('ended_at is null');
    const passedS = round((clock() - since) / 1000, 1);
    tell(`${passedS} s after the return: ${OPERATIONS - open} of ${OPERATIONS} have ended`);
    if (open === 0 || passedS > GIVE_UP_S) return;
    await delay(1_000);
  }
}

async function count(condition: string): Promise<number> {
  const { rows } = await database.query<{ n: number }>(
    `select count(*)::int as n from operations where ${condition}`,
  );
  return rows[0]?.n ?? Number.NaN;
}

/** How many mini-programs do not have every version once, in the order asked for. */
async function outOfOrder(): Promise<number> {
  const done = new Map<string, string[]>(appids(MINI_PROGRAMS).map((appid) => [appid, []]));
  for (const { appid, body, effect } of await sim.calls({ api: 'wxa/commit' }))
    if (effect !== null) done.get(appid ?? '')?.push(JSON.parse(body).user_version);
  return [...done.values()].filter((versions) => versions.join() !== VERSIONS.join()).length;
}
