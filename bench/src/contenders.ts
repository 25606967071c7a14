// Ours beside what people would otherwise use (bench/contenders), one after the other in interleaved rounds, on the same
// PostgreSQL, Kafka and simulator. Parts can be named: `npm run bench -- --only contenders a c kill`. Raw figures are kept
// in bench/results/contenders.json, the tables in bench/RESULTS.md.
import { readFile, writeFile } from 'node:fs/promises';
import { availableParallelism, cpus, loadavg } from 'node:os';
import { type Stack, startStack, stopOnSignal, temporaryFolder } from '@wxa/stack';
import { SimControl } from '@wxa/wechat-sim';
import type { Contender } from './contenders/contender.js';
import { another, type Entrant, ourselves } from './contenders/entrants.js';
import { type Entry, FIELD, OURS, PACKAGES } from './contenders/field.js';
import { figuresOf } from './contenders/figures.js';
import { install, versions } from './contenders/install.js';
import { redisVersion, startRedis } from './contenders/redis.js';
import { type Parts, tables, withTables } from './contenders/tables.js';
import { turn } from './contenders/turn.js';
import { asked, WORKLOADS } from './contenders/workloads.js';
import type { Part, Turn, Workload } from './results.js';

const RESULTS = new URL('../results/contenders.json', import.meta.url);
const PAGE = new URL('../RESULTS.md', import.meta.url);

const tell = (line: string) => console.error(line);
const aborted = new AbortController();
const toStop: (() => Promise<void>)[] = [];
stopOnSignal(async () => {
  aborted.abort();
  await stopAll();
});

const named = process.argv.slice(4);
const unknown = named.filter((name) => WORKLOADS[name] === undefined);
if (unknown.length > 0) throw new Error(`no such part: ${unknown}; there are ${Object.keys(WORKLOADS)}`);

const programs = await install(tell);
const redis = await redisVersion();
if (redis === undefined) tell('no redis-server here (apt-get install redis-server): BullMQ is left out');
const field = FIELD.filter(({ needsRedis }) => !needsRedis || redis !== undefined);
for (const [name, workload] of Object.entries(WORKLOADS)) {
  if (named.length > 0 && !named.includes(name)) continue;
  try {
    await keep(name, await part(name, workload));
  } catch (error) {
    // What it stood on is being stopped; the process ends when all is.
    if (aborted.signal.aborted) await new Promise(() => undefined);
    throw error;
  } finally {
    await stopAll();
  }
}
process.exit(0);

async function part(name: string, workload: Workload): Promise<Part> {
  tell(`(${name}) starting PostgreSQL, Kafka, simulator, gateway and one worker …`);
  const load = loadavg()[0] ?? 0;
  const env = {
    SIM_LATENCY_MS: String(workload.latencyMs),
    WORKER_CONCURRENCY: String(workload.inFlight),
    LOG_LEVEL: 'warn',
  };
  const stack = await startStack({ env, signal: aborted.signal });
  toStop.push(() => stack.stop());
  const logs = await temporaryFolder('contenders');
  toStop.push(() => logs.release());
  const server = redis === undefined ? undefined : await startRedis();
  if (server) toStop.push(server.stop);
  const surroundings = { stack, redis: server?.url ?? '', logDir: logs.path, programs };
  const turns: Turn[] = [];
  for (let round = 1; round <= workload.rounds; round += 1) {
    for (const entry of field) turns.push(await oneTurn(entry, { round, workload, name }, surroundings));
  }
  return { at: new Date().toISOString(), ...(await machine(load)), workload, turns };
}

type Surroundings = {
  stack: Stack;
  redis: string;
  logDir: string;
  programs: Record<string, Contender>;
};

async function oneTurn(
  entry: Entry,
  { round, workload, name }: { round: number; workload: Workload; name: string },
  surroundings: Surroundings,
): Promise<Turn> {
  const sim = new SimControl(surroundings.stack.addresses.wechat);
  const { warmUp, measured } = asked(workload, entry.share ?? 1);
  const entrant = await enter(entry, { round, inFlight: workload.inFlight, name }, surroundings);
  try {
    await turn(sim, entrant, warmUp, { kill: false });
    const outcome = await turn(sim, entrant, measured, { kill: workload.kill });
    tell(`(${name}) round ${round}, ${entry.name}: ${JSON.stringify(outcome)}`);
    return { round, name: entry.name, ...outcome, ...figuresOf(workload, outcome) };
  } finally {
    await entrant.stop();
  }
}

async function enter(
  { name }: Entry,
  { round, inFlight, name: part }: { round: number; inFlight: number; name: string },
  { stack, redis, logDir, programs }: Surroundings,
): Promise<Entrant> {
  if (name === OURS) return ourselves(stack);
  const program = programs[name];
  if (program === undefined) throw new Error(`bench/contenders has no ${name}`);
  const { postgres, kafka, wechat } = stack.addresses;
  return another(
    { name, program, logDir },
    { name: `${name}-${part}-${round}`, postgres, kafka, redis, wechat, inFlight },
  );
}

async function machine(load: number): Promise<Pick<Part, 'machine' | 'loadBefore' | 'versions'>> {
  const packages = await versions(PACKAGES);
  return {
    machine: `${availableParallelism()} cores, ${cpus()[0]?.model ?? 'unknown'}, Node ${process.version}`,
    loadBefore: Number(load.toFixed(1)),
    versions: { ...packages, ...(redis !== undefined && { redis }) },
  };
}

async function keep(name: string, result: Part): Promise<void> {
  const before = JSON.parse(await readFile(RESULTS, 'utf8').catch(() => '{}')) as Parts;
  const parts = { ...before, [name]: result };
  await writeFile(RESULTS, `${JSON.stringify(parts, null, 2)}\n`);
  await writeFile(PAGE, withTables(await readFile(PAGE, 'utf8'), tables(parts)));
  console.log(tables({ [name]: result }));
}

async function stopAll(): Promise<void> {
  for (const stop of toStop.splice(0).reverse()) await stop();
}
