// 200,000 commits of 20,000 mini-programs, accepted as fast as the gateway can, under WECHAT_RATE_PER_API=100: most of
// them wait in Postgres. Exits with 1 if they delay other operations, one fails, runs twice or out of order, the limit is not
// used or a worker holds too much (backlog/checks.ts). `--operations N`, `--minutes M` that the backlog is
// watched, `--workers N`, `--drain`: until all have ended, 33 minutes.
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import type { Stack } from '@wxa/stack';
import { SimControl } from '@wxa/wechat-sim';
import pg from 'pg';
import { failuresOf } from './backlog/checks.js';
import { type Asked, probe, probesFigures } from './backlog/probes.js';
import type { Backlog } from './backlog/result.js';
import { statesIn, waitingIn } from './backlog/rows.js';
import { workersHeld } from './backlog/workers-held.js';
import type { Job } from './contenders/contender.js';
import { type Entrant, ourselves } from './contenders/entrants.js';
import { judge } from './contenders/figures.js';
import { commits } from './contenders/turn.js';
import { jobsOf } from './contenders/workloads.js';
import { LightCaller } from './load/light-caller.js';
import { clock, latency } from './load/measure.js';
import { round } from './load/numbers.js';
import { deploy, startServers } from './load/servers.js';
import { inOutbox, type Sql, sqlOf } from './load/sql.js';
import { keep, type Run } from './run.js';

const LIMIT = 100;
/** Commits of one mini-program. */
const EACH = 10;
/** The share of a limit that workers give out (docs/decisions/platform-rates.md). */
const GIVEN_OUT = 0.965;
const BUSY = 0.01;
/** Far less than the backlog takes: time in it must not count. */
const DEADLINE_MS = 60_000;
const LOOK_EVERY_MS = 500;
/** Below the limit, so that nothing is left of it. */
const WARM_UP = { count: 200, perSecond: 90, seconds: 10 };

type Options = Record<'operations' | 'minutes' | 'workers', number> & { drain: boolean };

interface Scene {
  options: Options;
  jobs: Job[][];
  stack: Stack;
  sim: SimControl;
  sql: Sql;
  entrant: Entrant;
}

export async function backlog(run: Run, args: string[]): Promise<void> {
  const options = optionsOf(args);
  const result = await run.part(async () => {
    const scene = await prepare(run, options);
    const found = await collect(scene, await fill(run, scene));
    return { ...found, failures: failuresOf(found, options.drain) };
  });
  await keep('backlog', result);
  console.log(JSON.stringify(result));
  for (const failure of result.failures) run.tell(`FAILED: ${failure}`);
  process.exit(result.failures.length === 0 ? 0 : 1);
}

function optionsOf(args: string[]): Options {
  const option = (value: string) => ({ type: 'string', default: value }) as const;
  const options = {
    operations: option('200000'),
    minutes: option('5'),
    workers: option('1'),
    drain: { type: 'boolean', default: false },
  } as const;
  try {
    const { operations, minutes, workers, drain } = parseArgs({ args, options }).values;
    const numbers = { operations: Number(operations), minutes: Number(minutes), workers: Number(workers) };
    if (Object.values(numbers).every((value) => value > 0)) return { ...numbers, drain };
    throw new Error('a number is not positive');
  } catch (error) {
    console.error(`${error}\nusage: --only backlog [--operations N] [--minutes M] [--workers N] [--drain]`);
    process.exit(64);
  }
}

async function prepare(run: Run, options: Options): Promise<Scene> {
  const { operations, workers } = options;
  run.tell(`(backlog) starting PostgreSQL, Kafka, simulator, gateway and ${workers} worker(s) …`);
  const servers = await startServers(run, { workers });
  const stack = await deploy(run, servers, 'backlog', {
    workers,
    latencyMs: 50,
    inFlight: 100,
    env: { WECHAT_RATE_PER_API: String(LIMIT), OPERATION_DEADLINE_MS: String(DEADLINE_MS) },
  });
  const entrant = run.started(ourselves(stack));
  const pool = new pg.Pool({ connectionString: stack.addresses.postgres, max: 1 });
  // The server ends before this connection is closed if the run is aborted.
  pool.on('error', () => undefined);
  run.started({ stop: () => pool.end() });
  const jobs = jobsOf({ miniPrograms: Math.ceil(operations / EACH), each: EACH });
  const sim = new SimControl(stack.addresses.wechat);
  return { options, jobs, stack, sim, sql: sqlOf(pool), entrant };
}

