// `npm run bench -- --against REF`: the working tree and another commit of this repository, by turns under one workload.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { SimControl } from '@wxa/wechat-sim';
import { runningOurs } from '../contenders/running-contenders.js';
import { turn } from '../contenders/turn.js';
import { jobsFor, SCENARIOS } from '../contenders/workloads.js';
import { LightCaller } from '../load/light-caller.js';
import { latency } from '../load/measure.js';
import { usageBetween } from '../load/meter.js';
import { deploy, meterOf, type Servers, startServers } from '../load/servers.js';
import type { Run } from '../run.js';
import { buildOf } from './build-of.js';
import { type Round, type Rounds, ratioTable } from './ratios.js';
import { RolloutCaller } from './rollout-caller.js';

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

/** @param ref the commit. @param args `--rounds` (default 6) and `--seconds` (default 10: how long a wave and a steady rate take). */
export async function against(run: Run, ref: string, args: string[]): Promise<void> {
  const options = {
    rounds: { type: 'string', default: '6' },
    seconds: { type: 'string', default: '10' },
  } as const;
  const { values } = parseArgs({ args, options });
  const [rounds, seconds] = [Number(values.rounds), Number(values.seconds)];
  const { commit, folder } = await buildOf(ref, run.log);
  const measured = await run.measurePart(async () => {
    run.log('starting PostgreSQL, Kafka, and a simulator, a gateway and a worker of each build …');
    const servers = await startServers(run);
    const theirs = await start(run, servers, 'theirs', folder);
    const ours = await start(run, servers, 'ours');
    const measured: Rounds = { theirs: [], ours: [] };
    run.log('warming both up …');
    for (const build of [theirs, ours]) await build.warmUp();
    for (let n = 1; n <= rounds; n += 1) {
      const order = [['theirs', theirs] as const, ['ours', ours] as const];
      for (const [name, build] of n % 2 === 1 ? order : order.reverse()) {
        run.log(`round ${n} of ${rounds}: ${name === 'theirs' ? commit : 'working tree'} …`);
        measured[name].push(await build.measure(seconds));
      }
    }
    return measured;
  });
  console.log(ratioTable(commit, measured));
}

/** Deploys a build with a simulator of the working tree. @param folder of the other build */
async function start(run: Run, servers: Servers, name: string, folder?: string) {
  const stack = await deploy(run, servers, name, { ...workload, checkout: folder, env: NO_WAITS });
  const contender = run.register(runningOurs(stack));
  const meter = run.register(await meterOf(servers, stack, contender));
  const caller = run.register(new LightCaller(stack.addresses.grpc));
  const rollouts = run.register(new RolloutCaller(stack.addresses.grpc));
  const setup = { sim: new SimControl(stack.addresses.wechat), contender, meter };
  const hasRollouts = folder === undefined || existsSync(join(folder, 'proto/wxa/code/v1/rollouts.proto'));
  const rollout = async (targets: number) => {
    const before = await meter.read(0);
    await rollouts.run(targets);
    return usageBetween(before, await meter.read(targets));
  };
  return {
    async warmUp() {
      await turn(setup, jobsFor(workload).warmUp);
      if (hasRollouts) await rollout(TARGETS_PER_SECOND);
    },
    async measure(seconds: number): Promise<Round> {
      const { measured } = jobsFor({ ...workload, each: EACH_PER_SECOND * seconds });
      const { usage: wave } = await turn(setup, measured);
      const { miniPrograms: count } = workload;
      const startMs = await latency(caller, setup.sim, { count, perSecond: PER_SECOND, seconds });
      return { wave, startMs, ...(hasRollouts && { rollout: await rollout(TARGETS_PER_SECOND * seconds) }) };
    },
  };
}
