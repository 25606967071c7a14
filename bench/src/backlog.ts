// 200,000 commits of 20,000 mini-programs, accepted as fast as the gateway goes, under WECHAT_RATE_PER_API=100: most of
// them wait in Postgres. Exits with 1 where others wait for them, where one fails, is published twice or runs out of
// order, where the limit is not used or a worker holds too much. `--operations N`, `--each N` of one mini-program,
// `--minutes M` that the backlog is watched, `--workers N`, `--drain`: until all have ended, 33 minutes. The figures are
// kept in bench/results/backlog.json.
import { setTimeout as delay } from 'node:timers/promises';
import { TOPICS } from '@wxa/contracts';
import type { Stack } from '@wxa/stack';
import { SimControl } from '@wxa/wechat-sim';
import pg from 'pg';
import { commandsOn } from './backlog/commands-on-topic.js';
import { endsOf, retriesOf } from './backlog/ends.js';
import { failuresOf } from './backlog/failures.js';
import { type Options, optionsOf } from './backlog/options.js';
import { type Asked, probe, probesFigures } from './backlog/probes.js';
import type { Backlog } from './backlog/result.js';
import { statementCosts } from './backlog/statement-costs.js';
import { backlogIn, Watch } from './backlog/watch.js';
import { type Entrant, ourselves } from './contenders/entrants.js';
import { judge } from './contenders/figures.js';
import { commits } from './contenders/turn.js';
import { jobsOf } from './contenders/workloads.js';
import { LightCaller } from './light-caller.js';
import { clock, latency } from './measure.js';
import { round } from './numbers.js';
import { keep, type Run } from './run.js';
import { deploy, meterOf, startServers } from './servers.js';
import { inOutbox, type Sql, sqlOf } from './sql.js';
import type { Meter, Reading } from './usage/meter.js';

const LIMIT = 100;
/** Workers give out this share of a limit (docs/decisions/platform-rates.md). */
const USED_SHARE = 0.965;
const LATENCY_MS = 50;
const IN_FLIGHT = 100;
const BUSY = 0.01;
/** Far less than the backlog takes: time in it must not count. */
const DEADLINE_MS = 60_000;
/** Below the limit, so that each finds room. */
const ROOM = { count: 200, perSecond: 90 };
const ROOM_WARM_UP_S = 10;
const ROOM_S = 30;
const LOOK_EVERY_MS = 500;

/** What a run works with. */
interface Scene {
  run: Run;
  options: Options;
  stack: Stack;
  kafka: string;
  sim: SimControl;
  sql: Sql;
  entrant: Entrant;
  meter: Meter;
}

export async function backlog(run: Run, args: string[]): Promise<void> {
  const options = optionsOf(args);
  const result = await run.part(() => measure(run, options));
  await keep('backlog', result);
  console.log(JSON.stringify(result));
  for (const failure of result.failures) run.tell(`FAILED: ${failure}`);
  process.exit(result.failures.length === 0 ? 0 : 1);
}

async function measure(run: Run, options: Options) {
  const scene = await prepare(run, options);
  const room = await withRoom(scene);
  const filled = await fill(scene);
  return { ...(await collect(scene, filled)), room };
}

async function prepare(run: Run, options: Options): Promise<Scene> {
  const { workers } = options;
  run.tell(`(backlog) starting PostgreSQL, Kafka, simulator, gateway and ${workers} worker(s) …`);
  const postgresSettings = {
    shared_preload_libraries: 'pg_stat_statements',
    'pg_stat_statements.track_planning': 'on',
  };
  const servers = await startServers(run, { workers, postgresSettings });
  const stack = await deploy(run, servers, {
    name: 'backlog',
    workers,
    latencyMs: LATENCY_MS,
    inFlight: IN_FLIGHT,
    env: { WECHAT_RATE_PER_API: String(LIMIT), OPERATION_DEADLINE_MS: String(DEADLINE_MS) },
  });
  const entrant = ourselves(stack);
  run.started(entrant);
  const meter = await meterOf(servers, stack, entrant);
  run.started({ stop: () => meter.close() });
  const pool = new pg.Pool({ connectionString: stack.addresses.postgres, max: 1 });
  // The server ends before this connection is closed, where the run is aborted.
  pool.on('error', () => undefined);
  run.started({ stop: () => pool.end() });
  const sql = sqlOf(pool);
  await sql('create extension pg_stat_statements');
  const sim = new SimControl(stack.addresses.wechat);
  return { run, options, stack, kafka: servers.kafka.brokers, sim, sql, entrant, meter };
}

/** What operations cost at this pace that find room. */
async function withRoom({ run, stack, sim, sql, meter }: Scene): Promise<Backlog['room']> {
  const caller = new LightCaller(stack.addresses.grpc);
  run.tell(`(backlog) ${ROOM.perSecond} commits a second that find room …`);
  await latency(caller, sim, { ...ROOM, seconds: ROOM_WARM_UP_S });
  await statementCosts(sql);
  const before = await meter.read(0);
  const acceptToHttpStartMs = await latency(caller, sim, { ...ROOM, seconds: ROOM_S });
  const usage = await meter.between(before, await meter.read(ROOM.perSecond * ROOM_S));
  caller.close();
  return { usage, acceptToHttpStartMs, statements: await statementCosts(sql) };
}

/** What was seen while the backlog grew and was watched. */
interface Filled {
  begunAt: number;
  acceptedAt: number;
  asked: Asked;
  watch: Watch;
  waiting: Record<string, number>;
  readings: { before: Reading; accepted: Reading; end: Reading };
}

