import { setTimeout as delay } from 'node:timers/promises';
import type { CallEntry, SimControl } from '@wxa/wechat-sim';
import { clock, enough } from '../measure.js';
import type { Phases, Usage } from '../results.js';
import { coresBusyIn, type Meter } from '../usage/meter.js';
import type { Job } from './contender.js';
import type { Entrant } from './entrants.js';
import { judge } from './figures.js';

/** Whoever takes up work again may do so with what is done already. */
const REPEATS_MS = 2_000;

/** Who takes part, and where it is seen. */
export interface Scene {
  sim: SimControl;
  entrant: Entrant;
  meter: Meter;
}

/** What was seen of a turn; instants are those of the ledger's clock. */
export interface Seen {
  begunAt: number;
  storedAt: number;
  calls: CallEntry[];
  usage: Usage;
}

/** Seen of a turn in which jobs were stored and done at once. */
export interface SeenInPhases extends Seen {
  /** Cores that were busy until the last job was stored, and after. */
  coresBusy: Record<keyof Phases, number>;
}

/** Has the jobs done, and gives the calls of all that came of it. */
export async function turn(
  { sim, entrant, meter }: Scene,
  rounds: Job[][],
  { kill, busy = 0 }: { kill: boolean; busy?: number },
): Promise<SeenInPhases> {
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
  const between = await meter.read(0);
  const effects = await enough(sim, jobs.length);
  const after = await meter.read(effects);
  const usage = await meter.between(before, after);
  const coresBusy = { storing: coresBusyIn(before, between), after: coresBusyIn(between, after) };
  // Where something was done twice, as many effects are not all jobs.
  const done = async () => judge(jobs, await commits(sim), { begunAt, storedAt }).done === jobs.length;
  if (effects >= jobs.length) await enough(sim, jobs.length, done);
  if (kill) await delay(REPEATS_MS);
  await sim.clearFaults();
  return { begunAt, storedAt, calls: await commits(sim), usage, coresBusy };
}

export function commits(sim: SimControl): Promise<CallEntry[]> {
  return sim.calls({ api: 'wxa/commit' });
}
