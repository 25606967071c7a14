import { expect } from '@jest/globals';
import { column, sql, value } from '../store/use-store.js';
import { STEPS } from './turn-steps.js';

interface TargetRow {
  position: number;
  appid: string;
  step: number;
  state: string;
  attempt: number;
  completions: number;
  /** Error of RELEASE that VERIFY decides about. */
  has_error: boolean;
}

type Tally = Record<string, { passed: number; failed: number; inDoubtBefore: number }>;

const [RELEASE, VERIFY] = [5, 7];
const FINAL = ['SUCCEEDED', 'FAILED', 'SKIPPED', 'CANCELLED'];

const COUNTED = `
select wave, step, state, coalesce(waits_for, '') as waits_for, count(*)::int as targets from rollout_targets
where rollout_id = $1 group by 1, 2, 3, 4 order by 1, 2, 3, 4`;

const STORED = `
select wave, step, state, waits_for, targets from rollout_counts where rollout_id = $1 and targets <> 0 order by 1, 2, 3, 4`;

// Newcomers fill the last wave of an open rollout.
const WAVES = `
select w.wave, w.targets, w.ended_at is not null as ended, count(t.*)::int as counted,
  count(t.*) > 0 and bool_and(t.state = any($2)) and not (w.wave = (select max(wave) from rollout_waves where rollout_id = $1)
    and (select open from rollouts where id = $1)) as all_ended
from rollout_waves w left join rollout_targets t on t.rollout_id = w.rollout_id and t.wave = w.wave
where w.rollout_id = $1 group by 1, 2, 3 order by 1`;

// The success of a submission that no turn has seen yet is not counted.
const SUBMISSIONS = `
select count(*)::int as counted from operations o where o.rollout_id = $1 and o.method = 'SubmitAudit'
  and o.state = 'SUCCEEDED' and not exists (select from rollout_targets t where t.rollout_id = $1 and t.operation_id = o.id
    and (t.state in ('RUNNING', 'IN_DOUBT') or t.waits_for = 'OPERATION'))`;

const ENDS = `
select value::json -> 'target' ->> 'step' as step, value::json -> 'target' ->> 'state' as state, event_id as "eventId"
from outbox where appid = $1 and type like '%.RolloutTargetCompleted' order by id`;

/** Counts everything that a rollout stores again, from its targets, its operations and its events. */
export class Recount {
  #targets: TargetRow[] = [];
  #tally: Tally = {};
  #ends = 0;
  #day: string | null = null;

  constructor(private readonly id: string) {}

