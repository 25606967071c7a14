import {
  type RolloutHistoryPoint,
  RolloutSpec,
  type RolloutTarget,
  type WatchRolloutResponse,
} from '@wxa/contracts';
import { unlessAborted } from '@wxa/postgres';
import { type Visible, whereVisible } from '@wxa/postgres/lists';
import type { Pool } from 'pg';
import type { TargetFilter } from '../core/messages/filter-of.js';
import { toRollout } from '../core/messages/to-rollout.js';
import type { StoredRollout } from '../core/rollout.js';
import { toRolloutTarget } from '../core/rollout-target.js';
import { ACTING, LISTED, WATCHED, WHOLE } from '../rows/stored-rollout.js';
import { conditionsOf, SHOWN, type StoredTarget, targetOf } from '../rows/stored-target.js';

/** Rejects with the signal's reason if the signal is aborted before the statement begins. */
export async function findRollout(
  pool: Pool,
  id: string,
  signal?: AbortSignal,
): Promise<StoredRollout | undefined> {
  const { rows } = await unlessAborted(pool, signal, (client) =>
    client.query<StoredRollout>({
      name: 'find-rollout',
      text: `select ${WHOLE} from rollouts r where r.id = $1`,
      values: [id],
    }),
  );
  return rows[0];
}

/** A rollout as a watcher has it. */
export type KnownRollout = Pick<StoredRollout, 'id' | 'version'>;

/** A rollout with the targets that moved last, newest first. */
export interface WatchedRollout extends StoredRollout {
  latest: StoredTarget[];
}

/** What has become of a watched rollout; null: Postgres does not have it. */
export type ChangedVersion = [id: string, rollout: WatchedRollout | null];

/**
 * The rollouts that have another version than one of the given ones, without `extJson`. After Postgres has lost time that is a
 * lower one, or the rollout is unknown.
 */
export async function changedVersions(pool: Pool, known: readonly KnownRollout[]): Promise<ChangedVersion[]> {
  const { rows } = await pool.query<Omit<StoredRollout, 'id'> & { id: string | null; known: string }>({
    name: 'changed-versions-of-rollouts',
    text: `select k.id as known, ${WATCHED} from unnest($1::uuid[], $2::bigint[]) as k(id, version)
      left join rollouts r on r.id = k.id where r.id is null or r.version <> k.version`,
    values: [known.map(({ id }) => id), known.map(({ version }) => version)],
  });
  const found = rows.flatMap(({ known: _known, id, ...rollout }) =>
    id === null ? [] : [{ id, ...rollout }],
  );
  const watched = new Map((await withLatest(pool, found)).map((rollout) => [rollout.id, rollout]));
  return rows.map(({ known: id }) => [id, watched.get(id) ?? null]);
}

/** Adds the targets that moved last, as they are now. */
export async function withLatest(pool: Pool, rollouts: StoredRollout[]): Promise<WatchedRollout[]> {
  if (rollouts.length === 0) return [];
  const { rows } = await pool.query<StoredTarget & { rolloutId: string }>({
    name: 'latest-targets-of-rollouts',
    text: `select r.id as "rolloutId", ${SHOWN} from rollouts r
      cross join lateral unnest(r.latest) with ordinality as l(position, nth)
      join rollout_targets t on t.rollout_id = r.id and t.position = l.position
      where r.id = any($1::uuid[]) order by l.nth`,
    values: [rollouts.map(({ id }) => id)],
  });
  return rollouts.map((rollout) => ({
    ...rollout,
    latest: rows.filter(({ rolloutId }) => rolloutId === rollout.id),
  }));
}

/** A rollout for a stream, without `spec.ext_json`, with the visible ones of the targets that moved most recently. */
export function toWatched(
  stored: WatchedRollout,
  visible: { has(appid: string): boolean } | undefined,
): WatchRolloutResponse {
  const rollout = toRollout(stored);
  const latest = stored.latest.filter(({ appid }) => visible?.has(appid) ?? true);
  return {
    rollout: { ...rollout, spec: rollout.spec && { ...rollout.spec, extJson: '' } },
    latest: latest.map(targetMessages(stored)),
  };
}

/** What makes the messages of the targets of a rollout, without their operations. */
export function targetMessages(
  { id, spec, rollbackOf }: StoredRollout,
  withRequests = false,
): (row: StoredTarget) => RolloutTarget {
  const context = { id, spec: RolloutSpec.fromJSON(spec), isRollback: rollbackOf !== null };
  return (row) => toRolloutTarget(targetOf(row), context, { updatedAt: row.updatedAt, withRequests });
}

/** Who lets a rollout run. */
export interface RunningRollout extends Pick<StoredRollout, 'id' | 'caller' | 'actingCaller'> {
  /** Changes with each start, resume and retry, and with the limits of the acting caller. */
  mark: string;
}

/** All rollouts that are RUNNING. */
export async function runningRollouts(pool: Pool): Promise<RunningRollout[]> {
  const { rows } = await pool.query<RunningRollout>({
    name: 'running-rollouts',
    text: `select r.id, r.caller, ${ACTING},
        row(r.acted_at, r.acting_unfinished, r.acting_audits, r.acting_speed_ups)::text as mark
      from rollouts r where r.state = 'RUNNING'`,
  });
  return rows;
}

