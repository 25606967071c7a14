import { SimControl } from '@wxa/wechat-sim';
import { ourselves } from './contenders/entrants.js';
import { judge } from './contenders/figures.js';
import { type Scene, turn } from './contenders/turn.js';
import { asked, CONTESTS } from './contenders/workloads.js';
import { LightCaller } from './load/light-caller.js';
import { latency } from './load/measure.js';
import { used } from './load/meter.js';
import { median } from './load/numbers.js';
import { deploy, meterOf, startServers } from './load/servers.js';
import type { LatencyPart } from './results.js';
import type { Run } from './run.js';

const ROUNDS = 3;
const SECONDS = 10;
const NEARLY_IDLE_PER_SECOND = 20;
const { workload } = CONTESTS.a;

/** How long an operation waits until its HTTP request starts, at half of what waves of (a) reach just before. */
export async function latencies(run: Run): Promise<LatencyPart> {
  return run.part(async () => {
    run.tell('(latency) starting PostgreSQL, Kafka, simulator, gateway and worker …');
    const servers = await startServers(run);
    const stack = await deploy(run, servers, 'ours-latency', workload);
    const entrant = run.started(ourselves(stack));
    const meter = run.started(await meterOf(servers, stack, entrant));
    const scene = { sim: new SimControl(stack.addresses.wechat), entrant, meter };
    const wavesPerSecond = await waves(run, scene);
    const half = Math.round(median(wavesPerSecond) / 2);
    const caller = run.started(new LightCaller(stack.addresses.grpc));
    const turns: LatencyPart['turns'] = [];
    for (let round = 1; round <= ROUNDS; round += 1) {
      for (const [load, perSecond] of [
        ['half', half],
        ['nearly idle', NEARLY_IDLE_PER_SECOND],
      ] as const) {
        turns.push({ round, load, ...(await steadyTurn(scene, caller, perSecond)) });
        run.tell(`(latency) ${JSON.stringify(turns.at(-1))}`);
      }
    }
    const { latencyMs, inFlight } = workload;
    return { workload: { latencyMs, inFlight }, wavesPerSecond, turns };
  });
}

/** Operations a second of waves as at (a), after a warm-up. */
async function waves(run: Run, scene: Scene): Promise<number[]> {
  const { warmUp, measured } = asked(workload);
  await turn(scene, warmUp);
  const perSecond: number[] = [];
  for (let round = 1; round <= ROUNDS; round += 1) {
    const { calls, ...instants } = await turn(scene, measured);
    const { jobs, tookMs } = judge(measured.flat(), calls, instants);
    perSecond.push(Math.round(jobs / (tookMs / 1000)));
    run.tell(`(latency) a wave: ${perSecond.at(-1)}/s`);
  }
  return perSecond;
}

async function steadyTurn({ sim, meter }: Scene, caller: LightCaller, perSecond: number) {
  const before = await meter.read(0);
  const ms = await latency(caller, sim, { count: workload.miniPrograms, perSecond, seconds: SECONDS });
  const operations = perSecond * SECONDS;
  return { perSecond, operations, ms, usage: used(before, await meter.read(operations)) };
}
