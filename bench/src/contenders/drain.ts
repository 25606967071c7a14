import { setTimeout as delay } from 'node:timers/promises';
import type { Stack } from '@wxa/stack';
import pg from 'pg';
import { clock, enough } from '../load/measure.js';
import { used } from '../load/meter.js';
import { inOutbox, sqlOf } from '../load/sql.js';
import type { Outcome } from '../results.js';
import type { Job } from './contender.js';
import { effectsIn, judge } from './figures.js';
import { commits, type Scene, type Seen } from './turn.js';

const LOOK_EVERY_MS = 100;

/** `warmUp`: so many effects at the beginning are not counted. */
type Drained = Seen & { warmUp: number };

/** Has all jobs accepted and published while no worker runs, then starts so many workers. The first fifth is their warm-up. */
export async function drain(
  { sim, entrant, meter }: Scene,
  { addresses, workers: all }: Stack,
  { rounds, workers }: { rounds: Job[][]; workers: number },
): Promise<Drained> {
  await Promise.all(all.map((worker) => worker.stop()));
  await sim.clearLedger();
  const jobs = rounds.flat().length;
  const begunAt = clock();
  await entrant.ask(rounds);
  const storedAt = clock();
  await published(addresses.postgres);
  await Promise.all(
    all.slice(0, workers).map(async (worker) => {
      await worker.start();
      await worker.waitReady();
    }),
  );
  const warmUp = jobs / 5;
  const before = await meter.read(await enough(sim, warmUp));
  const after = await meter.read(await enough(sim, jobs));
  return { begunAt, storedAt, calls: await commits(sim), usage: used(before, after), warmUp };
}

/** Counts and times what came after the warm-up; order and repetitions are those of the whole turn. */
export function judgeDrained(jobs: Job[], { calls, warmUp, ...asked }: Drained): Outcome {
  const whole = judge(jobs, calls, asked);
  const effects = effectsIn(calls);
  const tookMs = (effects.at(-1)?.at ?? Number.NaN) - (effects[warmUp - 1]?.at ?? Number.NaN);
  return { ...whole, jobs: whole.jobs - warmUp, done: whole.done - warmUp, tookMs: Math.round(tookMs) };
}

/** Resolves when all commands are on the topic. */
async function published(url: string): Promise<void> {
  const pool = new pg.Pool({ connectionString: url, max: 1 });
  while ((await inOutbox(sqlOf(pool))) > 0) await delay(LOOK_EVERY_MS);
  await pool.end();
}
