import type { Stack } from '@wxa/stack';
import { SimControl } from '@wxa/wechat-sim';
import type { Contender } from './contenders/contender.js';
import { type ContenderInfo, OURS } from './contenders/contender-list.js';
import { drain, outcomeOfDrain } from './contenders/drain.js';
import { figuresOf, gapsMs, outcomeOf, shortestMs, skewOf } from './contenders/figures.js';
import { install } from './contenders/install.js';
import { type RunningContender, runningOurs, startAlternative } from './contenders/running-contenders.js';
import { type TurnSetup, turn } from './contenders/turn.js';
import {
  contendersOf,
  jobsFor,
  type Scenario,
  SKEWED,
  type TurnVariant,
  takesPart,
} from './contenders/workloads.js';
import { storeHistory } from './databases.js';
import { quantiles } from './load/numbers.js';
import { hasRedis } from './load/redis.js';
import { deploy, meterOf, type Servers, startServers } from './load/servers.js';
import type { BenchWorkload, ComparisonPart, ContenderTurn } from './results.js';
import type { Run } from './run.js';

const NO_REDIS = 'redis-server is not installed (`apt-get install redis-server`)';

/**
 * Measures this product and the alternatives (bench/contenders) in interleaved rounds on the same PostgreSQL, Kafka and
 * simulator. @param named the contenders that take part; all if it is empty.
 */
export async function compare(
  run: Run,
  name: string,
  scenario: Scenario,
  named: string[],
): Promise<ComparisonPart> {
  const { workload, ours = [{}] } = scenario;
  const infos = contendersOf(scenario, named);
  const unavailable = (await hasRedis()) ? [] : infos.filter(({ needsRedis }) => needsRedis);
  const contenders = infos.filter((info) => !unavailable.includes(info));
  const excluded = Object.fromEntries(unavailable.map((info) => [info.name, NO_REDIS]));
  for (const [who, why] of Object.entries(excluded)) run.log(`${who} is excluded: ${why}`);
  const programs = contenders.some((info) => info.name !== OURS) ? await install(run.log) : {};
  return run.measurePart(async () => {
    run.log(`(${name}) starting PostgreSQL, Kafka, simulator, gateway and worker …`);
    const workers = Math.max(...ours.map(({ workers: count = 1 }) => count));
    const servers = await startServers(run, {
      withRedis: contenders.some(({ needsRedis }) => needsRedis),
      workers,
    });
    const stacks = await deployAll(run, servers, { name, workload, workers });
    const environment = { name, scenario, servers, stacks, programs };
    const turns: ContenderTurn[] = [];
    for (let round = 1; round <= workload.rounds; round += 1) {
      for (const info of contenders.filter((one) => takesPart(scenario, one, round))) {
        for (const kind of info.name === OURS ? ours : [{}]) {
          turns.push(await measureTurn(environment, info, kind, round));
          run.log(`(${name}) ${JSON.stringify(turns.at(-1))}`);
        }
      }
    }
    return { workload, excluded, turns };
  });
}

interface Environment {
  name: string;
  scenario: Scenario;
  servers: Servers;
  /** This product, in an empty database and in one with a history. */
  stacks: { usual: Stack; history: Stack | undefined };
  programs: Record<string, Contender>;
}

async function deployAll(
  run: Run,
  servers: Servers,
  { name, workload, workers }: { name: string; workload: BenchWorkload; workers: number },
): Promise<Environment['stacks']> {
  const usual = await deploy(run, servers, `ours-${name}`, { ...workload, workers });
  if (workload.history === undefined) return { usual, history: undefined };
  run.log(`(${name}) writing ${workload.history} operations …`);
  await storeHistory(servers, 'ours-history', workload.history);
  return { usual, history: await deploy(run, servers, 'ours-history', workload) };
}

async function measureTurn(
  environment: Environment,
  info: ContenderInfo,
  kind: TurnVariant,
  round: number,
): Promise<ContenderTurn> {
  const { scenario, servers, stacks } = environment;
  const stack = (kind.variant === 'history' ? stacks.history : undefined) ?? stacks.usual;
  const contender = await startContender(environment, info, stack, round);
  const meter = await meterOf(servers, stack, contender);
  const setup = { sim: new SimControl(stack.addresses.wechat), contender, meter };
  const share = (scenario.shares ? scenario.shares[info.name] : info.share) ?? 1;
  try {
    const measured =
      kind.variant === 'drain'
        ? await drainedTurn(setup, stack, scenario.workload, kind.workers)
        : await usualTurn(setup, scenario.workload, kind, share);
    return { round, name: info.name, ...kind, ...measured };
  } finally {
    await meter.stop();
    await contender.stop();
  }
}

type Measured = Omit<ContenderTurn, 'round' | 'name' | keyof TurnVariant>;

async function usualTurn(
  setup: TurnSetup,
  workload: BenchWorkload,
  { variant }: TurnVariant,
  share: number,
): Promise<Measured> {
  const { skewed, ...others } = workload;
  const { warmUp, measured } = jobsFor(variant === 'alone' ? others : workload, share);
  await turn(setup, warmUp);
  const { calls, usage, ...instants } = await turn(setup, measured, workload);
  const jobs = measured.flat();
  const outcome = outcomeOf(jobs, calls, instants);
  return {
    ...outcome,
    ...figuresOf(shortestMs(workload, jobs), outcome),
    ...(!workload.kill && { usage }),
    ...(workload.miniPrograms === 1 && { gapMs: quantiles(gapsMs(calls)) }),
    ...(skewed !== undefined && variant !== 'alone' && { skew: skewOf(workload, SKEWED, calls, instants) }),
  };
}

async function drainedTurn(
  setup: TurnSetup,
  stack: Stack,
  workload: BenchWorkload,
  workers = 1,
): Promise<Measured> {
  // Twice as many as in the usual turn, because the first fifth is the warm-up.
  const rounds = jobsFor({ ...workload, each: 2 * workload.each }).measured;
  const drained = await drain(setup, stack, { rounds, workers });
  const jobs = rounds.flat();
  const outcome = outcomeOfDrain(jobs, drained);
  const shortest = shortestMs(workload, jobs.slice(0, outcome.jobs));
  return { ...outcome, ...figuresOf(shortest, outcome), usage: drained.usage };
}

async function startContender(
  environment: Environment,
  info: ContenderInfo,
  stack: Stack,
  round: number,
): Promise<RunningContender> {
  if (info.name === OURS) return runningOurs(stack);
  const { name, scenario, servers, programs } = environment;
  const program = programs[info.name];
  if (program === undefined) throw new Error(`bench/contenders has no ${info.name}`);
  const { wechat } = stack.addresses;
  const { inFlight } = scenario.workload;
  return startAlternative(info, program, {
    ...servers,
    name: `${info.name}-${name}-${round}`,
    wechat,
    inFlight,
  });
}
