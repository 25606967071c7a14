import { fork } from 'node:child_process';
import { once } from 'node:events';
import { clock } from '@wxa/wechat-sim';
import { CONCURRENT_CALLS } from './contenders/running-contenders.js';
import { type Ours, startOurs } from './contenders/turn.js';
import { jobsOf, SCENARIOS } from './contenders/workloads.js';
import { GrpcCaller, runConcurrently } from './load/caller.js';
import { requireEffects } from './load/measure.js';
import { type Meter, usageBetween } from './load/meter.js';
import { quantiles } from './load/numbers.js';
import { meterOf, type Servers, startServers } from './load/servers.js';
import type { AcceptsPart, AcceptsTurn } from './results.js';
import type { Run } from './run.js';

const ROUNDS = 3;
const COMMITS = jobsOf({ miniPrograms: 1_000, each: 10 }).flat();
const ECHO = new URL('./accepts/echo.js', import.meta.url);

/** Measures the operations per second that the gateway accepts, compared with a bare gRPC server that only responds. */
export async function accepts(run: Run): Promise<AcceptsPart> {
  return run.measurePart(async () => {
    run.log('(accepts) starting PostgreSQL, Kafka, simulator, gateway and worker …');
    const servers = await startServers(run);
    const ours = await startOurs(run, servers, 'ours-accepts', SCENARIOS.a.workload);
    const targets = await prepare(run, servers, ours);
    const turns: AcceptsTurn[] = [];
    // The first round is the warm-up.
    for (let round = 0; round <= ROUNDS; round += 1) {
      for (const [what, submit] of Object.entries(targets) as [AcceptsTurn['what'], Submit][]) {
        const turn = { round, what, ...(await submit()) };
        if (round > 0) turns.push(turn);
        run.log(`(accepts) ${JSON.stringify(turn)}`);
      }
    }
    return { concurrentCalls: CONCURRENT_CALLS, turns };
  });
}

type Accepted = Omit<AcceptsTurn, 'round' | 'what'>;
type Submit = () => Promise<Accepted>;

async function prepare(
  run: Run,
  servers: Servers,
  { stack, setup }: Ours,
): Promise<Record<AcceptsTurn['what'], Submit>> {
  const { sim, contender } = setup;
  const ours = { caller: run.register(new GrpcCaller(stack.addresses.grpc)), meter: setup.meter };
  const echo = fork(ECHO);
  run.register({ stop: async () => echo.kill() });
  const [address] = await once(echo, 'message');
  const echoed = { database: contender.database, pids: () => ({ gateway: [echo.pid ?? 0] }) };
  const bare = {
    caller: run.register(new GrpcCaller(address)),
    meter: run.register(await meterOf(servers, stack, echoed)),
  };
  const [worker] = stack.workers;
  const submitToOurs = async () => {
    await sim.clearLedger();
    return submitAll(ours);
  };
  return {
    echo: () => submitAll(bare),
    async 'worker running'() {
      const accepted = await submitToOurs();
      await requireEffects(sim, COMMITS.length);
      return accepted;
    },
    async 'worker stopped'() {
      await worker?.stop();
      const accepted = await submitToOurs();
      await worker?.start();
      await requireEffects(sim, COMMITS.length);
      return accepted;
    },
  };
}

/** Submits all commits and times each. */
async function submitAll({ caller, meter }: { caller: GrpcCaller; meter: Meter }): Promise<Accepted> {
  const tookMs: number[] = [];
  const before = await meter.read(0);
  await runConcurrently(
    COMMITS,
    { laneOf: ({ appid }) => appid, count: CONCURRENT_CALLS },
    async ({ appid, userVersion }) => {
      const submittedAt = clock();
      await caller.commit(appid, userVersion);
      tookMs.push(clock() - submittedAt);
    },
  );
  const usage = usageBetween(before, await meter.read(COMMITS.length));
  const perSecond = Math.round(COMMITS.length / usage.seconds);
  return { accepts: COMMITS.length, perSecond, ms: quantiles(tookMs), usage };
}
