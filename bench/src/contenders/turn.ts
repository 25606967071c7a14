import { setTimeout as delay } from 'node:timers/promises';
import type { CallEntry, SimControl } from '@wxa/wechat-sim';
import { clock, enough } from '../load/measure.js';
import { type Meter, used } from '../load/meter.js';
import type { Usage } from '../results.js';
import type { Job } from './contender.js';
import type { Entrant } from './entrants.js';
import { judge } from './figures.js';

/** A contender that takes work up again may begin with jobs that are done. */
const REPEATS_MS = 2_000;

/** Who takes part, and where it is observed. */
export interface Scene {
  sim: SimControl;
  entrant: Entrant;
  meter: Meter;
}

/** What was observed in a turn; instants are those of the ledger's clock. */
export interface Seen {
  begunAt: number;
  storedAt: number;
  calls: CallEntry[];
  usage: Usage;
}

/** Submits the jobs and waits until they are done. */
export async function turn(
  { sim, entrant, meter }: Scene,
  rounds: Job[][],
  { kill = false, busy = 0 }: { kill?: boolean; busy?: number } = {},
): Promise<Seen> {
  if (busy > 0) await sim.addFault({ api: 'wxa/commit', kind: 'busy', times: 0, rate: busy });
  await sim.clearLedger();
  const jobs = rounds.flat();
  const before = await meter.read(0);
  const begunAt = clock();
  const storing = entrant.ask(rounds).then(clock);
  if (kill) {
    await Promise.all([storing, enough(sim, jobs.length / 2)]);
    await entrant.killWorker();
  }
  const storedAt = await storing;
  const effects = await enough(sim, jobs.length);
  const usage = used(before, await meter.read(effects));
  // If something was done twice, as many effects are not all jobs.
  const done = async () => judge(jobs, await commits(sim), { begunAt, storedAt }).done === jobs.length;
  if (effects >= jobs.length) await enough(sim, jobs.length, done);
  if (kill) await delay(REPEATS_MS);
  await sim.clearFaults();
  return { begunAt, storedAt, calls: await commits(sim), usage };
}

export function commits(sim: SimControl): Promise<CallEntry[]> {
  return sim.calls({ api: 'wxa/commit' });
}
