import { setTimeout as delay } from 'node:timers/promises';
import type { CallEntry, SimControl } from '@wxa/wechat-sim';
import { clock, waitForEffects } from '../load/measure.js';
import { type Meter, usageBetween } from '../load/meter.js';
import type { Usage } from '../results.js';
import type { Job } from './contender.js';
import { outcomeOf } from './figures.js';
import type { RunningContender } from './running-contenders.js';

/** A worker that was killed may repeat finished jobs after its restart. */
const REPEATS_MS = 2_000;

/** The contender of a turn, and the simulator and meter that observe it. */
export interface Setup {
  sim: SimControl;
  contender: RunningContender;
  meter: Meter;
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
  { sim, contender, meter }: Setup,
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
