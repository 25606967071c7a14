import type { Pool } from 'pg';
import { CONFIRMATIONS } from '../confirmations.js';
import { transaction } from '../leases/transaction.js';
import { currentRate } from './api-rate.js';

/** The limits of one API for the whole platform. */
export interface ApiLimit {
  api: string;
  /** Calls per second; null: no limit. */
  rate: number | null;
  /** Set while WeChat's quota is exhausted. */
  stop: ApiStop | null;
}

/** No calls to an API before `until`. */
export interface ApiStop {
  since: Date;
  until: Date;
  errcode: number;
  errmsg: string;
}

// WeChat's quotas follow the months of China (UTC+8). Its clock may be behind ours: if a quota is exhausted in the first
// hour of a month, it may still be that of the old month, so the API is tried again after 10 minutes.
const MONTH = `date_trunc('month', clock_timestamp() at time zone 'Asia/Shanghai') at time zone 'Asia/Shanghai'`;
const NEXT_MONTH = `(date_trunc('month', clock_timestamp() at time zone 'Asia/Shanghai') + interval '1 month')
  at time zone 'Asia/Shanghai' + interval '1 minute'`;

const STOP = `
insert into api_limits as l (api, stopped_at, stopped_until, stop_errcode, stop_errmsg)
values ($1, clock_timestamp(), case when clock_timestamp() < ${MONTH} + interval '1 hour'
  then clock_timestamp() + interval '10 minutes' else ${NEXT_MONTH} end, $2, $3)
on conflict (api) do update set stopped_until = excluded.stopped_until, stop_errcode = excluded.stop_errcode,
  stop_errmsg = excluded.stop_errmsg,
  stopped_at = case when l.stopped_until > clock_timestamp() then l.stopped_at else excluded.stopped_at end`;

/** Stops an API for the whole platform until the next month begins in China (UTC+8). */
export async function stopApi(pool: Pool, api: string, errcode: number, errmsg: string): Promise<void> {
  await pool.query({ name: 'stop-api', text: STOP, values: [api, errcode, errmsg] });
}

const LIMITS = `
select api, ${currentRate('$1')} as rate, case when stopped_until > clock_timestamp() then
  json_build_object('since', stopped_at, 'until', stopped_until, 'errcode', stop_errcode, 'errmsg', stop_errmsg)
  end as stop from api_limits order by api`;

type Row = Omit<ApiLimit, 'stop'> & {
  stop: (Omit<ApiStop, 'since' | 'until'> & Record<'since' | 'until', string>) | null;
};

/** The limits of every API that was ever limited. @param configured calls per second of each; 0: no limit of this service. */
export async function readApiLimits(pool: Pool, configured: number): Promise<ApiLimit[]> {
  const { rows } = await pool.query<Row>({
    name: 'api-limits',
    text: LIMITS,
    values: [configured || null],
  });
  return rows.map(({ stop, ...limit }) => ({
    ...limit,
    stop: stop && { ...stop, since: new Date(stop.since), until: new Date(stop.until) },
  }));
}

// The stop is locked, so that a transaction that lifts it sees every operation delayed by it. A delay of weeks does not count
// against the deadline, which begins with the next attempt. An operation that may have been executed is reconciled instead:
// its callbacks and its audit must not wait for the next month, and both need the time of its first attempt.
const DELAY = `
with stop as materialized (
  select stopped_until from api_limits where api = $2 and stopped_until > clock_timestamp() for share
), delayed as (
  update operations o set parked = true, backlog = null, blocked_by = null, waits_for_api = $2, partition = $3,
    started_at = null, throttled_ms = 0,
    next_attempt_at = stop.stopped_until, updated_at = clock_timestamp()
  from stop where o.id = $1 and (not o.parked or o.backlog is not null) and o.state in ('QUEUED', 'RETRYING')
    and (not o.may_have_acted or o.said_not_done >= ${CONFIRMATIONS})
  returning o.id
)
select exists (select from stop) as stopped, exists (select from delayed) as delayed`;

/**
 * Delays an operation until the stop of an API ends, unless it may have been executed. `stopped`: the API is stopped;
 * `delayed`: the operation is delayed in Postgres now.
 */
export async function delayForApi(
  pool: Pool,
  id: string,
  api: string,
  partition: number,
): Promise<{ stopped: boolean; delayed: boolean }> {
  const { rows } = await pool.query({ name: 'delay-for-api', text: DELAY, values: [id, api, partition] });
  return rows[0];
}

/** Lifts a stop: the operations it delayed are due now. Returns their number; undefined if the API is not stopped. */
export function liftStop(pool: Pool, api: string): Promise<number | undefined> {
  return transaction(pool, async (client) => {
    const stop = await client.query(
      `update api_limits set stopped_at = null, stopped_until = null, stop_errcode = null, stop_errmsg = null
       where api = $1 and stopped_until > clock_timestamp()`,
      [api],
    );
    if (stop.rowCount === 0) return undefined;
    const { rowCount } = await client.query(
      `update operations set next_attempt_at = clock_timestamp(), updated_at = clock_timestamp()
       where parked and backlog is null and blocked_by is null and waits_for_api = $1`,
      [api],
    );
    return rowCount ?? 0;
  });
}
