import { setTimeout as delay } from 'node:timers/promises';
import { sum } from '../load/numbers.js';
import type { Sql } from '../load/sql.js';
import type { RolloutFigures } from '../results.js';
import type { Run } from '../run.js';
import { newAppids } from './new-appids.js';
import { operationsOf, type RolloutStack, startRolloutStack } from './rollout-stack.js';

const TARGETS = 2_000;
const KILLS = 100;
/** GetVersionInfo: before a submission and a release, and to verify. */
const CALLS_PER_TARGET = 3;
/** The rollout is paused during every tenth kill. */
const PAUSED_EVERY = 10;
const WORKERS = 3;
/** The mean pause between two kills. A worker is killed again after three of them, and needs two to be ready: Kafka waits 10 s for the killed one. */
const PAUSE_MS = 5_000;
const ENV = {
  // The rollout lasts a fifth longer than the kills.
  WECHAT_RATE_PER_API: String((CALLS_PER_TARGET * TARGETS * 1_000) / (1.2 * KILLS * PAUSE_MS)),
  // A claim of a killed worker ends early.
  WECHAT_TIMEOUT_MS: '1500',
  OPERATION_LEASE_MARGIN_MS: '500',
};

const CHECKS = `
select (select last_seq::int from rollouts where id = $1) as seq,
  (select count(*)::int from rollout_changes where rollout_id = $1) as entries,
  (select count(*)::int from rollout_targets where rollout_id = $1 and state = 'SUCCEEDED') as succeeded,
  (select count(*)::int from (
    (select wave, step, state, coalesce(waits_for, '') as waits_for, count(*)::int as targets from rollout_targets
       where rollout_id = $1 group by 1, 2, 3, 4)
    except (select wave, step, state, waits_for, targets from rollout_counts where rollout_id = $1)) d) as miscounted`;

/** A rollout whose three workers are killed (SIGKILL) by turns. */
export function kills(run: Run): Promise<RolloutFigures> {
  return run.measurePart(async () => {
    const rollouts = await startRolloutStack(run, 'rollout-kills', {
      latencyMs: 50,
      workers: WORKERS,
      env: ENV,
    });
    const { sql, calls, sim } = rollouts;
    const { response } = await calls.create(newAppids(TARGETS), 'kills', { maxInFlight: 1_000 });
    await calls.command('startRollout', response.id);
    const { afterPause, live } = await killWorkers(run, rollouts, response.id);
    await calls.completed(response.id);
    const { effects } = await sim.summary();
    const [row] = await sql<Record<'seq' | 'entries' | 'succeeded' | 'miscounted', number>>(CHECKS, [
      response.id,
    ]);
    const { seq = 0, entries = 0, succeeded = 0, miscounted = 0 } = row ?? {};
    const twice = sum(Object.values(effects)) - Object.keys(effects).length * TARGETS;
    const figure = (name: string, found: number) => ({
      ...{ figure: name, goal: '0', measured: String(found), isReached: found === 0 },
    });
    return {
      workload: `A rollout of ${TARGETS} targets from COMMIT to VERIFY; ${KILLS} × kill -9 of its ${WORKERS} workers by turns, ${live} of them before it had ended, and during every tenth the rollout is paused.`,
      figures: [
        figure(`effects at WeChat beyond one of each kind (${Object.keys(effects).join(', ')})`, twice),
        figure('targets that did not succeed', TARGETS - succeeded),
        figure('counts that differ from a recount', miscounted),
        figure('gaps in the journal', seq - entries),
        figure('operations accepted after PauseRollout had returned', afterPause),
      ],
    };
  });
}

async function killWorkers(run: Run, { stack, sql, calls }: RolloutStack, id: string) {
  let [afterPause, live] = [0, 0];
  for (let n = 0; n < KILLS; n += 1) {
    const worker = stack.workers[n % stack.workers.length];
    if (await isLive(sql, id)) live += 1;
    const isPaused = n % PAUSED_EVERY === 0 && (await isLive(sql, id));
    if (isPaused) await calls.command('pauseRollout', id);
    const accepted = await operationsOf(sql, id);
    worker?.kill('SIGKILL');
    await worker?.exited;
    await worker?.start();
    // Evenly distributed, so that a kill can come at any moment of a turn.
    await delay(2 * Math.random() * PAUSE_MS);
    if (!isPaused) continue;
    afterPause += (await operationsOf(sql, id)) - accepted;
    await calls.command('resumeRollout', id);
    run.log(`(rollout-kills) ${n + 1} of ${KILLS}, ${accepted} operations …`);
  }
  return { afterPause, live };
}

async function isLive(sql: Sql, id: string): Promise<boolean> {
  return (await sql(`select from rollouts where id = $1 and state = 'RUNNING'`, [id])).length === 1;
}
