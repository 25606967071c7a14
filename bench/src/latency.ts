import { SimControl } from '@wxa/wechat-sim';
import { outcomeOf } from './contenders/figures.js';
import { runningOurs } from './contenders/running-contenders.js';
import { type Setup, turn } from './contenders/turn.js';
import { jobsFor, SCENARIOS } from './contenders/workloads.js';
import { LightCaller } from './load/light-caller.js';
import { latency } from './load/measure.js';
import { usageBetween } from './load/meter.js';
import { median } from './load/numbers.js';
import { deploy, meterOf, startServers } from './load/servers.js';
import type { LatencyPart } from './results.js';
import type { Run } from './run.js';

const ROUNDS = 3;
const SECONDS = 10;
const NEARLY_IDLE_PER_SECOND = 20;
const { workload } = SCENARIOS.a;

/**
 * Measures the time from the call of the gateway to the start of the HTTP request, at half of the rate that waves of (a)
 * reach just before.
 */
export async function latencies(run: Run): Promise<LatencyPart> {
  return run.measurePart(async () => {
    run.log('(latency) starting PostgreSQL, Kafka, simulator, gateway and worker …');
    const servers = await startServers(run);
    const stack = await deploy(run, servers, 'ours-latency', workload);
    const contender = run.register(runningOurs(stack));
    const meter = run.register(await meterOf(servers, stack, contender));
    const setup = { sim: new SimControl(stack.addresses.wechat), contender, meter };
    const wavesPerSecond = await waves(run, setup);
    const half = Math.round(median(wavesPerSecond) / 2);
    const caller = run.register(new LightCaller(stack.addresses.grpc));
    const turns: LatencyPart['turns'] = [];
    for (let round = 1; round <= ROUNDS; round += 1) {
      for (const [load, perSecond] of [
        ['half', half] as const,
        ['nearly idle', NEARLY_IDLE_PER_SECOND] as const,
      ]) {
        turns.push({ round, load, ...(await steadyTurn(setup, caller, perSecond)) });
        run.log(`(latency) ${JSON.stringify(turns.at(-1))}`);
      }
    }
    const { latencyMs, inFlight } = workload;
    return { workload: { latencyMs, inFlight }, wavesPerSecond, turns };
  });
}

/** Operations per second of waves of workload (a), after a warm-up. */
async function waves(run: Run, setup: Setup): Promise<number[]> {
  const { warmUp, measured } = jobsFor(workload);
  await turn(setup, warmUp);
  const perSecond: number[] = [];
  for (let round = 1; round <= ROUNDS; round += 1) {
    const { calls, ...instants } = await turn(setup, measured);
    const { jobs, tookMs } = outcomeOf(measured.flat(), calls, instants);
    perSecond.push(Math.round(jobs / (tookMs / 1000)));
    run.log(`(latency) a wave: ${perSecond.at(-1)}/s`);
  }
  return perSecond;
}

async function steadyTurn({ sim, meter }: Setup, caller: LightCaller, perSecond: number) {
  const before = await meter.read(0);
  const ms = await latency(caller, sim, { count: workload.miniPrograms, perSecond, seconds: SECONDS });
  const operations = perSecond * SECONDS;
  return { perSecond, operations, ms, usage: usageBetween(before, await meter.read(operations)) };
}
