import type { SimControl } from '@wxa/wechat-sim';
import { startOurs, steady, turn } from '../contenders/turn.js';
import { jobsFor, SCENARIOS } from '../contenders/workloads.js';
import { usageBetween } from '../load/meter.js';
import { type Servers, startServers } from '../load/servers.js';
import type { Run } from '../run.js';
import type { Round, Rounds } from './ratios.js';
import { RolloutRunner } from './rollout-caller.js';

const PER_SECOND = 400;
/** Commits per mini-program of a wave that takes about a second on two cores. */
const EACH_PER_SECOND = 5;
const TARGETS_PER_SECOND = 30;
/** WeChat's waits would hide the time that a rollout itself takes; after a lost callback an audit is polled in an hour. */
const NO_WAITS = {
  ROLLOUT_PRIVACY_WAIT_MS: '1',
  ROLLOUT_VERIFY_DELAYS_MS: '1,1000,5000',
  SIM_AUDIT_DELAY_MS: '0',
  SIM_PUSH_TIMEOUT_MS: '60000',
};
const { workload } = SCENARIOS.a;

/** How one side is deployed. */
export interface Side {
  /** In the log. */
  what: string;
  /** The folder of another build. */
  checkout?: string;
  env?: NodeJS.ProcessEnv;
  /** Of each call. */
  headers?: Record<string, string>;
  hasRollouts: boolean;
  /** Before its warm-up. */
  prepare?(sim: SimControl, postgresUrl: string): Promise<void>;
}

export type Sides = Record<keyof Rounds, Side>;

/** The options of a command that measures by turns. */
export const TURNS = {
  rounds: { type: 'string', default: '6' },
  seconds: { type: 'string', default: '10' },
} as const;

/** Measures two deployments on the same servers by turns: A B, B A, and so on. @param sidesOn how they are deployed */
export async function byTurns(
  run: Run,
  given: Record<keyof typeof TURNS, string>,
  sidesOn: (servers: Servers) => Promise<Sides>,
): Promise<Rounds> {
  const [rounds, seconds] = [Number(given.rounds), Number(given.seconds)];
  return run.measurePart(async () => {
    run.log('starting PostgreSQL, Kafka, and a simulator, a gateway and a worker of each side …');
    const servers = await startServers(run);
    const sides = await sidesOn(servers);
    const theirs = await start(run, servers, 'theirs', sides.theirs);
    const ours = await start(run, servers, 'ours', sides.ours);
    const measured: Rounds = { theirs: [], ours: [] };
    run.log('warming both up …');
    for (const side of [theirs, ours]) await side.warmUp();
    for (let n = 1; n <= rounds; n += 1) {
      const order = [['theirs', theirs] as const, ['ours', ours] as const];
      for (const [name, side] of n % 2 === 1 ? order : order.reverse()) {
        run.log(`round ${n} of ${rounds}: ${sides[name].what} …`);
        measured[name].push(await side.measure(seconds));
      }
    }
    return measured;
  });
}

/** Deploys a side with a simulator of the working tree. */
async function start(run: Run, servers: Servers, name: string, side: Side) {
  const { checkout, env, headers, hasRollouts, prepare } = side;
  const deployment = { ...workload, checkout, env: { ...NO_WAITS, ...env }, headers };
  const { stack, setup, caller } = await startOurs(run, servers, name, deployment);
  const rollouts = run.register(new RolloutRunner(stack.addresses.grpc));
  await prepare?.(setup.sim, stack.addresses.postgres);
  const rollout = async (targets: number) => {
    const before = await setup.meter.read(0);
    await rollouts.run(targets);
    return usageBetween(before, await setup.meter.read(targets));
  };
  return {
    async warmUp() {
      await turn(setup, jobsFor(workload).warmUp);
      if (hasRollouts) await rollout(TARGETS_PER_SECOND);
    },
    async measure(seconds: number): Promise<Round> {
      const { measured } = jobsFor({ ...workload, each: EACH_PER_SECOND * seconds });
      const { usage: wave, turnStartedAt, storedAt } = await turn(setup, measured);
      const { ms: startMs } = await steady({ setup, caller }, { perSecond: PER_SECOND, seconds });
      const storedSeconds = (storedAt - turnStartedAt) / 1000;
      const round = { wave, storedSeconds, startMs };
      return { ...round, ...(hasRollouts && { rollout: await rollout(TARGETS_PER_SECOND * seconds) }) };
    },
  };
}
