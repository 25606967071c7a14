import { KEEP_COMMITS, TRIM_COMMITS } from '@wxa/fleet';
import { lowestId } from '@wxa/operations';
import type { OperationRetention } from '@wxa/operations/history';
import type { Pool } from 'pg';

/** How long rows are stored, in milliseconds; callbacks and audits as long as changes. */
export interface Retention extends OperationRetention {
  /** Of the audit trail; at least 30 days. */
  trailMs: number;
  /** Of rollouts, from their end. */
  rolloutsMs: number;
}

/** Maximum number of rows per statement. */
const AT_ONCE = 5_000;

// Not clock_timestamp(): only a value that is constant during a statement can be looked up in an index. And not
// `in (select …)`: for 5,000 rows Postgres may read the whole table instead of looking up each row.
const OLD = `< statement_timestamp() - $1 * interval '1 millisecond'`;

// The history check must know which operations may be missing, whatever the retention was when they were deleted.
const operations = (oldest: string, deletedUntil: string, kept = '') => `
with gone as (
  delete from operations where id = any(array(${oldest} limit ${AT_ONCE}))
  returning ended_at, appid, method, state, request
)${kept}, recorded as (
  update history_state set ${deletedUntil} = greatest(${deletedUntil}, (select max(ended_at) from gone))
  where exists (select from gone)
)
select count(*)::int as deleted from gone`;

const QUERIES = operations(
  `select id from operations where not is_change and ended_at ${OLD}`,
  'queries_deleted_until',
);

// The id has the time (UUIDv7), so the oldest rows are found by the primary key.
const CHANGES = operations(
  `select id from operations where id < $2::uuid and is_change and ended_at ${OLD} order by id`,
  'changes_deleted_until',
  `, kept as (${KEEP_COMMITS('gone')})`,
);

const PUSHES = `delete from audit_pushes where key = any(array(select key from audit_pushes
  where not waiting and received_at ${OLD} order by received_at limit ${AT_ONCE}))`;

// The second kind is open, but not polled any more. It is polled again if the owner returns, which a target may wait for.
const AUDITS = `delete from audits where operation_id = any(array(
  (select operation_id from audits where state <> 'OPEN' and decided_at ${OLD} order by decided_at limit ${AT_ONCE})
  union all
  (select operation_id from audits a where state = 'OPEN' and next_poll_at = 'infinity' and submitted_at ${OLD}
    and not exists (select from rollout_targets t where t.appid = a.appid and t.holds_appid and t.audit_operation_id = a.operation_id)
    limit ${AT_ONCE})
  limit ${AT_ONCE}))`;

// The application may not delete rows of the trail itself.
const TRAIL = `select delete_old_trail($1 * interval '1 millisecond', ${AT_ONCE}) as deleted`;

// One rollout at a time. While targets are left it is CANCELLED, so that no call brings them back.
const ROLLOUTS = `
with old as materialized (
  select id from rollouts where ended_at ${OLD} order by ended_at limit 1 for update skip locked
), gone as (
  delete from rollout_targets where rollout_id = (select id from old) and position = any(array(
    select position from rollout_targets where rollout_id = (select id from old) order by position limit ${AT_ONCE}))
  returning rollout_id
), emptied as materialized (
  select id from old where (select count(*) from gone) < ${AT_ONCE}
), kept as (
  update rollouts set state = 'CANCELLED' where id in (select id from old except select id from emptied)
), waves as (
  delete from rollout_waves where rollout_id in (select id from emptied)
), counts as (
  delete from rollout_counts where rollout_id in (select id from emptied)
), candidates as (
  delete from rollout_candidates where rollout_id in (select id from emptied)
), changes as (
  delete from rollout_changes where rollout_id in (select id from emptied)
), rollout as (
  delete from rollouts where id in (select id from emptied) returning id
)
select (select count(*) from gone)::int + (select count(*) from rollout)::int as deleted`;

// An abandoned draft ends as old as its retention, so that the statement of rollouts deletes it.
const DRAFTS = `update rollouts set state = 'CANCELLED', version = version + 1,
  ended_at = statement_timestamp() - $2 * interval '1 millisecond' - interval '1 second' where id = any(array(
    select id from rollouts where state = 'DRAFT' and updated_at ${OLD} limit ${AT_ONCE} for update skip locked))`;
