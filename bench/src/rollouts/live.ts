import { setTimeout as delay } from 'node:timers/promises';
import { median, quantiles, sum } from '../load/numbers.js';
import type { Sql } from '../load/sql.js';
import type { RolloutFigures } from '../results.js';
import type { Run } from '../run.js';
import { operationsOf, type RolloutStack, startRolloutStack } from './rollout-stack.js';

const ROLLOUTS = 100;
const TARGETS = 10_000;
const ROUNDS = 5;
const IDLE_MS = 20_000;
/** For the statements and the background work of PostgreSQL that follow a change of all rollouts. */
const SETTLE_MS = 5_000;
const WAKE_UPS = 50;

const SPEC = { name: 'live', templateId: '1', userVersion: '1.0' };

/** Step 4 is AUDIT. The audit of each is looked at after 3 days, if nothing wakes it before. */
const SEED = [
  `with made as (select uuidv7() as id, n from generate_series(1, ${ROLLOUTS}) n), rollout as (
     insert into rollouts (id, caller, request_id, request_hash, spec, state, targets, waves_stale, submit_wave, release_wave,
       submissions, last_turn_at, created_at, started_at, updated_at, next_turn_at)
     select id, '', 'live-' || n, '', '${JSON.stringify(SPEC)}', 'RUNNING', ${TARGETS}, false, 1, 1, ${TARGETS}, now(), now(), now(),
       now(), now() + interval '3 days' from made
   ), wave as (insert into rollout_waves (rollout_id, wave, targets, submit_opened_at, release_opened_at)
     select id, 1, ${TARGETS}, now(), now() from made)
   insert into rollout_counts select id, 1, 4, 'WAITING', 'AUDIT', ${TARGETS} from made`,
  `insert into rollout_targets (rollout_id, position, appid, wave, step, state, holds_appid, waits_for, due_at,
     audit_operation_id, audit_id, updated_at)
   select id, p, 'wx' || lpad(to_hex(r.n * ${TARGETS} + p), 16, '0'), 1, 4, 'WAITING', true, 'AUDIT', now() + interval '3 days',
     gen_random_uuid(), p, now()
   from (select id, row_number() over (order by id) as n from rollouts) r, generate_series(1, ${TARGETS}) p order by 1, 2`,
  'vacuum analyze rollout_targets',
  'checkpoint',
];

/** The verdict of a target's audit, with the wake-up that its statement writes. Returns the rollout. */
const APPROVE = `
with chosen as (
  select t.* from rollout_targets t join (select id from rollouts order by id offset $1 limit 1) r on r.id = t.rollout_id
  where t.position = $1 + 1
), audit as (
  insert into audits (operation_id, appid, audit_id, user_version, state, submitted_at, decided_at, source, rollout_id)
  select audit_operation_id, appid, audit_id, '1.0', 'APPROVED', now(), now(), 'CALLBACK', rollout_id from chosen
)
insert into rollout_wakeups (rollout_id, appid) select rollout_id, appid from chosen returning rollout_id as id`;

/** What rollouts cost that wait for audits, and how soon one continues. */
export function live(run: Run): Promise<RolloutFigures> {
  return run.measurePart(async () => {
    const rollouts = await startRolloutStack(run, 'rollout-live');
    const { sql } = rollouts;
    run.log(`(rollout-live) seeding ${ROLLOUTS} rollouts of ${TARGETS} targets …`);
    for (const statement of SEED) await sql(statement);
    const rounds: Record<'live' | 'ended', Cores>[] = [];
    for (let n = 1; n <= ROUNDS; n += 1) {
      run.log(`(rollout-live) round ${n} of ${ROUNDS} …`);
      // What drifts over a round counts for each state in turn.
      const isLiveFirst = n % 2 === 1;
      const first = await idle(rollouts, isLiveFirst ? 'RUNNING' : 'COMPLETED');
      const second = await idle(rollouts, isLiveFirst ? 'COMPLETED' : 'RUNNING');
      rounds.push(isLiveFirst ? { live: first, ended: second } : { live: second, ended: first });
    }
    await sql(`update rollouts set state = 'RUNNING'`);
    run.log('(rollout-live) verdicts …');
    const wakeMs: number[] = [];
    for (let n = 0; n < WAKE_UPS; n += 1) wakeMs.push(await untilAccepted(sql, n));
    const without = (of: Part) => median(rounds.map(({ ended }) => ended(of)));
    const share = (...parts: Part[]) =>
      median(rounds.map(({ live, ended }) => sum(parts.map((of) => live(of) - ended(of)))));
    const all = share('worker', 'PostgreSQL', 'gateway');
    const { p50, p99 } = quantiles(wakeMs);
    const percent = (value: number) => `${(100 * value).toFixed(2)} %`;
    return {
      workload: `${ROLLOUTS} rollouts with ${TARGETS} targets each, seeded, all waiting for their audits; the deployment has nothing else to do. Medians of ${ROUNDS} rounds of ${IDLE_MS / 1000} s each: CPU while the rollouts are RUNNING, less that while they are COMPLETED (worker ${percent(without('worker'))}, PostgreSQL ${percent(without('PostgreSQL'))} of a core). A verdict is written with its wake-up, as a callback writes it.`,
      figures: [
        {
          figure: `CPU, of it worker ${percent(share('worker'))} and PostgreSQL ${percent(share('PostgreSQL'))}`,
          goal: '≤ 1 % of a core',
          measured: percent(all),
          isReached: all <= 0.01,
        },
        {
          figure: `verdict → next operation accepted, ${WAKE_UPS} rollouts`,
          goal: '≤ 600 ms',
          measured: `p50 ${p50.toFixed(0)} ms, p99 ${p99.toFixed(0)} ms`,
          isReached: p99 <= 600,
        },
      ],
    };
  });
}

type Part = 'worker' | 'PostgreSQL' | 'gateway';

/** The cores that a process uses. */
type Cores = (of: Part) => number;

/** The cores that each process uses while all rollouts are in a state. */
async function idle({ meter, sql }: RolloutStack, state: 'RUNNING' | 'COMPLETED'): Promise<Cores> {
  await sql('update rollouts set state = $1', [state]);
  await delay(SETTLE_MS);
  const before = await meter.read(0);
  await delay(IDLE_MS);
  const after = await meter.read(0);
  return (of) =>
    ((after.cpuSeconds[of] ?? 0) - (before.cpuSeconds[of] ?? 0)) / (after.seconds - before.seconds);
}

async function untilAccepted(sql: Sql, n: number): Promise<number> {
  const since = performance.now();
  const [row] = await sql<{ id: string }>(APPROVE, [n]);
  while ((await operationsOf(sql, row?.id ?? '')) === 0) await delay(2);
  return performance.now() - since;
}
