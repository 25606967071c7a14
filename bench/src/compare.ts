import type { Stack } from '@wxa/stack';
import { SimControl } from '@wxa/wechat-sim';
import type { Contender } from './contenders/contender.js';
import { drain, judgeDrained } from './contenders/drain.js';
import { another, type Entrant, ourselves } from './contenders/entrants.js';
import { type Entry, OURS } from './contenders/field.js';
import { figuresOf, gapsMs, judge, retryWaits, shortestMs, skewOf } from './contenders/figures.js';
import { install } from './contenders/install.js';
import { hasRedis } from './contenders/redis.js';
import { type Scene, turn } from './contenders/turn.js';
import { asked, type Contest, fieldOf, SKEWED, takesPart, type Way } from './contenders/workloads.js';
import { quantiles } from './load/numbers.js';
import { deploy, meterOf, type Servers, startServers } from './load/servers.js';
import type { Part, Turn, Workload } from './results.js';
import type { Run } from './run.js';
import { storeHistory } from './stored.js';

const NO_REDIS = 'there is no redis-server on the machine (`apt-get install redis-server`)';

/**
 * Ours and the alternatives (bench/contenders), one after the other in interleaved rounds, on the same PostgreSQL, Kafka and
 * simulator. @param named the contenders that take part; none: all.
 */
export async function compare(run: Run, name: string, contest: Contest, named: string[]): Promise<Part> {
  const { workload, ours = [{}] } = contest;
  const entries = fieldOf(contest, named);
  const absent = (await hasRedis()) ? [] : entries.filter(({ needsRedis }) => needsRedis);
  const field = entries.filter((entry) => !absent.includes(entry));
  const leftOut = Object.fromEntries(absent.map((entry) => [entry.name, NO_REDIS]));
  for (const [who, why] of Object.entries(leftOut)) run.tell(`${who} is left out: ${why}`);
  const programs = field.some((entry) => entry.name !== OURS) ? await install(run.tell) : {};
  return run.part(async () => {
    run.tell(`(${name}) starting PostgreSQL, Kafka, simulator, gateway and worker …`);
    const workers = Math.max(...ours.map(({ workers: count = 1 }) => count));
    const servers = await startServers(run, {
      withRedis: field.some(({ needsRedis }) => needsRedis),
      workers,
    });
    const stacks = await deployAll(run, servers, { name, workload, workers });
    const ground = { name, contest, servers, stacks, programs };
    const turns: Turn[] = [];
    for (let round = 1; round <= workload.rounds; round += 1) {
      for (const entry of field.filter((one) => takesPart(contest, one, round))) {
        for (const way of entry.name === OURS ? ours : [{}]) {
          turns.push(await oneTurn(ground, entry, way, round));
          run.tell(`(${name}) ${JSON.stringify(turns.at(-1))}`);
        }
      }
    }
    return { workload, leftOut, turns };
  });
}

interface Ground {
  name: string;
  contest: Contest;
  servers: Servers;
  /** Ours; the one with a history apart. */
  stacks: { usual: Stack; history: Stack | undefined };
  programs: Record<string, Contender>;
}

async function deployAll(
  run: Run,
  servers: Servers,
  { name, workload, workers }: { name: string; workload: Workload; workers: number },
): Promise<Ground['stacks']> {
  const usual = await deploy(run, servers, `ours-${name}`, { ...workload, workers });
  if (workload.history === undefined) return { usual, history: undefined };
  run.tell(`(${name}) writing ${workload.history} operations …`);
  await storeHistory(servers, 'ours-history', workload.history);
  return { usual, history: await deploy(run, servers, 'ours-history', workload) };
}

async function oneTurn(ground: Ground, entry: Entry, way: Way, round: number): Promise<Turn> {
  const { contest, servers, stacks } = ground;
  const stack = (way.variant === 'history' ? stacks.history : undefined) ?? stacks.usual;
  const entrant = await enter(ground, entry, stack, round);
  const meter = await meterOf(servers, stack, entrant);
  const scene = { sim: new SimControl(stack.addresses.wechat), entrant, meter };
  const share = (contest.shares ? contest.shares[entry.name] : entry.share) ?? 1;
  try {
    const measured =
      way.variant === 'drain'
        ? await drainedTurn(scene, stack, contest.workload, way.workers)
        : await usualTurn(scene, contest.workload, way, share);
    return { round, name: entry.name, ...way, ...measured };
  } finally {
    await meter.stop();
    await entrant.stop();
  }
}

type Measured = Omit<Turn, 'round' | 'name' | keyof Way>;

async function usualTurn(
  scene: Scene,
  workload: Workload,
  { variant }: Way,
  share: number,
): Promise<Measured> {
  const { skewed, ...others } = workload;
  const { warmUp, measured } = asked(variant === 'alone' ? others : workload, share);
  await turn(scene, warmUp);
  const { calls, usage, ...seen } = await turn(scene, measured, workload);
  const jobs = measured.flat();
  const outcome = judge(jobs, calls, seen);
  const { waitsMs, longestLaneMs } = retryWaits(calls);
  return {
    ...outcome,
    ...figuresOf(shortestMs(workload, jobs), outcome),
    ...(!workload.kill && { usage }),
    ...(workload.busy !== undefined && {
      calls: calls.length,
      retries: { waitMs: quantiles(waitsMs), longestLaneMs },
    }),
    ...(workload.miniPrograms === 1 && { gapMs: quantiles(gapsMs(calls)) }),
    ...(skewed !== undefined && variant !== 'alone' && { skew: skewOf(workload, SKEWED, calls, seen) }),
  };
}

async function drainedTurn(scene: Scene, stack: Stack, workload: Workload, workers = 1): Promise<Measured> {
  // Twice as much as in the usual turn: the first fifth is the warm-up.
  const rounds = asked({ ...workload, each: 2 * workload.each }).measured;
  const drained = await drain(scene, stack, { rounds, workers });
  const jobs = rounds.flat();
  const outcome = judgeDrained(jobs, drained);
  const shortest = shortestMs(workload, jobs.slice(0, outcome.jobs));
  return { ...outcome, ...figuresOf(shortest, outcome), usage: drained.usage };
}

async function enter(ground: Ground, entry: Entry, stack: Stack, round: number): Promise<Entrant> {
  if (entry.name === OURS) return ourselves(stack);
  const { name, contest, servers, programs } = ground;
  const program = programs[entry.name];
  if (program === undefined) throw new Error(`bench/contenders has no ${entry.name}`);
  const { wechat } = stack.addresses;
  const { inFlight } = contest.workload;
  return another(entry, program, { ...servers, name: `${entry.name}-${name}-${round}`, wechat, inFlight });
}
