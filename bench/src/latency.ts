import { outcomeOf } from './contenders/figures.js';
import { startOurs, steady, type TurnSetup, turn } from './contenders/turn.js';
import { jobsFor, SCENARIOS } from './contenders/workloads.js';
import { median } from './load/numbers.js';
import { startServers } from './load/servers.js';
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
    const ours = await startOurs(run, await startServers(run), 'ours-latency', workload);
    const wavesPerSecond = await waves(run, ours.setup);
    const half = Math.round(median(wavesPerSecond) / 2);
    const turns: LatencyPart['turns'] = [];
    for (let round = 1; round <= ROUNDS; round += 1) {
      for (const [load, perSecond] of [
        ['half', half] as const,
        ['nearly idle', NEARLY_IDLE_PER_SECOND] as const,
      ]) {
        const operations = perSecond * SECONDS;
        const measured = await steady(ours, { perSecond, seconds: SECONDS });
        turns.push({ round, load, perSecond, operations, ...measured });
        run.log(`(latency) ${JSON.stringify(turns.at(-1))}`);
      }
    }
    const { latencyMs, inFlight } = workload;
    return { workload: { latencyMs, inFlight }, wavesPerSecond, turns };
  });
}

/** Operations per second of waves of workload (a), after a warm-up. */
async function waves(run: Run, setup: TurnSetup): Promise<number[]> {
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
