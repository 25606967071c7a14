import { ALL_OUTBOXES } from '@wxa/postgres/outbox';
import { IS_LIVE } from '@wxa/rollouts/rows';
import type { Pool } from 'pg';
import { IS_RUNNING_WORKER } from './instances.js';

/** What waits in the whole deployment. Times in milliseconds since 1970; null: there is none, or it is not known. */
export interface BacklogCounts {
  operations: { state: string; isChange: boolean; count: number; oldestMs: number }[];
  /** In doubt, and not reconciled any more. */
  awaitingResolution: number;
  /** Queued although another operation of their request may have been executed before `wxa restore`. */
  queuedInDoubt: number;
  /** One row for each writer that has events. */
  outbox: { writer: string; depth: number; oldestMs: number }[];
  quarantined: { writer: string; count: number }[];
  authorizers: { state: string; count: number }[];
  /** When the last sync of authorizers that succeeded ended. */
  syncedMs: number | null;
  audits: { open: number; delayed: number; oldestMs: number | null };
  /** Live ones. `oldestTurnMs`: the last turn of the one that is due for a turn and has waited longest. */
  rollouts: {
    live: { state: string; pauseCause: string | null; count: number }[];
    oldestTurnMs: number | null;
    /** `step` is a number of RolloutStep. */
    targets: { step: number; state: string; count: number }[];
    wakeups: number;
    /** Of rollouts that are RUNNING. */
    candidates: number;
  };
  /** Those that have reported themselves lately. */
  workers: { version: string; count: number }[];
  component: { ticketMs: number | null; tokenMs: number | null; tokenUntilMs: number | null };
  /** Proto3 JSON of GetAuditQuotaResponse, as last read; null if WeChat did not report it. */
  auditQuota: { quota: Record<string, number>; atMs: number } | null;
}

/** Rows that are read of each kind at most: the counts are then lower bounds. */
const MAX_ROWS = 200_000;
const MAX_EVENTS = 100_001;

const ms = (time: string) => `(extract(epoch from ${time}) * 1000)::float8`;
const all = (rows: string) => `(select coalesce(json_agg(r), '[]') from (${rows}) r)`;

// Finished operations are read by no part of it. `order by id`: ids are in the order of acceptance, so that the oldest are counted.
const SQL = `
with unfinished as materialized (
  select state, is_change, created_at, ask_at, may_have_acted from operations where ended_at is null order by id limit ${MAX_ROWS}
), waiting as materialized (
  select w.app as writer, e.time from (values ${ALL_OUTBOXES}) w(app, writer),
    lateral (select time from outbox o where o.writer = w.writer order by id limit ${MAX_EVENTS}) e
), open_audits as materialized (
  select submitted_at, delayed_at from audits where state = 'OPEN' limit ${MAX_ROWS}
), live_rollouts as materialized (
  select id, state, pause_cause, next_turn_at, last_turn_at from rollouts
  where state ${IS_LIVE} limit ${MAX_ROWS}
)
select
  ${all(`select state, is_change as "isChange", count(*) as count, ${ms('min(created_at)')} as "oldestMs"
    from unfinished group by state, is_change`)} as operations,
  (select count(*)::int from unfinished where state = 'IN_DOUBT' and ask_at is null) as "awaitingResolution",
  (select count(*)::int from unfinished where state = 'QUEUED' and may_have_acted) as "queuedInDoubt",
  ${all(`select writer, count(*) as depth, ${ms('min(time)')} as "oldestMs" from waiting group by writer`)} as outbox,
  ${all(`select writer, count(*) as count from (select writer from outbox_refused limit ${MAX_EVENTS}) q
    group by writer`)} as quarantined,
  ${all(`select state, count(*) as count from (select state from authorizers order by state limit ${MAX_ROWS}) a
    group by state`)} as authorizers,
  (select ${ms('max(ended_at)')} from authorizer_syncs where state = 'SUCCEEDED') as "syncedMs",
  (select json_build_object('open', count(*), 'delayed', count(delayed_at), 'oldestMs', ${ms('min(submitted_at)')})
    from open_audits) as audits,
  json_build_object(
    'live', ${all(`select state, pause_cause as "pauseCause", count(*) as count from live_rollouts
      group by state, pause_cause`)},
    'oldestTurnMs', (select ${ms('min(last_turn_at)')} from live_rollouts l where next_turn_at <= clock_timestamp()
      or exists (select from rollout_wakeups w where w.rollout_id = l.id)),
    'targets', ${all(`select step, state, sum(targets) as count from (select c.step, c.state, c.targets from live_rollouts l
      join rollout_counts c on c.rollout_id = l.id limit ${MAX_ROWS}) t group by step, state`)},
    'wakeups', (select count(*) from (select from rollout_wakeups limit ${MAX_EVENTS}) w),
    'candidates', (select count(*) from (select from rollout_candidates c join live_rollouts l on l.id = c.rollout_id
      where l.state = 'RUNNING' limit ${MAX_EVENTS}) c)
  ) as rollouts,
  ${all(`select version, count(*) as count from instances where ${IS_RUNNING_WORKER} group by version order by version`)} as workers,
  (select json_build_object('ticketMs', ${ms('max(ticket_sent_at)')}, 'tokenMs', ${ms('max(access_token_at)')},
    'tokenUntilMs', ${ms('max(access_token_until)')}) from components) as component,
  (select json_build_object('quota', json_build_object('rest', rest, 'limit', "limit",
      'speedupRest', greatest(0, speedup_rest), 'speedupLimit', speedup_limit), 'atMs', ${ms('observed_at')})
    from audit_quota where rest is not null and ("limit" > 0 or rest > 0 or speedup_limit > 0) order by observed_at desc limit 1) as "auditQuota"`;

/** Counts what waits, in one statement. */
export async function readBacklog(pool: Pool): Promise<BacklogCounts> {
  const { rows } = await pool.query<BacklogCounts>({ name: 'read-backlog', text: SQL });
  const [counts] = rows;
  if (counts === undefined) throw new Error('Postgres returned no row');
  return counts;
}
