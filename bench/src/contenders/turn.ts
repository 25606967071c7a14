import { setTimeout as delay } from 'node:timers/promises';
import type { SimControl } from '@wxa/wechat-sim';
import { clock, effectsSoFar } from '../measure.js';
import type { Outcome } from '../results.js';
import type { Job } from './contender.js';
import type { Entrant } from './entrants.js';
import { judge } from './figures.js';

/** Without any effect for so long, what is missing counts as not done. */
const QUIET_MS = 60_000;
const LOOK_EVERY_MS = 200;
/** Whoever takes up work again may do so with what is done already. */
const REPEATS_MS = 2_000;

/** Has the jobs done, a round after the other stored, and reads from the ledger what came of it. */
export async function turn(
  sim: SimControl,
  entrant: Entrant,
  rounds: Job[][],
  { kill }: { kill: boolean },
): Promise<Outcome> {
  await sim.clearLedger();
  const count = rounds.flat().length;
  const begunAt = clock();
  const storing = store(entrant, rounds);
  if (kill) {
    await Promise.all([storing, enough(sim, count / 2, async () => true)]);
    await entrant.killWorker();
  }
  const storedAt = await storing;
  const outcome = () => outcomeOf(sim, rounds, { begunAt, storedAt });
  await enough(sim, count, async () => (await outcome()).done === count);
  if (kill) await delay(REPEATS_MS);
  return outcome();
}

async function store(entrant: Entrant, rounds: Job[][]): Promise<number> {
  for (const jobs of rounds) await entrant.add(jobs);
  return clock();
}

async function outcomeOf(
  sim: SimControl,
  rounds: Job[][],
  asked: { begunAt: number; storedAt: number },
): Promise<Outcome> {
  return judge(rounds, await sim.calls({ api: 'wxa/commit' }), asked);
}

/** Resolves when `done` says so, which is asked from so many effects on, or when nothing happens any more. */
async function enough(sim: SimControl, count: number, done: () => Promise<boolean>): Promise<void> {
  let last = { effects: 0, at: clock() };
  while (clock() - last.at < QUIET_MS) {
    const soFar = await effectsSoFar(sim);
    if (soFar > last.effects) last = { effects: soFar, at: clock() };
    if (soFar >= count && (await done())) return;
    await delay(LOOK_EVERY_MS);
  }
}
