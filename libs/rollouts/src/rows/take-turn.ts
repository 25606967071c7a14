import { RolloutTargetFilter } from '@wxa/contracts';
import { columns } from '@wxa/postgres';
import type { Publisher } from '@wxa/postgres/outbox';
import type { ClientBase, Pool } from 'pg';
import { filterOf, type TargetFilter } from '../core/messages/filter-of.js';
import { numbersFrom } from '../core/pipeline.js';
import type { StoredCount, StoredRollout, WaitSettings } from '../core/rollout.js';
import type { Step } from '../core/target.js';
import { ACTING, COUNT, IN_FLIGHT, IS_LIVE } from './stored-rollout.js';

type Read =
  | ('id' | 'caller' | 'actingCaller' | 'actingOnBehalfOf' | 'rollbackOf' | 'lastSeq' | 'spec' | 'state')
  | (
      | 'pauseCause'
      | 'pauseDetail'
      | 'pauseExplanation'
      | 'targets'
      | 'submitWave'
      | 'releaseWave'
      | 'submissions'
      | 'speedUps'
    )
  | ('holds' | 'open' | 'intakeSince' | 'createdAt');

/** A rollout that is locked for a turn. */
export interface TurnRollout extends Pick<StoredRollout, Read> {
  /** The limit of its acting caller, and what that has unfinished besides the operations of this rollout; null without a limit. */
  callerLimit: { name: string; unfinished: number; used: number } | null;
  /** How many audits and speed-ups its acting caller may have in a month; null without a limit. */
  mostAudits: number | null;
  mostSpeedUps: number | null;
  tally: unknown;
  /** The day of China of `tally` and `daySubmissions`, as in 2026-11-30; null without `continuous`, and before the first turn. */
  tallyDay: string | null;
  daySubmissions: number;
  /** When a turn last looked for newcomers that no transaction had taken in. */
  intakeCheckedAt: Date | null;
  /** Of new targets. */
  completionsFloor: number;
  /** The positions of the targets that moved last, newest first. */
  latest: number[];
  startedAt: Date;
  /** By the clock of Postgres, when the turn began. */
  now: Date;
}

export interface TurnOptions {
  waits: WaitSettings;
  /** The platform's component appid; '' if it is not known. */
  platform: string;
  /** Whether this service keeps the authorizations: the token source is `component`. */
  checksAuthorization: boolean;
}

/** What a turn begins with: a rollout that is locked in a transaction. */
export interface TurnStart {
  client: ClientBase;
  /** Of the events and operations of the turn. */
  author: Publisher;
  rollout: TurnRollout;
  options: TurnOptions;
}

/** A row of `rollout_waves`. */
export interface TurnWave {
  wave: number;
  targets: number;
  endedAt: Date | null;
  submitReachedAt: Date | null;
  submitOpenedAt: Date | null;
  submitAnnounced: boolean;
  releaseReachedAt: Date | null;
  releaseOpenedAt: Date | null;
  releaseAnnounced: boolean;
}

export const WAVE = columns<TurnWave>({
  wave: 'smallint',
  targets: 'int',
  endedAt: 'timestamptz',
  submitReachedAt: 'timestamptz',
  submitOpenedAt: 'timestamptz',
  submitAnnounced: 'boolean',
  releaseReachedAt: 'timestamptz',
  releaseOpenedAt: 'timestamptz',
  releaseAnnounced: 'boolean',
});

/** A batch command that is not finished. */
export interface TurnCommand {
  seq: string;
  type: 'RETRIED' | 'SKIPPED' | 'CANCEL_REQUESTED' | 'CLOSED';
  /** `filter`: proto3 JSON of RolloutTargetFilter; `fromStep`: a RolloutStep without its prefix; `replacedBy`: of CLOSED. */
  args: { filter?: unknown; fromStep?: Step | null; replacedBy?: string } | null;
  /** Targets up to this position are processed. */
  cursor: number;
  moved: number;
  total: number;
}

/** The states that a command reads. Those that it cannot change are RUNNING, whose operations a cancellation ends. */
const COMMANDED = {
  RETRIED: ['FAILED', 'SKIPPED'],
  SKIPPED: ['PENDING', 'WAITING', 'FAILED'],
  CANCEL_REQUESTED: ['PENDING', 'WAITING', 'RUNNING'],
  CLOSED: ['PENDING', 'WAITING'],
} as const satisfies Record<TurnCommand['type'], readonly string[]>;

/** Which targets a command selects, those up to its cursor too: a retry from a step leaves those that ended before it. */
export function selectedBy({ type, args }: Pick<TurnCommand, 'type' | 'args'>): TargetFilter {
  const filter = filterOf(RolloutTargetFilter.fromJSON(args?.filter ?? {}));
  const states = COMMANDED[type].filter((state) => filter.states?.includes(state) ?? true);
  if (!args?.fromStep) return { ...filter, states };
  const from = numbersFrom(args.fromStep);
  return { ...filter, states, steps: filter.steps?.filter((step) => from.includes(step)) ?? from };
}

/** At most this many wake-ups, due targets, targets of a command, and operations in one turn. */
export const TURN_SIZE = 500;