/** Nobody has changed the draft for 30 days. */
const DRAFT_MS = 30 * 86_400_000;

// A verdict that came after a cancellation, for example.
const WAKEUPS = `delete from rollout_wakeups where id = any(array(
  select w.id from rollout_wakeups w left join rollouts r on r.id = w.rollout_id
  where r.state is null or r.state in ('COMPLETED', 'CANCELLED') limit ${AT_ONCE}))`;

// One that a transaction wrote while the rollout ended.
const CANDIDATES = `delete from rollout_candidates where (rollout_id, appid) in (
  select c.rollout_id, c.appid from rollout_candidates c left join rollouts r on r.id = c.rollout_id
  where r.state is null or r.state in ('COMPLETED', 'CANCELLED') limit ${AT_ONCE})`;

const INSTANCES = `delete from instances where id = any(array(select id from instances
  where seen_at ${OLD} limit ${AT_ONCE}))`;
/** A stopped worker deletes its own row; this is for lost ones. */
const INSTANCE_MS = 86_400_000;

// The latest stays: while there is one, it is repeated.
const SYNCS = `delete from authorizer_syncs where id = any(array(select id from authorizer_syncs
  where ended_at ${OLD} and id < (select max(id) from authorizer_syncs) order by id limit ${AT_ONCE}))`;
const SYNC_MS = 90 * 86_400_000;

const LINKS = `delete from link_labels where pre_auth_code_hash = any(array(select pre_auth_code_hash from link_labels
  where created_at ${OLD} limit ${AT_ONCE}))`;
/** WeChat's code is valid for half an hour. */
const LINK_MS = 86_400_000;

const READERS = `delete from token_readers where ctid = any(array(select ctid from token_readers
  where last_at ${OLD} limit ${AT_ONCE}))`;
/** After the last read. */
const READER_MS = 400 * 86_400_000;

interface Kind {
  table: string;
  /** Returns `deleted` or one row for each deleted one. */
  text: string;
  values(retention: Retention): unknown[];
}

const KINDS = {
  queries: { table: 'operations', text: QUERIES, values: ({ queriesMs }) => [queriesMs] },
  changes: {
    table: 'operations',
    text: CHANGES,
    values: ({ changesMs }) => [changesMs, lowestId(Date.now() - changesMs)],
  },
  pushes: { table: 'audit_pushes', text: PUSHES, values: ({ changesMs }) => [changesMs] },
  audits: { table: 'audits', text: AUDITS, values: ({ changesMs }) => [changesMs] },
  trail: { table: 'trail', text: TRAIL, values: ({ trailMs }) => [trailMs] },
  drafts: { table: 'rollouts', text: DRAFTS, values: ({ rolloutsMs }) => [DRAFT_MS, rolloutsMs] },
  rollouts: { table: 'rollout_targets', text: ROLLOUTS, values: ({ rolloutsMs }) => [rolloutsMs] },
  wakeups: { table: 'rollout_wakeups', text: WAKEUPS, values: () => [] },
  candidates: { table: 'rollout_candidates', text: CANDIDATES, values: () => [] },
  syncs: { table: 'authorizer_syncs', text: SYNCS, values: () => [SYNC_MS] },
  links: { table: 'link_labels', text: LINKS, values: () => [LINK_MS] },
  readers: { table: 'token_readers', text: READERS, values: () => [READER_MS] },
  commits: { table: 'commits', text: TRIM_COMMITS(AT_ONCE), values: () => [] },
  instances: { table: 'instances', text: INSTANCES, values: () => [INSTANCE_MS] },
} as const satisfies Record<string, Kind>;

/** A kind of rows that retention deletes with a statement of its own. */
export type Retained = keyof typeof KINDS;
export const RETAINED = Object.keys(KINDS) as Retained[];

/** The table of a kind. */
export function tableOf(what: Retained): string {
  return KINDS[what].table;
}

/** Deletes old rows of one kind, a bounded number per call. Returns how many rows it deleted. */
export async function deleteOld(pool: Pool, what: Retained, retention: Retention): Promise<number> {
  const { text, values }: Kind = KINDS[what];
  const { rows, rowCount } = await pool.query<{ deleted: number }>(text, values(retention));
  return rows[0]?.deleted ?? rowCount ?? 0;
}
