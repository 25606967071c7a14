import { fork } from 'node:child_process';
import { once } from 'node:events';
import type { Stack } from '@wxa/stack';
import { SimControl } from '@wxa/wechat-sim';
import { ASKING, ourselves } from './contenders/entrants.js';
import { CONTESTS, jobsOf } from './contenders/workloads.js';
import { Caller, steadily } from './load/caller.js';
import { clock, effects } from './load/measure.js';
import { type Meter, used } from './load/meter.js';
import { quantiles } from './load/numbers.js';
import { deploy, meterOf, type Servers, startServers } from './load/servers.js';
import type { AcceptsPart, AcceptsTurn } from './results.js';
import type { Run } from './run.js';

const ROUNDS = 3;
const COMMITS = jobsOf({ miniPrograms: 1_000, each: 10 }).flat();
const ECHO = new URL('./accepts/echo.js', import.meta.url);

/** How many operations a second ours accepts, against a bare gRPC server that only answers. */
export async function accepts(run: Run): Promise<AcceptsPart> {
  return run.part(async () => {
    run.tell('(accepts) starting PostgreSQL, Kafka, simulator, gateway and worker …');
    const servers = await startServers(run);
    const stack = await deploy(run, servers, 'ours-accepts', CONTESTS.a.workload);
    const ways = await prepare(run, servers, stack);
    const turns: AcceptsTurn[] = [];
    // The first round is the warm-up.
    for (let round = 0; round <= ROUNDS; round += 1) {
      for (const [what, way] of Object.entries(ways) as [AcceptsTurn['what'], Way][]) {
        const turn = { round, what, ...(await way()) };
        if (round > 0) turns.push(turn);
        run.tell(`(accepts) ${JSON.stringify(turn)}`);
      }
    }
    return { asking: ASKING, turns };
  });
}

type Accepted = Omit<AcceptsTurn, 'round' | 'what'>;
type Way = () => Promise<Accepted>;

async function prepare(run: Run, servers: Servers, stack: Stack): Promise<Record<AcceptsTurn['what'], Way>> {
  const { database, pids } = run.started(ourselves(stack));
  const watch = async (of: typeof pids) => run.started(await meterOf(servers, stack, { database, pids: of }));
  const ours = { caller: run.started(new Caller(stack.addresses.grpc)), meter: await watch(pids) };
  const echo = fork(ECHO);
  run.started({ stop: async () => echo.kill() });
  const [address] = await once(echo, 'message');
  const bare = {
    caller: run.started(new Caller(address)),
    meter: await watch(() => ({ gateway: [echo.pid ?? 0] })),
  };
  const sim = new SimControl(stack.addresses.wechat);
  const [worker] = stack.workers;
  const askOurs = async () => {
    await sim.clearLedger();
    return ask(ours);
  };
  return {
    echo: () => ask(bare),
    async 'worker running'() {
      const accepted = await askOurs();
      await effects(sim, COMMITS.length);
      return accepted;
    },
    async 'worker stopped'() {
      await worker?.stop();
      const accepted = await askOurs();
      await worker?.start();
      await effects(sim, COMMITS.length);
      return accepted;
    },
  };
}

/** Submits all commits and times each. */
async function ask({ caller, meter }: { caller: Caller; meter: Meter }): Promise<Accepted> {
  const tookMs: number[] = [];
  const before = await meter.read(0);
  await steadily(COMMITS, { laneOf: ({ appid }) => appid, count: ASKING }, async ({ appid, userVersion }) => {
    const askedAt = clock();
    await caller.commit(appid, userVersion);
    tookMs.push(clock() - askedAt);
  });
  const usage = used(before, await meter.read(COMMITS.length));
  const perSecond = Math.round(COMMITS.length / usage.seconds);
  return { accepts: COMMITS.length, perSecond, ms: quantiles(tookMs), usage };
}