// Under a rate limit a few operations end every 10 ms. A turn for each would cost more than their steps, so a turn takes what has
// gathered since the one before. One that is later than now was before the clock of Postgres went back.
const LIVE_AND_DUE = `r.state ${IS_LIVE} and r.id <> all($1::uuid[])
  and (r.next_turn_at <= clock_timestamp() or (r.last_turn_at not between clock_timestamp() - interval '100 ms' and clock_timestamp()
    and exists (select from rollout_wakeups w where w.rollout_id = r.id)))`;

/** What a poll finds that runs no turn. */
export interface Due {
  isAnyLive: boolean;
  isAnyDue: boolean;
}

/** Whether any rollout is live, and due, locked or not: one statement for the poll that finds none. `not`: rollouts to leave out. */
export async function dueRollouts(pool: Pool, not: string[]): Promise<Due> {
  const { rows } = await pool.query<Due>({
    name: 'due-rollouts',
    text: `select exists (select from rollouts r where r.state ${IS_LIVE}) as "isAnyLive",
      exists (select from rollouts r where ${LIVE_AND_DUE}) as "isAnyDue"`,
    values: [not],
  });
  return rows[0] ?? { isAnyLive: true, isAnyDue: false };
}

// What it has unfinished in rollouts is counted now, all else every few seconds: otherwise every rollout would stop at each count that
// includes its own operations.
const CALLER_LIMIT = `case when r.acting_unfinished is not null then (
  select json_build_object('name', a.name, 'unfinished', r.acting_unfinished, 'used',
    coalesce((select u.unfinished - u.of_rollouts from caller_usage u where u.caller = a.name), 0)
    + coalesce((select sum(c.targets) from rollouts o join rollout_counts c on c.rollout_id = o.id
      where o.state ${IS_LIVE} and o.id <> r.id and coalesce(o.acting_caller, o.caller) = a.name
        and ${IN_FLIGHT}), 0))
  from (select coalesce(r.acting_caller, r.caller) as name) a) end as "callerLimit"`;

const TAKE = `
select r.id, r.caller, ${ACTING}, ${CALLER_LIMIT}, r.acting_audits::float8 as "mostAudits",
  r.acting_speed_ups::float8 as "mostSpeedUps", r.spec, r.state, r.pause_cause as "pauseCause",
  r.pause_detail as "pauseDetail", r.pause_explanation as "pauseExplanation", r.targets, r.submit_wave as "submitWave", r.release_wave as "releaseWave", r.submissions,
  r.speed_ups as "speedUps", r.tally, r.holds, r.latest, r.last_seq as "lastSeq",
  r.rollback_of as "rollbackOf", r.started_at as "startedAt", r.created_at as "createdAt", r.open,
  r.intake_since as "intakeSince", r.intake_checked_at as "intakeCheckedAt", r.tally_day::text as "tallyDay",
  r.day_submissions as "daySubmissions", r.completions_floor as "completionsFloor", clock_timestamp() as now
from rollouts r where ${LIVE_AND_DUE}
order by r.last_turn_at <= clock_timestamp(), r.last_turn_at limit 1 for update of r skip locked`;

/** Locks the live rollout that is due and was served least recently; undefined if there is none. `not`: rollouts to leave out. */
export async function takeRollout(client: ClientBase, not: string[]): Promise<TurnRollout | undefined> {
  const { rows } = await client.query<TurnRollout>({ name: 'take-rollout', text: TAKE, values: [not] });
  return rows[0];
}

const WAKEUPS = `
delete from rollout_wakeups where id in (
  select id from rollout_wakeups where rollout_id = $1 order by id limit ${TURN_SIZE})
returning appid`;

/** Deletes the oldest wake-ups of a rollout and returns their mini-programs. */
export async function takeWakeups(client: ClientBase, id: string): Promise<string[]> {
  const { rows } = await client.query<{ appid: string }>({
    name: 'take-wakeups',
    text: WAKEUPS,
    values: [id],
  });
  return rows.map(({ appid }) => appid);
}

/** The counts of each wave. */
export async function turnCounts(client: ClientBase, id: string): Promise<StoredCount[]> {
  const { rows } = await client.query<StoredCount>({
    name: 'turn-counts',
    text: `select ${COUNT.select('c')} from rollout_counts c where rollout_id = $1`,
    values: [id],
  });
  return rows;
}

export async function turnWaves(client: ClientBase, id: string): Promise<TurnWave[]> {
  const { rows } = await client.query<TurnWave>({
    name: 'turn-waves',
    text: `select ${WAVE.select('w')} from rollout_waves w where rollout_id = $1 order by wave`,
    values: [id],
  });
  return rows;
}

/** The batch commands that are not finished, oldest first. */
export async function openCommands(client: Pick<ClientBase, 'query'>, id: string): Promise<TurnCommand[]> {
  const { rows } = await client.query<TurnCommand>({
    name: 'open-rollout-commands',
    text: `select seq, type, args, coalesce(cursor, 0) as cursor, moved, total from rollout_changes
      where rollout_id = $1 and not (done and published) and not done order by seq`,
    values: [id],
  });
  return rows;
}
