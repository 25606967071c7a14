import type { Pool } from 'pg';
import { type Recording, recordedTransaction } from './callers/trail.js';
import { CONFIRMATIONS } from './operations/claim.js';
import { transaction } from './transaction.js';

/** Factor by which a rate is cut when WeChat's rate limit rejects a call. */
const CUT = 0.7;
/** Share of the cut rate that recovers per second. */
const REGROWTH = 0.05;
/** A cut ends after this time; by then the rate is four times the cut rate. */
const FORGOTTEN_AFTER_S = 60;
/** Minimum rate after a cut, in calls per second, so that one rejection does not stop an API with few calls. */
const FLOOR = 5;
/** Minimum time between two cuts, because all calls in flight are rejected at once. */
const ONE_CUT_IN_S = 1;
/** Duration of a block of reservations. */
const BLOCK_S = 0.2;
/** Blocks have their full duration while the next free reservation is due within this time; then they shrink, to avoid bursts. */
const NEAR_S = 0.3;

const BLOCK = `${BLOCK_S} * power(${NEAR_S} / greatest(${NEAR_S}, extract(epoch from next_at - now)::float8), 2)`;

/** Reservations for calls to one API. */
export interface Reservations {
  /** When the first is due, and when they were taken, in milliseconds of the database's clock. */
  startsAt: number;
  now: number;
  spacingMs: number;
  count: number;
}

const sinceCut = `extract(epoch from clock_timestamp() - cut_at)`;

/** The current limit of an API, in calls per second; null: no limit. `configured` is null if none is set. */
export const currentRate = (configured: string) => `least(${configured}::float8,
  case when ${sinceCut} < ${FORGOTTEN_AFTER_S} then cut_rate * (1 + ${REGROWTH} * ${sinceCut}) end)`;

/** The row of an API is looked up by the period of its last update. */
const PERIOD_S = 5;
const period = (clock: string) => `floor(extract(epoch from ${clock}) / ${PERIOD_S})::bigint`;
/** More than the number of periods since 1970. */
const ANY_PERIOD = 1_000_000_000;

// The row is locked before the clock is read, so that the reservations of all workers follow one another.
const TAKE = `
with locked as materialized (
  select api, next_at from api_places
  where api = $1 and period >= ${period('statement_timestamp()')} - $4::bigint for update
), rated as materialized (
  select k.api, k.next_at, clock_timestamp() as now, ${currentRate('$3')} as rate
  from locked k join api_limits using (api)
), reserved as materialized (
  select api, now, rate, greatest(next_at, now) as starts_at,
    greatest(1, least($2::int, ceil(rate * ${BLOCK})))::int as reservations
  from rated where rate is not null
), advanced as (
  update api_places l set next_at = p.starts_at + p.reservations / p.rate * interval '1 second', period = ${period('p.now')}
  from reserved p where l.api = $1 and l.period >= ${period('statement_timestamp()')} - $4::bigint
)
select extract(epoch from starts_at)::float8 * 1000 as "startsAt", extract(epoch from now)::float8 * 1000 as now,
  1000 / rate as "spacingMs", reservations as count from reserved`;

/**
 * Takes the next reservations for calls to an API: at most `wanted`, for at most 200 ms, and fewer if workers compete for
 * them. Returns undefined if the API has no limit now. @param configured calls per second; 0: no limit of this service.
 */
export async function takeReservations(
  pool: Pool,
  api: string,
  wanted: number,
  configured: number,
): Promise<Reservations | undefined> {
  const take = async (periods: number) => {
    const { rows } = await pool.query<Reservations>({
      name: 'take-reservations',
      text: TAKE,
      values: [api, wanted, configured || null, periods],
    });
    return rows[0];
  };
  const reservations = (await take(1)) ?? (await take(ANY_PERIOD));
  if (reservations !== undefined) return reservations;
  // The API has no row yet, or no limit now.
  await createRows(pool, api);
  return take(ANY_PERIOD);
}

/** Creates the rows of an API. No key prevents a second row in `api_places`, so the row of `api_limits` is locked. */
async function createRows(pool: Pool, api: string): Promise<void> {
  await transaction(pool, async (client) => {
    await client.query('insert into api_limits (api) values ($1) on conflict do nothing', [api]);
    await client.query('select from api_limits where api = $1 for update', [api]);
    await client.query(
      'insert into api_places (api) select $1 where not exists (select from api_places where api = $1)',
      [api],
    );
  });
}

const CUT_RATE = `
insert into api_limits as l (api, cut_rate, cut_at)
values ($1, greatest(${CUT} * coalesce($2::float8, $3::float8), least(${FLOOR}, $2::float8)), clock_timestamp())
on conflict (api) do update set cut_at = excluded.cut_at,
  cut_rate = greatest(${CUT} * coalesce(${currentRate('$2').replaceAll('cut_', 'l.cut_')}, $3::float8), least(${FLOOR}, $2::float8))
where l.cut_at is null or l.cut_at < clock_timestamp() - ${ONE_CUT_IN_S} * interval '1 second'`;

/** Lowers the rate of an API for all workers, at most once a second. @param observed current calls per second. */
export async function cutRate(pool: Pool, api: string, configured: number, observed: number): Promise<void> {
  await pool.query({ name: 'cut-rate', text: CUT_RATE, values: [api, configured || null, observed] });
}

/** The time by Postgres, in milliseconds since 1970. */
export async function readClock(pool: Pool): Promise<number> {
  const { rows } = await pool.query<{ now: number }>(
    'select extract(epoch from clock_timestamp())::float8 * 1000 as now',
  );
  return rows[0]?.now ?? Number.NaN;
}

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
export function liftStop(pool: Pool, recording: Recording, api: string): Promise<number | undefined> {
  return recordedTransaction(pool, recording, async (client, record) => {
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
    await record({ action: 'api.resumed', detail: { api, waiting: rowCount ?? 0 } });
    return rowCount ?? 0;
  });
}
