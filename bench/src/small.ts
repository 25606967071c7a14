// The quick benchmark: one wave of workload (a) and two steady rates. The last line is one JSON object.
import { figuresOf, outcomeOf, shortestMs } from './contenders/figures.js';
import { startOurs, steady, turn } from './contenders/turn.js';
import { jobsFor, SCENARIOS } from './contenders/workloads.js';
import { residentMiB } from './load/meter.js';
import { round } from './load/numbers.js';
import { startServers } from './load/servers.js';
import type { Run } from './run.js';

const { workload } = SCENARIOS.a;
const HALF_LOAD = workload.inFlight / (workload.latencyMs / 1000) / 2;
const NEARLY_IDLE = 20;

export async function small(run: Run): Promise<void> {
  const result = await run.measurePart(async () => {
    run.log('starting PostgreSQL, Kafka, simulator, gateway and one worker …');
    const ours = await startOurs(run, await startServers(run), 'quick', workload);
    await turn(ours.setup, jobsFor({ ...workload, each: 10 }).measured);
    const { measured } = jobsFor(workload);
    run.log(`a wave of ${measured.flat().length} commits of ${workload.miniPrograms} mini-programs …`);
    const { calls, ...instants } = await turn(ours.setup, measured);
    const outcome = outcomeOf(measured.flat(), calls, instants);
    const { efficiency, perSecond } = figuresOf(shortestMs(workload, measured.flat()), outcome);
    run.log(`${HALF_LOAD} commits per second for 10 s …`);
    const start = async (perSecond: number, seconds: number) => ({
      perSecond,
      ...(await steady(ours, { perSecond, seconds })).ms,
    });
    const halfLoad = await start(HALF_LOAD, 10);
    const almostIdle = await start(NEARLY_IDLE, 5);
    const memory = [ours.stack.gateway, ...ours.stack.workers].map(
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
