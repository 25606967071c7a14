import { storable } from '@wxa/postgres';
import type { ClientBase } from 'pg';
import type { StoredCount } from '../core/rollout.js';
import type { Target } from '../core/target.js';
import { COUNT, stepsInMinuteBefore } from './stored-rollout.js';
import { rowOf, TARGET } from './stored-target.js';
import { type TurnRollout, type TurnWave, WAVE } from './take-turn.js';

/** The columns of the rollout that a turn changes. */
export interface WrittenRollout extends Pick<TurnRollout, Kept> {
  /** How many steps ended in this turn. */
  stepsEnded: number;
  /** How many more targets have drifted than before. */
  moreDrifted: number;
  /** Null: only a wake-up starts the next turn. */
  nextTurnAt: Date | null;
  /** Whether anything that callers see has changed. */
  isNews: boolean;
  endedAt: Date | null;
}

type Kept =
  | (
      | 'state'
      | 'pauseCause'
      | 'pauseDetail'
      | 'pauseExplanation'
      | 'submitWave'
      | 'releaseWave'
      | 'submissions'
      | 'speedUps'
    )
  | ('tally' | 'holds' | 'latest')
  | ('targets' | 'open' | 'intakeSince' | 'intakeCheckedAt' | 'tallyDay' | 'daySubmissions');

const WRITTEN = TARGET.omit('appid', 'wave', 'waveGiven', 'extPatch', 'items', 'updatedAt');

const TARGETS = `
update rollout_targets t set ${WRITTEN.omit('position').assign('i')}, updated_at = $2
from ${WRITTEN.rows('i', 3)}
where t.rollout_id = $1 and t.position = any($3) and t.position = i.position`;

export async function writeTargets(
  client: ClientBase,
  { id, now }: Pick<TurnRollout, 'id' | 'now'>,
  targets: readonly Target[],
): Promise<void> {
  if (targets.length === 0) return;
  const values = [id, now, ...WRITTEN.values(targets.map(rowOf))];
  await client.query({ name: 'write-rollout-targets', text: TARGETS, values });
}

const COUNTS = `
insert into rollout_counts as c (rollout_id, ${COUNT.names})
select $1, ${COUNT.from('i')} from ${COUNT.rows('i', 2)}
on conflict (rollout_id, wave, step, state, waits_for) do update set targets = c.targets + excluded.targets`;

/** Changes counts by differences. */
export async function addToCounts(
  client: ClientBase,
  id: string,
  differences: readonly StoredCount[],
): Promise<void> {
  if (differences.length === 0) return;
  const values = [id, ...COUNT.values(differences)];
  await client.query({ name: 'add-to-rollout-counts', text: COUNTS, values });
}

const WAVES = `
update rollout_waves w set ${WAVE.omit('wave').assign('i')} from ${WAVE.rows('i', 2)}
where w.rollout_id = $1 and w.wave = i.wave`;

export async function writeWaves(client: ClientBase, id: string, waves: readonly TurnWave[]): Promise<void> {
  if (waves.length === 0) return;
  const values = [id, ...WAVE.values(waves)];
  await client.query({ name: 'write-rollout-waves', text: WAVES, values });
}

const ROLLOUT = `
update rollouts r set state = $2, pause_cause = $3, pause_detail = $4, submit_wave = $5, release_wave = $6, submissions = $7,
  speed_ups = $8, tally = $9::json, holds = $10::json, latest = $11,
  minute_at = date_trunc('minute', $17::timestamptz), steps_last_minute = ${stepsInMinuteBefore('$17')},
  steps_in_minute = $12::int + case r.minute_at when date_trunc('minute', $17) then r.steps_in_minute else 0 end,
  next_turn_at = $13, ended_at = $14, last_seq = $15, version = version + $16,
  targets = $18, open = $19, intake_since = $20, intake_checked_at = $21, tally_day = $22, day_submissions = $23,
  drifted = drifted + $24, pause_explanation = $25::json,
  updated_at = case when $16 = 1 then $17 else updated_at end, last_turn_at = clock_timestamp()
where id = $1`;

