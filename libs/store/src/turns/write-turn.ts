import type { ClientBase } from 'pg';
import {
  type PauseCause,
  type RolloutStateName,
  type StoredCount,
  stepsInMinuteBefore,
} from '../rollouts/stored-rollout.js';
import { storable } from '../server/storable.js';
import type { TurnRollout, TurnWave } from './take-turn.js';
import type { TurnTarget } from './turn-targets.js';

/** A target as a turn leaves it, with the columns that only lists and failure groups read. */
export interface WrittenTarget extends TurnTarget {
  reason: string | null;
  errcode: number | null;
  errorTitle: string | null;
}

/** The columns of the rollout that a turn changes. */
export interface WrittenRollout {
  state: RolloutStateName;
  pauseCause: PauseCause | null;
  pauseDetail: string | null;
  submitWave: number;
  releaseWave: number;
  submissions: number;
  speedUps: number;
  tally: unknown;
  holds: unknown[];
  latest: number[];
  /** How many steps ended in this turn. */
  stepsEnded: number;
  /** Null: only a wake-up starts the next turn. */
  nextTurnAt: Date | null;
  /** Whether anything that callers see has changed. */
  isNews: boolean;
  endedAt: Date | null;
}

const TARGETS = `
update rollout_targets t set step = i.step, state = i.state, part = i.part, attempt = i.attempt,
  completions = i.completions, holds_appid = i.holds_appid, waits_for = i.waits_for, due_at = i.due_at,
  privacy_at = i.privacy_at, operation_id = i.operation_id, audit_operation_id = i.audit_operation_id,
  audit_id = i.audit_id, audit_delayed = i.audit_delayed, baseline_version = i.baseline_version, error = i.error::json,
  reason = i.reason, errcode = i.errcode, error_title = i.error_title, check_results = i.check_results::json,
  checked_items = i.checked_items::json, gray_share = i.gray_share, released = i.released, updated_at = $2
from unnest($3::int[], $4::smallint[], $5::text[], $6::smallint[], $7::smallint[], $8::smallint[], $9::boolean[],
    $10::text[], $11::timestamptz[], $12::timestamptz[], $13::uuid[], $14::uuid[], $15::bigint[], $16::boolean[],
    $17::text[], $18::text[], $19::text[], $20::int[], $21::text[], $22::text[], $23::text[],
    $24::smallint[], $25::boolean[])
  as i(position, step, state, part, attempt, completions, holds_appid, waits_for, due_at, privacy_at, operation_id,
    audit_operation_id, audit_id, audit_delayed, baseline_version, error, reason, errcode, error_title, check_results,
    checked_items, gray_share, released)
where t.rollout_id = $1 and t.position = any($3) and t.position = i.position`;

const text = (value: string | null) => (value === null ? null : storable(value));
const json = (value: unknown) => (value === null || value === undefined ? null : JSON.stringify(value));

export async function writeTargets(
  client: ClientBase,
  { id, now }: Pick<TurnRollout, 'id' | 'now'>,
  targets: readonly WrittenTarget[],
): Promise<void> {
  if (targets.length === 0) return;
  const column = (value: (target: WrittenTarget) => unknown) => targets.map(value);
  await client.query({
    name: 'write-rollout-targets',
    text: TARGETS,
    values: [
      ...[id, now],
      ...[column((t) => t.position), column((t) => t.step), column((t) => t.state), column((t) => t.part)],
      ...[column((t) => t.attempt), column((t) => t.completions), column((t) => t.holdsAppid)],
      ...[column((t) => t.waitsFor), column((t) => t.dueAt), column((t) => t.privacyAt)],
      ...[column((t) => t.operationId), column((t) => t.auditOperationId), column((t) => t.auditId)],
      ...[
        column((t) => t.auditDelayed),
        column((t) => text(t.baselineVersion)),
        column((t) => json(t.error)),
      ],
      ...[column((t) => t.reason), column((t) => t.errcode), column((t) => text(t.errorTitle))],
      ...[column((t) => json(t.checkResults)), column((t) => json(t.checkedItems))],
      ...[column((t) => t.grayShare), column((t) => t.isReleased)],
    ],
  });
}

const COUNTS = `
insert into rollout_counts as c (rollout_id, wave, step, state, waits_for, targets)
select $1, * from unnest($2::smallint[], $3::smallint[], $4::text[], $5::text[], $6::int[])
on conflict (rollout_id, wave, step, state, waits_for) do update set targets = c.targets + excluded.targets`;

/** Changes counts by differences. */
export async function addToCounts(
  client: ClientBase,
  id: string,
  differences: readonly StoredCount[],
): Promise<void> {
  if (differences.length === 0) return;
  const values = [
    differences.map((d) => d.wave),
    differences.map((d) => d.step),
    differences.map((d) => d.state),
    differences.map((d) => d.waitsFor),
    differences.map((d) => d.targets),
  ];
  await client.query({ name: 'add-to-rollout-counts', text: COUNTS, values: [id, ...values] });
}

const WAVES = `
update rollout_waves w set ended_at = i.ended_at, submit_reached_at = i.submit_reached_at,
  submit_opened_at = i.submit_opened_at, submit_announced = i.submit_announced, release_reached_at = i.release_reached_at,
  release_opened_at = i.release_opened_at, release_announced = i.release_announced
from unnest($2::smallint[], $3::timestamptz[], $4::timestamptz[], $5::timestamptz[], $6::boolean[], $7::timestamptz[],
    $8::timestamptz[], $9::boolean[])
  as i(wave, ended_at, submit_reached_at, submit_opened_at, submit_announced, release_reached_at, release_opened_at,
    release_announced)
where w.rollout_id = $1 and w.wave = i.wave`;

export async function writeWaves(client: ClientBase, id: string, waves: readonly TurnWave[]): Promise<void> {
  if (waves.length === 0) return;
  const values = [
    waves.map((w) => w.wave),
    waves.map((w) => w.endedAt),
    waves.map((w) => w.submitReachedAt),
    waves.map((w) => w.submitOpenedAt),
    waves.map((w) => w.submitAnnounced),
    waves.map((w) => w.releaseReachedAt),
    waves.map((w) => w.releaseOpenedAt),
    waves.map((w) => w.releaseAnnounced),
  ];
  await client.query({ name: 'write-rollout-waves', text: WAVES, values: [id, ...values] });
}

const ROLLOUT = `
update rollouts r set state = $2, pause_cause = $3, pause_detail = $4, submit_wave = $5, release_wave = $6, submissions = $7,
  speed_ups = $8, tally = $9::json, holds = $10::json, latest = $11,
  minute_at = date_trunc('minute', $17::timestamptz), steps_last_minute = ${stepsInMinuteBefore('$17')},
  steps_in_minute = $12::int + case r.minute_at when date_trunc('minute', $17) then r.steps_in_minute else 0 end,
  next_turn_at = $13, ended_at = $14, last_seq = $15, version = version + $16,
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
      ...[
        id,
        r.state,
        r.pauseCause,
        text(r.pauseDetail),
        r.submitWave,
        r.releaseWave,
        r.submissions,
        r.speedUps,
      ],
      ...[json(r.tally), json(r.holds), r.latest, r.stepsEnded],
      ...[r.nextTurnAt, r.endedAt, String(lastSeq), r.isNews ? 1 : 0, now],
    ],
  });
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
