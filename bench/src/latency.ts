import { SimControl } from '@wxa/wechat-sim';
import { ourselves } from './contenders/entrants.js';
import { judge } from './contenders/figures.js';
import { turn } from './contenders/turn.js';
import { asked, CONTESTS } from './contenders/workloads.js';
import { LightCaller } from './light-caller.js';
import { latency } from './measure.js';
import { median } from './numbers.js';
import type { LatencyPart, LatencyTurn } from './results.js';
import type { Run } from './run.js';
import { deploy, meterOf, startServers } from './servers.js';
import { versions } from './versions.js';

const ROUNDS = 3;
const SECONDS = 10;
const NEARLY_IDLE_PER_SECOND = 20;

/** How long an operation of ours waits until its HTTP request begins, at half of what waves of (a) reach just before. */
export async function latencies(run: Run): Promise<LatencyPart> {
  const { workload } = CONTESTS.a;
  return run.part(async () => {
    run.tell('(latency) starting PostgreSQL, Kafka, simulator, gateway and worker …');
    const servers = await startServers(run);
    const stack = await deploy(run, servers, { name: 'ours-latency', ...workload });
    const entrant = ourselves(stack);
    run.started(entrant);
    const meter = await meterOf(servers, stack, entrant);
    run.started({ stop: () => meter.close() });
    const sim = new SimControl(stack.addresses.wechat);
    const { warmUp, measured } = asked(workload);
    await turn({ sim, entrant, meter }, warmUp, { kill: false });
    const wavesPerSecond: number[] = [];
    for (let round = 1; round <= ROUNDS; round += 1) {
      const { calls, ...instants } = await turn({ sim, entrant, meter }, measured, { kill: false });
      const { jobs, tookMs } = judge(measured.flat(), calls, instants);
      wavesPerSecond.push(Math.round(jobs / (tookMs / 1000)));
      run.tell(`(latency) a wave: ${wavesPerSecond.at(-1)}/s`);
    }
    const loads = {
      half: Math.round(median(wavesPerSecond) / 2),
      'nearly idle': NEARLY_IDLE_PER_SECOND,
    };
    const caller = new LightCaller(stack.addresses.grpc);
    run.started({ stop: async () => caller.close() });
    const turns: LatencyTurn[] = [];
    for (let round = 1; round <= ROUNDS; round += 1) {
      for (const [load, perSecond] of Object.entries(loads) as [LatencyTurn['load'], number][]) {
        const before = await meter.read(0);
        const steady = { count: workload.miniPrograms, perSecond, seconds: SECONDS };
        const { p50, p99, p999 } = await latency(caller, sim, steady);
        const operations = perSecond * SECONDS;
        const usage = await meter.between(before, await meter.read(operations));
        const ms = { p50, p99, p999 };
        turns.push({ round, load, perSecond, operations, ms, usage });
        run.tell(`(latency) ${JSON.stringify(turns.at(-1))}`);
      }
    }
    const { latencyMs, inFlight } = workload;
    return { versions: await versions(servers), workload: { latencyMs, inFlight }, wavesPerSecond, turns };
  });
}