/** What was observed while the backlog grew and was watched. */
interface Filled {
  begunAt: number;
  acceptedAt: number;
  asked: Asked;
  held: Backlog['workersHeld'];
  waiting: Record<string, number>;
}

async function fill(run: Run, { options, jobs, stack, sim, sql, entrant }: Scene): Promise<Filled> {
  await latency(run.started(new LightCaller(stack.addresses.grpc)), sim, WARM_UP);
  await sim.clearLedger();
  await sim.addFault({ api: 'wxa/commit', kind: 'busy', times: 0, rate: BUSY });
  const [watched, ended] = [new AbortController(), new AbortController()];
  const holding = workersHeld(stack, ended.signal);
  run.tell(`(backlog) submitting ${jobs.flat().length} commits …`);
  const begunAt = clock();
  const probing = probe(stack.addresses.grpc, watched.signal);
  await entrant.ask(jobs);
  const acceptedAt = clock();
  while ((await inOutbox(sql)) > 0) await delay(LOOK_EVERY_MS);
  const waiting = await waitingIn(sql);
  run.tell(
    `(backlog) accepted in ${Math.round(acceptedAt - begunAt)} ms; in Postgres: ${JSON.stringify(waiting)}`,
  );
  await endedOr(sql, acceptedAt + options.minutes * 60_000);
  watched.abort();
  const asked = await probing;
  if (options.drain) await endedOr(sql, Number.POSITIVE_INFINITY);
  ended.abort();
  return { begunAt, acceptedAt, asked, held: await holding, waiting };
}

/** Resolves when all operations have ended, or at the given time. */
async function endedOr(sql: Sql, until: number): Promise<void> {
  while (clock() < until) {
    const [open] = await sql('select 1 from operations where ended_at is null limit 1');
    if (open === undefined) return;
    await delay(LOOK_EVERY_MS);
  }
}

async function collect(scene: Scene, { begunAt, acceptedAt, asked, held, waiting }: Filled) {
  const { options, stack, sim, sql } = scene;
  const jobs = scene.jobs.flat();
  const end = await waitingIn(sql);
  const calls = await commits(sim);
  const { twice, outOfOrder } = judge(jobs, calls, { begunAt, storedAt: acceptedAt });
  const starts = calls.map(({ startedAt }) => startedAt).sort((a, b) => a - b);
  const afterwards = callsASecond(starts.filter((at) => at >= acceptedAt));
  const found = {
    operations: jobs.length,
    miniPrograms: Math.ceil(options.operations / EACH),
    workers: options.workers,
    perSecond: LIMIT,
    busy: BUSY,
    ...(!options.drain && { minutes: options.minutes }),
    acceptsPerSecond: Math.round(jobs.length / ((acceptedAt - begunAt) / 1000)),
    states: await statesIn(sql),
    miniProgramsOutOfOrder: outOfOrder,
    twice,
    probes: await probesFigures({ sim, sql }, asked),
    callsPerSecond: { afterwards },
    used: { afterwards: round(afterwards / (GIVEN_OUT * LIMIT), 4) },
    workersHeld: held,
    waiting: { accepted: waiting, end },
  };
  await stack.stop();
  return found;
}

/** From the second second on, without the last twentieth: after all have ended, little was left to do. */
function callsASecond(starts: number[]): number {
  const some = starts.slice(0, Math.ceil(starts.length * 0.95));
  const steady = some.filter((at) => at >= (some[0] ?? 0) + 1000);
  return round((steady.length - 1) / (((steady.at(-1) ?? 0) - (steady[0] ?? 0)) / 1000), 2);
}
