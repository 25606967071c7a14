import { columns, withoutNul } from '@wxa/postgres';
import { type Visible, whereVisible } from '@wxa/postgres/lists';
import type { ClientBase, Pool } from 'pg';
import type { FailureGroup, RolloutStateName, StoredCount, StoredRollout } from '../core/rollout.js';

/** The channel on which a rollout that becomes live is announced: while none is live, conductors look once a second. */
export const ROLLOUTS_CHANNEL = 'wxa_rollouts';

/** The states in which a rollout takes turns. */
export const LIVE_STATES: readonly RolloutStateName[] = ['RUNNING', 'PAUSED', 'CANCELLING'];
/** The same, of a column of SQL. */
export const IS_LIVE = `in ('${LIVE_STATES.join("', '")}')`;

export const COUNT = columns<StoredCount>({
  wave: 'smallint',
  step: 'smallint',
  state: 'text',
  waitsFor: 'text',
  targets: 'int',
});

/** Who acts, from the table alias `r`. */
export const ACTING = `coalesce(r.acting_caller, r.caller) as "actingCaller",
  coalesce(r.acting_on_behalf_of, r.on_behalf_of) as "actingOnBehalfOf"`;

/** Whether a row of `rollout_counts` is of targets in flight, from the table alias `c`: `isInFlight` of libs/rollouts. */
export const IN_FLIGHT = `(c.state in ('RUNNING', 'IN_DOUBT') or c.waits_for = 'OPERATION')`;

/** The number of steps that ended in the clock minute before that of a time, from the table alias `r`. */
export const stepsInMinuteBefore = (time: string): string => `case date_trunc('minute', ${time})
    when r.minute_at then r.steps_last_minute
    when r.minute_at + interval '1 minute' then r.steps_in_minute
    else 0 end`;

const OWN = `r.id, r.caller, r.on_behalf_of as "onBehalfOf", ${ACTING}, r.request_id as "requestId", r.state,
  r.pause_cause as "pauseCause", r.pause_detail as "pauseDetail", r.pause_explanation as "pauseExplanation", r.targets, r.waves_stale as "wavesStale",
  r.submit_wave as "submitWave", r.release_wave as "releaseWave", r.submissions, r.speed_ups as "speedUps", r.drifted, r.holds,
  r.last_seq as "lastSeq", r.version, r.rollback_of as "rollbackOf", r.rolled_back_by as "rolledBackBy",
  r.created_at as "createdAt", r.started_at as "startedAt", r.ended_at as "endedAt", r.updated_at as "updatedAt",
  r.open, r.intake_since as "intakeSince",
  ${stepsInMinuteBefore('clock_timestamp()')} as "stepsPerMinute"`;

const COUNTS = `coalesce((
  select json_agg(json_build_object('wave', c.wave, 'step', c.step, 'state', c.state, 'waitsFor', c.waits_for,
    'targets', c.targets) order by c.wave, c.step, c.state, c.waits_for)
  from rollout_counts c where c.rollout_id = r.id and c.targets > 0), '[]') as counts`;

const TOTALS = `coalesce((
  select json_agg(t order by t.step, t.state, t."waitsFor")
  from (select 0 as wave, step, state, waits_for as "waitsFor", sum(targets) as targets
    from rollout_counts c where c.rollout_id = r.id and c.targets > 0 group by step, state, waits_for) t), '[]') as counts`;

const WAVES = `coalesce((
  select json_agg(json_build_object('wave', w.wave, 'targets', w.targets, 'submitOpenedAt', w.submit_opened_at,
    'releaseOpenedAt', w.release_opened_at, 'endedAt', w.ended_at) order by w.wave)
  from rollout_waves w where w.rollout_id = r.id), '[]') as waves`;

const WITHOUT_EXT_JSON = `(${withoutNul('r.spec')}::jsonb - 'extJson') as spec`;

/** The select list of a StoredRollout, from the table alias `r`. */
export const WHOLE = `${OWN}, r.spec, ${COUNTS}, ${WAVES}`;
/** As `WHOLE`, without `extJson`, which can have 256 KiB. */
export const WATCHED = `${OWN}, ${WITHOUT_EXT_JSON}, ${COUNTS}, ${WAVES}`;
/** As `WATCHED`, with counts over all waves instead of waves. */
export const LISTED = `${OWN}, ${WITHOUT_EXT_JSON}, ${TOTALS}, null as waves`;

/** Reads one rollout in the current transaction. */
export async function readRollout(client: ClientBase, id: string): Promise<StoredRollout | undefined> {
  const { rows } = await client.query<StoredRollout>({
    name: 'read-rollout',
    text: `select ${WHOLE} from rollouts r where r.id = $1`,
    values: [id],
  });
  return rows[0];
}

const failures = (visible: string) => `
select state, step, coalesce(reason, '') as reason, coalesce(errcode, 0) as errcode, coalesce(error_title, '') as title,
  count(*)::int as count, any_value(error) as error, (array_agg(appid))[1:5] as "sampleAppids"
from rollout_targets where rollout_id = $1 and state in ('FAILED', 'IN_DOUBT', 'SKIPPED') and ${visible}
group by state, step, reason, errcode, error_title
order by count(*) desc, state, step, reason, errcode, error_title limit 100`;

/**
 * The groups of targets that are FAILED, IN_DOUBT or SKIPPED, largest first, at most 100.
 * @param visible counts only the targets of these mini-programs.
 */
export async function listFailures(
  pool: ClientBase | Pool,
  rolloutId: string,
  visible?: Visible,
): Promise<FailureGroup[]> {
  const values: unknown[] = [rolloutId];
  const seen = whereVisible('appid', visible, (value) => `$${values.push(value)}`);
  const { rows } = await pool.query<FailureGroup>(failures(seen), values);
  return rows;
}
