import { type Actor, type OnRecorded, recordedTransaction, type TrailAction } from '@wxa/postgres/trail';
import type { ClientBase, Pool } from 'pg';
import type { StoredRollout } from '../core/rollout.js';
import { type JournalEntry, writeJournal } from '../rows/journal.js';
import { IS_LIVE, LIVE_STATES, ROLLOUTS_CHANNEL, readRollout } from '../rows/stored-rollout.js';

/** At most this many rollouts are RUNNING, PAUSED or CANCELLING at a time. */
export const MAX_LIVE_ROLLOUTS = 200;

/** Columns of `rollouts` that a call sets. */
export interface RolloutColumns extends Partial<Pick<StoredRollout, Changed>> {
  tally?: unknown;
  /** `now`: PostgreSQL's time; `keep`: only if it is not set yet. */
  startedAt?: 'keep';
  endedAt?: 'now' | null;
  intakeSince?: 'now';
  intakeLabels?: string[];
}

type Changed =
  | ('spec' | 'state' | 'pauseCause' | 'pauseDetail' | 'pauseExplanation' | 'targets' | 'wavesStale')
  | ('submitWave' | 'releaseWave' | 'rolledBackBy' | 'open');

/** What a call does to a rollout whose row it has locked. */
export interface RolloutEdit {
  action: TrailAction;
  set: RolloutColumns;
  entries: JournalEntry[];
  /** Further facts for the audit trail. */
  detail?: Record<string, unknown>;
}

/** Who makes a call, and why. */
export interface RolloutActor {
  by: Actor;
  reason: string;
  /** Those of `by.caller`. */
  limits?: ActingLimits | undefined;
}

/** What the policy allows a caller for whom operations of rollouts are accepted. */
export interface ActingLimits {
  unfinished?: number | undefined;
  auditsPerMonth?: number | undefined;
  speedUpsPerMonth?: number | undefined;
}

/**
 * Locks a rollout, lets `edit` decide and do further statements, stores what it returns and records who asked for it. The
 * preceding turn has committed and the next one sees the change. Resolves to the rollout as it is then; undefined if it is
 * unknown. `edit` throws to refuse the call, and returns undefined if there is nothing to change.
 */
export function changeRollout(
  pool: Pool,
  log: { onRecorded?: OnRecorded },
  id: string,
  actor: RolloutActor,
  edit: (
    rollout: StoredRollout,
    client: ClientBase,
  ) => RolloutEdit | undefined | Promise<RolloutEdit | undefined>,
): Promise<StoredRollout | undefined> {
  const { by, reason } = actor;
  return recordedTransaction(pool, { ...log, by }, async (client, record) => {
    const rollout = await lockRollout(client, id);
    if (rollout === undefined) return undefined;
    const edited = await edit(rollout, client);
    if (edited === undefined) return rollout;
    await storeEdit(client, rollout, edited, actor);
    const detail = { rollout_id: id, ...(reason !== '' && { reason }), ...edited.detail };
    await record({ action: edited.action, detail });
    return readRollout(client, id);
  });
}

/** Locks a rollout's row before its counts are read, so that they are those of the last turn. */
export async function lockRollout(client: ClientBase, id: string): Promise<StoredRollout | undefined> {
  await client.query(`set local lock_timeout = '6s'`);
  const { rowCount } = await client.query('select from rollouts where id = $1 for update', [id]);
  return rowCount === 0 ? undefined : readRollout(client, id);
}

/** Stores an edit of a locked rollout with its journal entries; the next turn is due at once. */
export async function storeEdit(
  client: ClientBase,
  rollout: Pick<StoredRollout, 'id' | 'lastSeq' | 'state'>,
  { set, entries }: Pick<RolloutEdit, 'set' | 'entries'>,
  { by, reason, limits }: RolloutActor,
): Promise<void> {
  const values: unknown[] = [rollout.id, entries.length];
  const bind = (value: unknown) => `$${values.push(value)}`;
  const assigned = columnsOf(set, bind);
  if (entries.some(({ type }) => ACTS.includes(type)))
    assigned.push(
      `acting_caller = ${bind(by.caller ?? '')}, acting_on_behalf_of = ${bind(by.onBehalfOf ?? '')}`,
      `(${ACTING_LIMITS}) = (${valuesOf(limits).map(bind).join(', ')}), acted_at = clock_timestamp()`,
    );
  const isLive = LIVE_STATES.includes(set.state ?? rollout.state);
  const turn = `next_turn_at = ${isLive ? 'clock_timestamp()' : 'null'}`;
  await client.query(
    `update rollouts set ${[...assigned, ...ALWAYS, turn].join(', ')} where id = $1`,
    values,
  );
  if (isLive && !LIVE_STATES.includes(rollout.state)) await client.query(`notify ${ROLLOUTS_CHANNEL}`);
  await writeJournal(
    client,
    rollout,
    by,
    entries.map((entry) => ({ reason, ...entry })),
  );
}

