// Submits 200,000 commits of 20,000 mini-programs as fast as the gateway accepts them, with WECHAT_RATE_PER_API=100, so that
// most of them wait in Postgres. Exits with 1 if a check fails (backlog/checks.ts): they delay other operations, an operation
// fails, is executed twice or out of order, the rate limit is not used up, or a worker uses too much memory. Options:
// `--operations N`, `--minutes M` to observe the backlog, `--workers N`, `--drain` to observe it until all have ended (33
// minutes).
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import type { Stack } from '@wxa/stack';
import { SimControl } from '@wxa/wechat-sim';
import pg from 'pg';
import { failuresOf } from './backlog/checks.js';
import { evaluateProbes, type ProbedAppids, sendProbes } from './backlog/probes.js';
import type { Backlog } from './backlog/result.js';
import { countByState, countWaiting } from './backlog/rows.js';
import { workerPeaks } from './backlog/worker-peaks.js';
import type { Job } from './contenders/contender.js';
import { outcomeOf } from './contenders/figures.js';
import { type RunningContender, runningOurs } from './contenders/running-contenders.js';
import { commits } from './contenders/turn.js';
import { jobsOf } from './contenders/workloads.js';
import { LightCaller } from './load/light-caller.js';
import { clock, latency } from './load/measure.js';
import { round } from './load/numbers.js';
import { deploy, startServers } from './load/servers.js';
import { outboxDepth, type Sql, sqlOf } from './load/sql.js';
import { type Run, storeResult } from './run.js';

const LIMIT = 100;
/** Commits per mini-program. */
const EACH = 10;
/** The share of a limit that workers allocate (docs/decisions/platform-rates.md). */
const ALLOCATED_SHARE = 0.965;
const BUSY = 0.01;
/** Far less than the backlog takes: time in the backlog must not count towards the deadline. */
const DEADLINE_MS = 60_000;
const POLL_INTERVAL_MS = 500;
/** Below the limit, so that no reservations of the warm-up remain. */
const WARM_UP = { count: 200, perSecond: 90, seconds: 10 };

type Options = Record<'operations' | 'minutes' | 'workers', number> & { drain: boolean };

interface Setup {
  options: Options;
  jobs: Job[][];
  stack: Stack;
  sim: SimControl;
  sql: Sql;
  contender: RunningContender;
}

export async function backlog(run: Run, args: string[]): Promise<void> {
  const options = optionsOf(args);
  const result = await run.measurePart(async () => {
    const setup = await prepare(run, options);
    const found = await collect(setup, await fill(run, setup));
    return { ...found, failures: failuresOf(found, options.drain) };
  });
  await storeResult('backlog', result);
  console.log(JSON.stringify(result));
  for (const failure of result.failures) run.log(`FAILED: ${failure}`);
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

async function prepare(run: Run, options: Options): Promise<Setup> {
  const { operations, workers } = options;
  run.log(`(backlog) starting PostgreSQL, Kafka, simulator, gateway and ${workers} worker(s) …`);
  const servers = await startServers(run, { workers });
  const stack = await deploy(run, servers, 'backlog', {
    workers,
    latencyMs: 50,
    inFlight: 100,
    env: { WECHAT_RATE_PER_API: String(LIMIT), OPERATION_DEADLINE_MS: String(DEADLINE_MS) },
  });
  const contender = run.register(runningOurs(stack));
  const pool = new pg.Pool({ connectionString: stack.addresses.postgres, max: 1 });
  // The server ends before this connection is closed if the run is aborted.
  pool.on('error', () => undefined);
  run.register({ stop: () => pool.end() });
  const jobs = jobsOf({ miniPrograms: Math.ceil(operations / EACH), each: EACH });
  const sim = new SimControl(stack.addresses.wechat);
  return { options, jobs, stack, sim, sql: sqlOf(pool), contender };
}

/** What was observed while the backlog grew and afterwards. */
interface FillObservation {
  turnStartedAt: number;
  acceptedAt: number;
  probed: ProbedAppids;
  peaks: Backlog['workerPeaks'];
  waiting: Record<string, number>;
}

async function fill(
  run: Run,
  { options, jobs, stack, sim, sql, contender }: Setup,
): Promise<FillObservation> {
  await latency(run.register(new LightCaller(stack.addresses.grpc)), sim, WARM_UP);
  await sim.clearLedger();
  await sim.addFault({ api: 'wxa/commit', kind: 'busy', times: 0, rate: BUSY });
  const [observed, ended] = [new AbortController(), new AbortController()];
  const peaks = workerPeaks(stack, ended.signal);
  run.log(`(backlog) submitting ${jobs.flat().length} commits …`);
  const turnStartedAt = clock();
  const probing = sendProbes(stack.addresses.grpc, observed.signal);
  await contender.submit(jobs);
  const acceptedAt = clock();
  while ((await outboxDepth(sql)) > 0) await delay(POLL_INTERVAL_MS);
  const waiting = await countWaiting(sql);
  run.log(
    `(backlog) accepted in ${Math.round(acceptedAt - turnStartedAt)} ms; in Postgres: ${JSON.stringify(waiting)}`,
  );
  await untilAllEnded(sql, acceptedAt + options.minutes * 60_000);
  observed.abort();
  const probed = await probing;
  if (options.drain) await untilAllEnded(sql, Number.POSITIVE_INFINITY);
  ended.abort();
  return { turnStartedAt, acceptedAt, probed, peaks: await peaks, waiting };
}

/** Resolves when all operations have ended, or at `latest`. */
async function untilAllEnded(sql: Sql, latest: number): Promise<void> {
  while (clock() < latest) {
    const [open] = await sql('select 1 from operations where ended_at is null limit 1');
    if (open === undefined) return;
    await delay(POLL_INTERVAL_MS);
  }
}

async function collect(setup: Setup, { turnStartedAt, acceptedAt, probed, peaks, waiting }: FillObservation) {
  const { options, stack, sim, sql } = setup;
  const jobs = setup.jobs.flat();
  const end = await countWaiting(sql);
  const calls = await commits(sim);
  const { twice, outOfOrder } = outcomeOf(jobs, calls, { turnStartedAt, storedAt: acceptedAt });
  const starts = calls.map(({ startedAt }) => startedAt).sort((a, b) => a - b);
  const afterwards = callsPerSecond(starts.filter((at) => at >= acceptedAt));
  const found = {
    operations: jobs.length,
    miniPrograms: Math.ceil(options.operations / EACH),
    workers: options.workers,
    perSecond: LIMIT,
    busy: BUSY,
    ...(!options.drain && { minutes: options.minutes }),
    acceptsPerSecond: Math.round(jobs.length / ((acceptedAt - turnStartedAt) / 1000)),
    states: await countByState(sql),
    miniProgramsOutOfOrder: outOfOrder,
    twice,
    probes: await evaluateProbes({ sim, sql }, probed),
    callsPerSecond: { afterwards },
    used: { afterwards: round(afterwards / (ALLOCATED_SHARE * LIMIT), 4) },
    workerPeaks: peaks,
    waiting: { accepted: waiting, end },
  };
  await stack.stop();
  return found;
}

/** Ignores the first second and the last 5 % of the calls: few operations are left at the end. */
function callsPerSecond(starts: number[]): number {
  const withoutEnd = starts.slice(0, Math.ceil(starts.length * 0.95));
  const steady = withoutEnd.filter((at) => at >= (withoutEnd[0] ?? 0) + 1000);
  return round((steady.length - 1) / (((steady.at(-1) ?? 0) - (steady[0] ?? 0)) / 1000), 2);
}
