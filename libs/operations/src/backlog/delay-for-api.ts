import { IS_BY_QUOTA, IS_STOPPED } from '@wxa/limits';
import { withoutNul } from '@wxa/postgres';
import type { Pool } from 'pg';
import { isUnexecuted } from '../claim.js';

// The stops are locked before the operations, so that a transaction that lifts one sees every operation delayed by it. A
// delay of weeks does not count against the deadline, which begins with the next attempt. A change that may have been
// executed is reconciled instead: its callbacks and its audit must not wait for the end of the stop, and both need the time
// of its first attempt. A request with `fail_without_quota` waits for operators only: the worker claims it, and it fails.
const DELAY = `
with asked as (
  select * from unnest($1::uuid[], $2::text[], $3::int[]) as a(asked_id, asked_api, asked_partition)
), stop as materialized (
  select l.api, l.stopped_until, ${IS_BY_QUOTA} as by_quota from api_limits l
  where l.api = any($2) and ${IS_STOPPED} order by l.api for share
), locked as materialized (
  select o.id from operations o join asked a on a.asked_id = o.id join stop s on s.api = a.asked_api
  where o.id = any($1) and (not o.parked or o.backlog is not null) and o.state in ('QUEUED', 'RETRYING')
    and ${isUnexecuted('o')}
    and not (s.by_quota and coalesce(${withoutNul('o.request')} ->> 'failWithoutQuota' = 'true', false))
  order by o.id for update of o
), delayed as (
  update operations o set parked = true, backlog = null, blocked_by = null, waits_for_api = a.asked_api,
    partition = a.asked_partition, started_at = null, throttled_ms = 0,
    next_attempt_at = s.stopped_until, updated_at = clock_timestamp()
  from locked l join asked a on a.asked_id = l.id join stop s on s.api = a.asked_api
  where o.id = any($1) and o.id = l.id
  returning o.id
)
select a.asked_id as id, exists (select from stop s where s.api = a.asked_api) as stopped,
  exists (select from delayed d where d.id = a.asked_id) as delayed from asked a`;

/** An operation of an API that may be stopped. */
export interface DelayForApi {
  id: string;
  api: string;
  /** The partition of its command: the worker that owns it loads the operation again. */
  partition: number;
}

/** `stopped`: the API is stopped; `delayed`: the operation waits in Postgres until the stop ends. */
export interface DelayedForApi {
  stopped: boolean;
  delayed: boolean;
}

/**
 * Delays operations until the stops of their APIs end; one result for each. Not those that may have been executed, and not
 * those that fail without a quota.
 */
export async function delayForApi(pool: Pool, asked: DelayForApi[]): Promise<DelayedForApi[]> {
  const { rows } = await pool.query<DelayedForApi & { id: string }>({
    name: 'delay-for-api',
    text: DELAY,
    values: [asked.map(({ id }) => id), asked.map(({ api }) => api), asked.map(({ partition }) => partition)],
  });
  const found = new Map(rows.map(({ id, stopped, delayed }) => [id, { stopped, delayed }]));
  return asked.map(({ id }) => found.get(id) ?? { stopped: false, delayed: false });
}
