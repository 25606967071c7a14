import { setTimeout as delay } from 'node:timers/promises';
import type { Stack } from '@wxa/stack';
import { type CallEntry, clock, SimControl } from '@wxa/wechat-sim';
import { LightCaller } from '../load/light-caller.js';
import { latency, waitForEffects } from '../load/measure.js';
import { type Meter, usageBetween } from '../load/meter.js';
import { type DeployOptions, deploy, meterOf, type Servers } from '../load/servers.js';
import type { Quantiles, Usage } from '../results.js';
import type { Run } from '../run.js';
import type { Job } from './contender.js';
import { outcomeOf } from './figures.js';
import { type RunningContender, runningOurs } from './running-contenders.js';
import { SCENARIOS } from './workloads.js';

/** A worker that was killed may repeat finished jobs after its restart. */
const REPEATS_MS = 2_000;

/** The contender of a turn, and the simulator and meter that observe it. */
export interface TurnSetup {
  sim: SimControl;
  contender: RunningContender;
  meter: Meter;
}

/** This product, deployed for turns and for commits at a steady rate. */
export interface Ours {
  stack: Stack;
  setup: TurnSetup;
  caller: LightCaller;
}

/** @param headers of each call. */
export async function startOurs(
  run: Run,
  servers: Servers,
  name: string,
  { headers = {}, ...deployment }: DeployOptions & { headers?: Record<string, string> | undefined },
): Promise<Ours> {
  const stack = await deploy(run, servers, name, deployment);
  const contender = run.register(runningOurs(stack, headers));
  const meter = run.register(await meterOf(servers, stack, contender));
  const caller = run.register(new LightCaller(stack.addresses.grpc, headers));
  return { stack, setup: { sim: new SimControl(stack.addresses.wechat), contender, meter }, caller };
}

/** Commits of the mini-programs of workload (a) at a steady rate; see `latency`. */
export async function steady(
  { setup: { sim, meter }, caller }: Pick<Ours, 'setup' | 'caller'>,
  rate: { perSecond: number; seconds: number },
): Promise<{ ms: Quantiles; usage: Usage }> {
  const before = await meter.read(0);
  const ms = await latency(caller, sim, { count: SCENARIOS.a.workload.miniPrograms, ...rate });
  return { ms, usage: usageBetween(before, await meter.read(rate.perSecond * rate.seconds)) };
}

/** What was observed in a turn. Instants are those of the ledger's clock. */
export interface TurnObservation {
  turnStartedAt: number;
  storedAt: number;
  calls: CallEntry[];
  usage: Usage;
}

/** Submits the jobs and waits until they are executed. */
export async function turn(
  { sim, contender, meter }: TurnSetup,
  rounds: Job[][],
  { kill = false, busy = 0 }: { kill?: boolean; busy?: number } = {},
): Promise<TurnObservation> {
  if (busy > 0) await sim.addFault({ api: 'wxa/commit', kind: 'busy', times: 0, rate: busy });
  await sim.clearLedger();
  const jobs = rounds.flat();
  const before = await meter.read(0);
  const turnStartedAt = clock();
  const storing = contender.submit(rounds).then(clock);
  if (kill) {
    await Promise.all([storing, waitForEffects(sim, jobs.length / 2)]);
    await contender.killWorker();
  }
  const storedAt = await storing;
  const effects = await waitForEffects(sim, jobs.length);
  const usage = usageBetween(before, await meter.read(effects));
  // If a job was executed twice, that number of effects does not mean that all jobs are executed.
  const allDone = async () =>
    outcomeOf(jobs, await commits(sim), { turnStartedAt, storedAt }).done === jobs.length;
  if (effects >= jobs.length) await waitForEffects(sim, jobs.length, allDone);
  if (kill) await delay(REPEATS_MS);
  await sim.clearFaults();
  return { turnStartedAt, storedAt, calls: await commits(sim), usage };
}

export function commits(sim: SimControl): Promise<CallEntry[]> {
  return sim.calls({ api: 'wxa/commit' });
}