export async function writeRollout(
  client: ClientBase,
  { id, now }: Pick<TurnRollout, 'id' | 'now'>,
  rollout: WrittenRollout,
  lastSeq: bigint,
): Promise<void> {
  const r = rollout;
  await client.query({
    name: 'write-rollout',
    text: ROLLOUT,
    values: [
      ...[id, r.state, r.pauseCause, r.pauseDetail && storable(r.pauseDetail), r.submitWave, r.releaseWave],
      ...[r.submissions, r.speedUps],
      ...[JSON.stringify(r.tally), JSON.stringify(r.holds), r.latest, r.stepsEnded],
      ...[r.nextTurnAt, r.endedAt, String(lastSeq), r.isNews ? 1 : 0, now],
      ...[r.targets, r.open, r.intakeSince, r.intakeCheckedAt, r.tallyDay, r.daySubmissions, r.moreDrifted],
      r.pauseExplanation && JSON.stringify(r.pauseExplanation),
    ],
  });
}

/** When the next target is due, after `writeTargets`. */
export async function nextDueAt(client: ClientBase, id: string): Promise<Date | null> {
  const { rows } = await client.query<{ at: Date | null }>({
    name: 'next-due-target',
    text: 'select min(due_at) as at from rollout_targets where rollout_id = $1 and due_at is not null',
    values: [id],
  });
  return rows[0]?.at ?? null;
}

/** Wakes the targets of other rollouts that wait for these mini-programs. */
export async function wakeWaiting(client: ClientBase, id: string, released: string[]): Promise<void> {
  if (released.length === 0) return;
  await client.query({
    name: 'wake-waiting-targets',
    text: `insert into rollout_wakeups (rollout_id, appid) select rollout_id, appid from rollout_targets
      where appid = any($2::text[]) and waits_for = 'OTHER_ROLLOUT' and rollout_id <> $1`,
    values: [id, released],
  });
}

/** Wakes targets of a rollout. */
export async function wake(client: ClientBase, id: string, appids: string[]): Promise<void> {
  if (appids.length === 0) return;
  const text = 'insert into rollout_wakeups (rollout_id, appid) select $1, unnest($2::text[])';
  await client.query({ name: 'wake-targets', text, values: [id, appids] });
}

const ADOPT = `
update rollout_targets t set operation_id = i.earlier_id from unnest($2::text[], $3::uuid[], $4::uuid[]) as i(appid, id, earlier_id)
where t.rollout_id = $1 and t.appid = any($2) and t.appid = i.appid and t.operation_id = i.id`;

/** Gives targets that were written with a new operation an earlier one, and wakes them. */
export async function adopt(
  client: ClientBase,
  id: string,
  earlier: { appid: string; id: string; earlierId: string }[],
): Promise<void> {
  if (earlier.length === 0) return;
  const appids = earlier.map(({ appid }) => appid);
  const ids = [earlier.map((each) => each.id), earlier.map(({ earlierId }) => earlierId)];
  await client.query({ name: 'adopt-operations', text: ADOPT, values: [id, appids, ...ids] });
  await wake(client, id, appids);
}

// In the order of appids, so that two turns do not wait for each other. A read that is running meanwhile ends the scheduled read, and
// not one that an event asked for.
const SOON = `
insert into mini_programs as m (appid, due_at, versions_due_at)
select appid, clock_timestamp(), clock_timestamp() + interval '1 day' from authorizers where appid = any($1) order by appid
on conflict (appid) do update set due_parts = case when m.due_parts is not null then '{}'::text[] end,
  due_at = least(m.due_at, greatest(clock_timestamp(), m.read_at + interval '1 minute')), updated_at = clock_timestamp()`;

/** Targets of rollouts wait for what is known of these mini-programs: all parts are read, at most once a minute. */
export async function readSoon(client: ClientBase, appids: readonly string[]): Promise<void> {
  if (appids.length > 0) await client.query({ name: 'read-soon', text: SOON, values: [appids] });
}