/** Which rollouts to list, newest first. */
export interface RolloutFilter {
  states?: readonly string[];
  /** Only those that contain this mini-program. */
  appid?: string;
  /** Only those that this caller created. */
  creator?: string;
  /** Only those that this caller created or, last, let run. */
  caller?: string;
  /** Only those created before this one. */
  beforeId?: string;
  limit: number;
}

/** One page of rollouts. Rejects with the signal's reason if the signal is aborted before the statement begins. */
export async function listRollouts(
  pool: Pool,
  { states, appid, creator, caller, beforeId, limit }: RolloutFilter,
  signal?: AbortSignal,
): Promise<StoredRollout[]> {
  const values: unknown[] = [limit];
  const bind = (value: unknown) => `$${values.push(value)}`;
  const conditions = [
    'true',
    ...(states === undefined ? [] : [`r.state = any(${bind(states)}::text[])`]),
    ...(creator === undefined ? [] : [`r.caller = ${bind(creator)}`]),
    ...(caller === undefined ? [] : [`${bind(caller)} in (r.caller, r.acting_caller)`]),
    ...(beforeId === undefined ? [] : [`r.id < ${bind(beforeId)}`]),
    ...(appid === undefined
      ? []
      : [`exists (select from rollout_targets t where t.appid = ${bind(appid)} and t.rollout_id = r.id)`]),
  ];
  const text = `select ${LISTED} from rollouts r where ${conditions.join(' and ')} order by r.id desc limit $1`;
  const { rows } = await unlessAborted(pool, signal, (client) => client.query<StoredRollout>(text, values));
  return rows;
}

/** The last target of a page. */
export type TargetPosition = Pick<StoredTarget, 'step' | 'wave' | 'position'> & { state: string };

/** Which targets of a rollout to list: by position, or by state, step, wave and position if the filter names states. */
export interface TargetQuery {
  rolloutId: string;
  filter: TargetFilter;
  /** Undefined for all mini-programs. */
  visible: Visible | undefined;
  after?: TargetPosition;
  limit: number;
}

/** One page of targets. Rejects with the signal's reason if the signal is aborted before the statement begins. */
export async function listTargets(
  pool: Pool,
  { rolloutId, filter, visible, after, limit }: TargetQuery,
  signal?: AbortSignal,
): Promise<StoredTarget[]> {
  const values: unknown[] = [rolloutId, limit];
  const bind = (value: unknown) => `$${values.push(value)}`;
  const order = filter.states === undefined ? ['position'] : (['state', 'step', 'wave', 'position'] as const);
  const columns = order.map((column) => `t.${column}`).join(', ');
  const start = after && order.map((column) => bind(after[column as keyof TargetPosition])).join(', ');
  const conditions = [
    't.rollout_id = $1',
    ...conditionsOf(filter, bind),
    whereVisible('t.appid', visible, bind),
    ...(start === undefined ? [] : [`(${columns}) > (${start})`]),
  ];
  const text = `select ${SHOWN} from rollout_targets t where ${conditions.join(' and ')}
    order by ${columns} limit $2`;
  const { rows } = await unlessAborted(pool, signal, (client) => client.query<StoredTarget>(text, values));
  return rows;
}

export async function findTarget(
  pool: Pool,
  rolloutId: string,
  appid: string,
  signal?: AbortSignal,
): Promise<StoredTarget | undefined> {
  const { rows } = await unlessAborted(pool, signal, (client) =>
    client.query<StoredTarget>({
      name: 'find-rollout-target',
      text: `select ${SHOWN} from rollout_targets t where t.appid = $2 and t.rollout_id = $1`,
      values: [rolloutId, appid],
    }),
  );
  return rows[0];
}

const count = (kind: string) => `count(*) filter (where kind = '${kind}')::int as ${kind}`;

const history = (visible: string) => `
with targets as (
  select state, updated_at, audit_operation_id from rollout_targets where rollout_id = $1 and ${visible}
), submissions as (select submitted_at, decided_at from targets join audits on operation_id = audit_operation_id),
events (at, kind) as (
  select updated_at, lower(state) from targets where state in ('SUCCEEDED', 'FAILED')
  union all select submitted_at, 'submitted' from submissions
  union all select decided_at, 'decided' from submissions where decided_at is not null
)
select date_bin(make_interval(secs => $2), at, 'epoch') as time, ${count('submitted')}, ${count('decided')},
  ${count('succeeded')}, ${count('failed')}
from events group by 1 order by 1`;

/** The intervals in which something happened, oldest first. @param visible counts only the targets of these mini-programs. */
export async function listHistory(
  pool: Pool,
  { rolloutId, intervalS, visible }: { rolloutId: string; intervalS: number; visible?: Visible | undefined },
): Promise<RolloutHistoryPoint[]> {
  const values: unknown[] = [rolloutId, intervalS];
  const seen = whereVisible('appid', visible, (value) => `$${values.push(value)}`);
  const { rows } = await pool.query<RolloutHistoryPoint>(history(seen), values);
  return rows;
}
