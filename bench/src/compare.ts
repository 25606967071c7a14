import type { Stack } from '@wxa/stack';
import { SimControl } from '@wxa/wechat-sim';
import type { Contender } from './contenders/contender.js';
import { drain, judgeDrained } from './contenders/drain.js';
import { another, type Entrant, ourselves } from './contenders/entrants.js';
import { type Entry, OURS } from './contenders/field.js';
import { figuresOf, judge, shortestMs } from './contenders/figures.js';
import { install } from './contenders/install.js';
import { redisVersion } from './contenders/redis.js';
import { turn } from './contenders/turn.js';
import { asked, type Contest, fieldOf } from './contenders/workloads.js';
import type { Part, Turn } from './results.js';
import type { Run } from './run.js';
import { deploy, meterOf, type Servers, startServers } from './servers.js';
import { versions } from './versions.js';

/**
 * Ours beside what people would otherwise use (bench/contenders), one after the other in interleaved rounds, on the same
 * PostgreSQL, Kafka and simulator. @param named the contenders that take part; none: all.
 */
export async function compare(run: Run, name: string, contest: Contest, named: string[]): Promise<Part> {
  const { workload } = contest;
  const redis = await redisVersion();
  if (redis === undefined)
    run.tell('no redis-server here (apt-get install redis-server): BullMQ is left out');
  const field = fieldOf(contest, named).filter(({ needsRedis }) => !needsRedis || redis !== undefined);
  const others = field.some((entry) => entry.name !== OURS);
  const programs = others ? await install(run.tell) : {};
  return run.part(async () => {
    run.tell(`(${name}) starting PostgreSQL, Kafka, simulator, gateway and worker …`);
    const servers = await startServers(run, { withRedis: field.some(({ needsRedis }) => needsRedis) });
    const workers = Math.max(...(contest.ours ?? [{}]).map(({ workers: count = 1 }) => count));
    const stack = await deploy(run, servers, { name: `ours-${name}`, workers, ...workload });
    const ground = { name, contest, servers, stack, programs };
    const turns: Turn[] = [];
    for (let round = 1; round <= workload.rounds; round += 1) {
      for (const entry of field) turns.push(...(await turnsOf(run, ground, entry, round)));
    }
    return { versions: await versions(servers, { others, redis }), workload, turns };
  });
}

interface Ground {
  name: string;
  contest: Contest;
  servers: Servers;
  stack: Stack;
  programs: Record<string, Contender>;
}

/** The turns of one contender in a round. */
async function turnsOf(run: Run, ground: Ground, entry: Entry, round: number): Promise<Turn[]> {
  const { name, contest, servers, stack } = ground;
  const ways = entry.name === OURS ? (contest.ours ?? [{}]) : [{}];
  const entrant = await enter(ground, entry, round);
  const meter = await meterOf(servers, stack, entrant);
  const scene = { sim: new SimControl(stack.addresses.wechat), entrant, meter };
  const turns: Turn[] = [];
  try {
    for (const way of ways) {
      const measured = { round, name: entry.name, ...way, ...(await oneTurn(scene, ground, entry, way)) };
      run.tell(`(${name}) ${JSON.stringify(measured)}`);
      turns.push(measured);
    }
    return turns;
  } finally {
    await meter.close();
    await entrant.stop();
  }
}

type Scene = Parameters<typeof turn>[0];
type Way = NonNullable<Contest['ours']>[number];
type Measured = Omit<Turn, 'round' | 'name' | keyof Way>;

async function oneTurn(
  scene: Scene,
  { contest: { workload }, stack }: Ground,
  { share = 1 }: Entry,
  { variant, workers = 1 }: Way,
): Promise<Measured> {
  const { warmUp, measured } = asked(workload, share);
  const jobs = measured.flat();
  if (variant === 'drain') {
    const drained = await drain(scene, stack, { rounds: measured, workers });
    const outcome = judgeDrained(jobs, drained);
    const counted = jobs.slice(0, outcome.jobs);
    return { ...outcome, ...figuresOf(shortestMs(workload, counted), outcome), usage: drained.usage };
  }
  await turn(scene, warmUp, { kill: false });
  const { calls, usage, ...instants } = await turn(scene, measured, workload);
  const outcome = judge(jobs, calls, instants);
  return { ...outcome, ...figuresOf(shortestMs(workload, jobs), outcome), ...(!workload.kill && { usage }) };
}

async function enter(
  { name, contest, servers, stack, programs }: Ground,
  entry: Entry,
  round: number,
): Promise<Entrant> {
  if (entry.name === OURS) return ourselves(stack);
  const program = programs[entry.name];
  if (program === undefined) throw new Error(`bench/contenders has no ${entry.name}`);
  const { inFlight } = contest.workload;
  return another(entry, program, {
    ...servers,
    name: `${entry.name}-${name}-${round}`,
    wechat: stack.addresses.wechat,
    inFlight,
  });
}
