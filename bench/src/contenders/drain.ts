import { setTimeout as delay } from 'node:timers/promises';
import type { Stack } from '@wxa/stack';
import { clock } from '@wxa/wechat-sim';
import pg from 'pg';
import { waitForEffects } from '../load/measure.js';
import { usageBetween } from '../load/meter.js';
import { outboxDepth, sqlOf } from '../load/sql.js';
import type { TurnOutcome } from '../results.js';
import type { Job } from './contender.js';
import { effectsIn, outcomeOf } from './figures.js';
import { commits, type TurnObservation, type TurnSetup } from './turn.js';

const POLL_INTERVAL_MS = 100;

/** `warmUp`: the number of effects at the beginning that are not counted. */
type DrainObservation = TurnObservation & { warmUp: number };

/**
 * Submits all jobs while no worker runs, waits until they are published, then starts `workers` workers. The first fifth is
 * their warm-up.
 */
export async function drain(
  { sim, contender, meter }: TurnSetup,
  { addresses, workers: all }: Stack,
  { rounds, workers }: { rounds: Job[][]; workers: number },
): Promise<DrainObservation> {
  await Promise.all(all.map((worker) => worker.stop()));
  await sim.clearLedger();
  const jobs = rounds.flat().length;
  const turnStartedAt = clock();
  await contender.submit(rounds);
  const storedAt = clock();
  await published(addresses.postgres);
  await Promise.all(
    all.slice(0, workers).map(async (worker) => {
      await worker.start();
      await worker.waitReady();
    }),
  );
  const warmUp = jobs / 5;
  const before = await meter.read(await waitForEffects(sim, warmUp));
  const after = await meter.read(await waitForEffects(sim, jobs));
  return { turnStartedAt, storedAt, calls: await commits(sim), usage: usageBetween(before, after), warmUp };
}

/** Counts and times the effects after the warm-up; order and repetitions are those of the whole turn. */
export function outcomeOfDrain(jobs: Job[], { calls, warmUp, ...instants }: DrainObservation): TurnOutcome {
  const whole = outcomeOf(jobs, calls, instants);
  const effects = effectsIn(calls);
  const tookMs = (effects.at(-1)?.at ?? Number.NaN) - (effects[warmUp - 1]?.at ?? Number.NaN);
  return { ...whole, jobs: whole.jobs - warmUp, done: whole.done - warmUp, tookMs: Math.round(tookMs) };
}

/** Resolves when all commands are on the topic. */
async function published(url: string): Promise<void> {
  const pool = new pg.Pool({ connectionString: url, max: 1 });
  while ((await outboxDepth(sqlOf(pool))) > 0) await delay(POLL_INTERVAL_MS);
  await pool.end();
}
