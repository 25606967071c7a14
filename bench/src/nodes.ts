// Gateway and worker on this Node and on another, in turns on the same PostgreSQL, Kafka and simulator:
// `npm run bench -- --only nodes /usr/bin/node`. Waves as at (a) and a steady load; the figures are told, not kept.
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { type Stack } from '@wxa/stack';
import { SimControl } from '@wxa/wechat-sim';
import { type Entrant, ourselves } from './contenders/entrants.js';
import { judge } from './contenders/figures.js';
import { turn } from './contenders/turn.js';
import { asked, CONTESTS } from './contenders/workloads.js';
import { LightCaller } from './light-caller.js';
import { latency } from './measure.js';
import { median, spread, sum } from './numbers.js';
import { middleOf, short, table } from './report/table.js';
import type { Usage } from './results.js';
import type { Run } from './run.js';
import { deploy, meterOf, type Servers, startServers } from './servers.js';
import type { Meter } from './usage/meter.js';

const ROUNDS = 5;
const STEADY = { perSecond: 300, seconds: 8 };
const { workload } = CONTESTS.a;

/** Programs refuse a Node that is too old (libs/service/src/require-node.ts): for a comparison it says that it is this one. */
const PRETENDED = `Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '${process.versions.node}' } })`;

/** Gateway and worker on one Node. */
interface Side {
  version: string;
  sim: SimControl;
  entrant: Entrant;
  meter: Meter;
  caller: LightCaller;
  rounds: Record<Figure, number>[];
}

const FIGURES = {
  operationsPerSecond: 'wave as at (a), operations a second',
  gatewayMs: 'wave, CPU of the gateway for an operation, ms',
  workerMs: 'wave, CPU of the worker for an operation, ms',
  allMs: 'wave, CPU of all for an operation, ms',
  p50: `accept → HTTP start at ${STEADY.perSecond}/s, p50, ms`,
  p99: `accept → HTTP start at ${STEADY.perSecond}/s, p99, ms`,
  steadyMs: `CPU of gateway and worker for an operation at ${STEADY.perSecond}/s, ms`,
  workerMiB: 'memory of the worker, MiB',
} as const;

type Figure = keyof typeof FIGURES;

export async function nodes(run: Run, [other, ...rest]: string[]): Promise<void> {
  if (other === undefined || rest.length > 0) {
    console.error('usage: npm run bench -- --only nodes PATH_OF_ANOTHER_NODE');
    process.exit(64);
  }
  const { sides } = await run.part(async () => {
    run.tell('(nodes) starting PostgreSQL, Kafka, and a simulator, gateway and worker for each Node …');
    const servers = await startServers(run);
    const sides = [await side(run, servers, process.execPath), await side(run, servers, other)];
    for (const one of sides) await turn(one, asked(workload).warmUp, { kill: false });
    for (let round = 0; round <= ROUNDS; round += 1) {
      for (const one of sides) {
        const figures = await measured(one);
        run.tell(`(nodes) ${one.version}${round === 0 ? ', warm-up' : ''}: ${JSON.stringify(figures)}`);
        if (round > 0) one.rounds.push(figures);
      }
    }
    return { sides };
  });
  console.log(tableOf(sides));
  process.exit(0);
}

async function side(run: Run, servers: Servers, node: string): Promise<Side> {
  const { stdout } = await promisify(execFile)(node, ['--version']);
  const version = `Node ${stdout.trim().slice(1)}`;
  const stack: Stack = await deploy(run, servers, {
    name: `node-${version.slice(5)}`,
    ...workload,
    node,
    nodeFlags: [`--import=data:text/javascript,${encodeURIComponent(PRETENDED)}`],
  });
  const entrant = ourselves(stack);
  run.started(entrant);
  const meter = await meterOf(servers, stack, entrant);
  run.started({ stop: () => meter.close() });
  const caller = new LightCaller(stack.addresses.grpc);
  run.started({ stop: async () => caller.close() });
  return { version, sim: new SimControl(stack.addresses.wechat), entrant, meter, caller, rounds: [] };
}

async function measured({ sim, entrant, meter, caller }: Side): Promise<Record<Figure, number>> {
  const jobs = asked(workload).measured;
  const { calls, usage, ...instants } = await turn({ sim, entrant, meter }, jobs, { kill: false });
  const { jobs: count, tookMs } = judge(jobs.flat(), calls, instants);
  const before = await meter.read(0);
  const { p50, p99 } = await latency(caller, sim, { count: workload.miniPrograms, ...STEADY });
  const steady = await meter.between(before, await meter.read(STEADY.perSecond * STEADY.seconds));
  return {
    operationsPerSecond: count / (tookMs / 1000),
    gatewayMs: cpuMs(usage, ['gateway']),
    workerMs: cpuMs(usage, ['worker']),
    allMs: cpuMs(usage, Object.keys(usage.cpuSeconds) as Name[]),
    p50,
    p99,
    steadyMs: cpuMs(steady, ['gateway', 'worker']),
    workerMiB: steady.residentMiB?.worker ?? Number.NaN,
  };
}

type Name = keyof Usage['cpuSeconds'];

function cpuMs({ cpuSeconds, operations }: Usage, names: Name[]): number {
  return (1000 * sum(names.map((name) => cpuSeconds[name] ?? 0))) / operations;
}

/** The middle of the rounds with the least and the most, and of the ratios of two that followed each other. */
function tableOf(sides: Side[]): string {
  const [one, other] = sides as [Side, Side];
  const rows = (Object.entries(FIGURES) as [Figure, string][]).map(([key, title]) => {
    const values = (of: Side) => of.rounds.map((round) => round[key]);
    const ratios = values(one).map((value, i) => value / (values(other)[i] ?? Number.NaN));
    const { least, most } = spread(ratios);
    const ratio = `${median(ratios).toFixed(2)} (${least.toFixed(2)}–${most.toFixed(2)})`;
    return [title, middleOf(values(other), short), middleOf(values(one), short), ratio];
  });
  return table(['', other.version, one.version, 'ratio'], rows);
}