  /** To be called after each turn and each change of targets. */
  async check(): Promise<void> {
    const { id } = this;
    expect(await sql(STORED, id)).toEqual(await sql(COUNTED, id));
    for (const wave of await sql<Record<'targets' | 'counted' | 'ended' | 'all_ended', unknown>>(
      WAVES,
      id,
      FINAL,
    ))
      expect([wave.targets, wave.ended]).toEqual([wave.counted, wave.all_ended]);
    const drifted = 'select count(drifted_domains)::int from rollout_targets where rollout_id = $1';
    expect(await value('select drifted from rollouts where id = $1', id)).toBe(await value(drifted, id));
    const [rollout] = await sql<{ submissions: number; tally: Tally; last_seq: string; day: string | null }>(
      'select submissions, tally, last_seq, case when open then tally_day::text end as day from rollouts where id = $1',
      id,
    );
    expect(rollout?.submissions).toBe(await value(SUBMISSIONS, id));
    this.#followDay(rollout?.day ?? null);
    await this.#follow();
    expect(counting(rollout?.tally ?? {})).toEqual(counting(this.#tally));
    await this.#checkJournal(Number(rollout?.last_seq));
    await this.#checkCommands();
  }

  /** The tally of an open rollout restarts with the day of China, which may end while a test runs. */
  #followDay(day: string | null): void {
    if (day !== null && this.#day !== null && day !== this.#day) this.resume();
    this.#day = day ?? this.#day;
  }

  /** A start or resume: nothing has ended, and what is in doubt does not count. */
  resume(): void {
    this.#tally = {};
    for (const [step, inDoubtBefore] of this.#inDoubt())
      this.#tally[STEPS[step] ?? ''] = { passed: 0, failed: 0, inDoubtBefore };
  }

  #inDoubt(): Map<number, number> {
    const counts = new Map<number, number>();
    for (const { step, state } of this.#targets)
      if (state === 'IN_DOUBT') counts.set(step, (counts.get(step) ?? 0) + 1);
    return counts;
  }

  /** Derives the executions of steps that ended from the targets before and after, and from the events of their ends. */
  async #follow(): Promise<void> {
    const before = new Map(this.#targets.map((target) => [target.position, target]));
    this.#targets = await sql<TargetRow>(
      `select position, appid, step, state, attempt, completions, error is not null as has_error
       from rollout_targets where rollout_id = $1 order by position`,
      this.id,
    );
    const ends = await sql<{ step: string; state: string; eventId: string }>(ENDS, this.id);
    for (const { step, state } of ends.slice(this.#ends)) {
      const name = step.replace('ROLLOUT_STEP_', '');
      if (state.endsWith('SUCCEEDED')) this.#count(name, 'passed');
      if (state.endsWith('FAILED')) this.#count(name, 'failed');
    }
    this.#ends = ends.length;
    const completions = this.#targets.flatMap(({ appid, completions: n }) =>
      Array.from({ length: n }, (_, i) => `${this.id}.${appid}.${i + 1}`),
    );
    expect(ends.map((end) => end.eventId).toSorted()).toEqual(completions.toSorted());
    for (const target of this.#targets) {
      const old = before.get(target.position);
      if (old === undefined) continue;
      expect(target.attempt).toBeGreaterThanOrEqual(old.attempt);
      expect(target.completions).toBeGreaterThanOrEqual(old.completions);
      const keepsError = old.step === RELEASE && target.step === VERIFY && target.has_error;
      if (target.step > old.step && !keepsError) this.#count(STEPS[old.step] ?? '', 'passed');
    }
    for (const [step, counts] of Object.entries(this.#tally))
      counts.inDoubtBefore = Math.min(counts.inDoubtBefore, this.#inDoubt().get(STEPS.indexOf(step)) ?? 0);
  }

  #count(step: string, result: 'passed' | 'failed'): void {
    const counts = this.#tally[step] ?? { passed: 0, failed: 0, inDoubtBefore: 0 };
    this.#tally[step] = { ...counts, [result]: counts[result] + 1 };
  }

  async #checkJournal(lastSeq: number): Promise<void> {
    const seqs = await column('select seq from rollout_changes where rollout_id = $1 order by seq', this.id);
    expect(seqs.map(Number)).toEqual(Array.from({ length: lastSeq }, (_, i) => i + 1));
    const twice = `select event_id from outbox where appid = $1 group by event_id having count(*) > 1`;
    expect(await column(twice, this.id)).toEqual([]);
  }

  /** Each operation has one command, and each target that is in progress has an operation of this rollout. */
  async #checkCommands(): Promise<void> {
    const wrong = await sql(
      `select o.request_id from operations o where o.rollout_id = $1
         and (select count(*) from outbox x where x.event_id = o.id || '.command.0') <> 1
       union all
       select t.appid from rollout_targets t left join operations o on o.id = t.operation_id and o.rollout_id = $1
       where t.rollout_id = $1 and (t.state in ('RUNNING', 'IN_DOUBT') or t.waits_for = 'OPERATION')
         and (o.id is null or o.appid <> t.appid)`,
      this.id,
    );
    expect(wrong).toEqual([]);
  }
}

function counting(tally: Tally): Tally {
  return Object.fromEntries(
    Object.entries(tally).filter(
      ([, { passed, failed, inDoubtBefore }]) => passed + failed + inDoubtBefore > 0,
    ),
  );
}