/** Limits the caller who acts to what the policy now allows it; nothing if another caller has acted since. */
export async function limitRollout(
  pool: Pool,
  { id, actingCaller }: Pick<StoredRollout, 'id' | 'actingCaller'>,
  limits: ActingLimits | undefined,
): Promise<void> {
  const text = `update rollouts set (${ACTING_LIMITS}) = ($3, $4, $5) where id = $1
    and coalesce(acting_caller, caller) = $2 and (${ACTING_LIMITS}) is distinct from ($3::bigint, $4::bigint, $5::bigint)`;
  await pool.query({ name: 'limit-rollout', text, values: [id, actingCaller, ...valuesOf(limits)] });
}

/** Lifts the limits of all callers, as without a policy. */
export async function unlimitRollouts(pool: Pool): Promise<void> {
  const text = `update rollouts set (${ACTING_LIMITS}) = (null, null, null)
    where state ${IS_LIVE} and num_nonnulls(${ACTING_LIMITS}) > 0`;
  await pool.query({ name: 'unlimit-rollouts', text });
}

const ACTING_LIMITS = 'acting_unfinished, acting_audits, acting_speed_ups';
const valuesOf = ({ unfinished, auditsPerMonth, speedUpsPerMonth }: ActingLimits = {}) =>
  [unfinished, auditsPerMonth, speedUpsPerMonth].map((limit) => limit ?? null);

/** The entries of calls that let a rollout run. */
const ACTS: readonly JournalEntry['type'][] = ['STARTED', 'RESUMED', 'RETRIED'];

const ALWAYS = ['last_seq = last_seq + $2', 'version = version + 1', 'updated_at = clock_timestamp()'];

function columnsOf(set: RolloutColumns, bind: (value: unknown) => string): string[] {
  const json = (value: unknown) => `${bind(JSON.stringify(value))}::json`;
  return [
    ...('spec' in set ? [`spec = ${json(set.spec)}`] : []),
    ...('state' in set ? [`state = ${bind(set.state)}`] : []),
    ...('pauseCause' in set ? [`pause_cause = ${bind(set.pauseCause)}`] : []),
    ...('pauseDetail' in set
      ? [`pause_detail = ${bind(set.pauseDetail)}, pause_explanation = ${json(set.pauseExplanation ?? null)}`]
      : []),
    ...('targets' in set ? [`targets = ${bind(set.targets)}`] : []),
    ...('wavesStale' in set ? [`waves_stale = ${bind(set.wavesStale)}`] : []),
    ...('submitWave' in set ? [`submit_wave = ${bind(set.submitWave)}`] : []),
    ...('releaseWave' in set ? [`release_wave = ${bind(set.releaseWave)}`] : []),
    ...('tally' in set ? [`tally = ${json(set.tally)}`] : []),
    ...('rolledBackBy' in set ? [`rolled_back_by = ${bind(set.rolledBackBy)}`] : []),
    ...('open' in set ? [`open = ${bind(set.open)}`] : []),
    ...('intakeSince' in set ? ['intake_since = clock_timestamp()'] : []),
    ...('intakeLabels' in set ? [`intake_labels = ${bind(set.intakeLabels)}`] : []),
    ...('startedAt' in set ? ['started_at = coalesce(started_at, clock_timestamp())'] : []),
    ...('endedAt' in set ? [`ended_at = ${set.endedAt === null ? 'null' : 'clock_timestamp()'}`] : []),
  ];
}

/** What a caller has in rollouts. */
export interface RolloutUse {
  /** RUNNING, PAUSED or CANCELLING, of all callers. */
  live: number;
  /** Of these, what this caller created or let run last. */
  ownLive: number;
  drafts: number;
  /** Of its drafts and live rollouts. */
  targets: number;
}

/** Counts what is unfinished, of a caller and in all. Calls that count wait for each other, so that they count each other. */
export async function rolloutUse(client: ClientBase, caller: string): Promise<RolloutUse> {
  await client.query(`select pg_advisory_xact_lock(hashtextextended('wxa rollouts start', 0))`);
  const { rows } = await client.query<RolloutUse>(
    `select count(*) filter (where state <> 'DRAFT')::int as live,
       count(*) filter (where state <> 'DRAFT' and $1 in (caller, acting_caller))::int as "ownLive",
       count(*) filter (where state = 'DRAFT' and caller = $1)::int as drafts,
       coalesce(sum(targets) filter (where caller = $1), 0)::int as targets
     from rollouts where state = 'DRAFT' or state ${IS_LIVE}`,
    [caller],
  );
  return rows[0] ?? { live: 0, ownLive: 0, drafts: 0, targets: 0 };
}
