// The quick benchmark: one wave of workload (a) and two steady rates. The last line is one JSON object.
import { SimControl } from '@wxa/wechat-sim';
import { figuresOf, outcomeOf, shortestMs } from './contenders/figures.js';
import { runningOurs } from './contenders/running-contenders.js';
import { turn } from './contenders/turn.js';
import { jobsFor, SCENARIOS } from './contenders/workloads.js';
import { LightCaller } from './load/light-caller.js';
import { latency } from './load/measure.js';
import { residentMiB } from './load/meter.js';
import { round } from './load/numbers.js';
import { deploy, meterOf, startServers } from './load/servers.js';
import type { Run } from './run.js';

const { workload } = SCENARIOS.a;
const HALF_LOAD = workload.inFlight / (workload.latencyMs / 1000) / 2;
const NEARLY_IDLE = 20;

export async function small(run: Run): Promise<void> {
  const result = await run.measurePart(async () => {
    run.log('starting PostgreSQL, Kafka, simulator, gateway and one worker …');
    const servers = await startServers(run);
    const stack = await deploy(run, servers, 'quick', workload);
    const contender = run.register(runningOurs(stack));
    const meter = run.register(await meterOf(servers, stack, contender));
    const sim = new SimControl(stack.addresses.wechat);
    const jobs = jobsFor({ ...workload, each: 10 }).measured;
    await turn({ sim, contender, meter }, jobs);
    const { measured } = jobsFor(workload);
    run.log(`a wave of ${measured.flat().length} commits of ${workload.miniPrograms} mini-programs …`);
    const { calls, ...instants } = await turn({ sim, contender, meter }, measured);
    const outcome = outcomeOf(measured.flat(), calls, instants);
    const { efficiency, perSecond } = figuresOf(shortestMs(workload, measured.flat()), outcome);
    run.log(`${HALF_LOAD} commits per second for 10 s …`);
    const caller = run.register(new LightCaller(stack.addresses.grpc));
    const steady = async (rate: number, seconds: number) => {
      const ms = await latency(caller, sim, { count: workload.miniPrograms, perSecond: rate, seconds });
      return { perSecond: rate, ...ms };
    };
    const halfLoad = await steady(HALF_LOAD, 10);
    const almostIdle = await steady(NEARLY_IDLE, 5);
    const memory = [stack.gateway, ...stack.workers].map(
      async ({ name, pid }) => [name, await residentMiB(pid)] as const,
    );
    return {
      wave: {
        operations: outcome.jobs,
        acceptsPerSecond: Math.round(outcome.jobs / (outcome.storedMs / 1000)),
        operationsPerSecond: Math.round(perSecond),
        efficiency: round(efficiency, 3),
      },
      acceptToHttpStartMs: { halfLoad, almostIdle },
      residentMiB: Object.fromEntries(await Promise.all(memory)),
    };
  });
  console.log(JSON.stringify(result));
  process.exit(0);
}