async function fill(scene: Scene): Promise<Filled> {
  const { run, options, stack, sim, sql, entrant, meter } = scene;
  const { operations, each } = options;
  await sim.clearLedger();
  await sim.addFault({ api: 'wxa/commit', kind: 'busy', times: 0, rate: BUSY });
  const watch = new Watch(stack, (line) => run.tell(line));
  const ended = new AbortController();
  run.tell(`(backlog) asking for ${operations} commits …`);
  const before = await meter.read(await endedCommits(sql));
  const begunAt = clock();
  const probing = probe(stack.addresses.grpc, ended.signal);
  await entrant.ask(jobsOf({ miniPrograms: Math.ceil(operations / each), each }));
  const acceptedAt = clock();
  const accepted = await meter.read(await endedCommits(sql));
  while ((await inOutbox(sql)) > 0) await delay(LOOK_EVERY_MS);
  const waiting = await backlogIn(sql);
  run.tell(
    `(backlog) accepted in ${seconds(acceptedAt - begunAt)} s; in Postgres: ${JSON.stringify(waiting)}`,
  );
  await through(scene, acceptedAt);
  ended.abort();
  const asked = await probing;
  const end = await meter.read(await endedCommits(sql));
  if (options.drain) await through(scene, acceptedAt, Number.POSITIVE_INFINITY);
  await watch.stop();
  return { begunAt, acceptedAt, asked, watch, waiting, readings: { before, accepted, end } };
}

/** Until the backlog was watched long enough, or is gone. */
async function through({ options, sql }: Scene, from: number, ms = options.minutes * 60_000): Promise<void> {
  while (clock() < from + ms) {
    const [open] = await sql('select 1 from operations where ended_at is null limit 1');
    if (open === undefined) return;
    await delay(LOOK_EVERY_MS);
  }
}

async function endedCommits(sql: Sql): Promise<number> {
  const [row] = await sql<{ n: number }>(
    `select count(*)::int as n from operations where method = 'Commit' and ended_at is not null`,
  );
  return row?.n ?? Number.NaN;
}

async function collect(scene: Scene, filled: Filled) {
  const { options, stack, kafka, sim, sql, meter } = scene;
  const { begunAt, acceptedAt, watch, readings } = filled;
  const statements = await statementCosts(sql);
  const end = await backlogIn(sql);
  const calls = await commits(sim);
  const jobs = jobsOf({
    miniPrograms: Math.ceil(options.operations / options.each),
    each: options.each,
  }).flat();
  const { twice, outOfOrder } = judge(jobs, calls, { begunAt, storedAt: acceptedAt });
  const { states, overtakenAndWaiting, ended, lastSeq } = await endsOf(sql);
  const starts = calls.map(({ startedAt }) => startedAt).sort((a, b) => a - b);
  const accepting = callsASecond(starts.filter((at) => at < acceptedAt));
  const afterwards = callsASecond(starts.filter((at) => at >= acceptedAt));
  const found = {
    operations: jobs.length,
    miniPrograms: Math.ceil(options.operations / options.each),
    workers: options.workers,
    perSecond: LIMIT,
    busy: BUSY,
    ...(!options.drain && { minutes: options.minutes }),
    acceptsPerSecond: Math.round(jobs.length / ((acceptedAt - begunAt) / 1000)),
    states,
    overtakenAndWaiting,
    miniProgramsOutOfOrder: outOfOrder,
    twice,
    probes: await probesFigures({ sim, sql, acceptedAt }, filled.asked),
    retried: retriesOf(calls, ended, lastSeq),
    commandsTopic: await onTopic(kafka, sql),
    callsPerSecond: { accepting, afterwards },
    used: { accepting: shareOf(accepting), afterwards: shareOf(afterwards) },
    workersHeld: {
      peakMiB: await watch.peakMiB(),
      mostOpenRecords: watch.mostOpenRecords,
      mostInLanes: watch.mostInLanes,
    },
    waiting: { accepted: filled.waiting, end },
    backlog: {
      accepting: await meter.between(readings.before, readings.accepted),
      afterwards: await meter.between(readings.accepted, readings.end),
      statements,
    },
  };
  await stack.stop();
  return { ...found, failures: failuresOf(found, options) };
}

/** From the second second on, without the last twentieth: where all have ended, little was left to do. */
function callsASecond(starts: number[]): number {
  const some = starts.slice(0, Math.ceil(starts.length * 0.95));
  const steady = some.filter((at) => at >= (some[0] ?? 0) + 1000);
  return round((steady.length - 1) / (((steady.at(-1) ?? 0) - (steady[0] ?? 0)) / 1000), 2);
}

/** Of what is given out of the limit. */
function shareOf(callsPerSecond: number): number {
  return round(callsPerSecond / (USED_SHARE * LIMIT), 4);
}

async function onTopic(brokers: string, sql: Sql): Promise<Backlog['commandsTopic']> {
  const rows = await sql<{ id: string }>('select id from operations');
  const counts = await commandsOn(brokers, `backlog.${TOPICS.commands}`);
  return {
    operations: rows.length,
    records: [...counts.values()].reduce((all, count) => all + count, 0),
    missing: rows.filter(({ id }) => !counts.has(id)).length,
    twice: [...counts.values()].filter((count) => count > 1).length,
  };
}

const seconds = (ms: number) => round(ms / 1000, 1);
