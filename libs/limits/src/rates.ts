import { type Recording, recordedTransaction } from '@wxa/postgres/trail';
import type { Pool } from 'pg';

/** The row of `api_limits` whose rate applies to every API without one of its own. */
export const EVERY_API = '*';

/** Timers, claims and sockets shift calls by some milliseconds; this keeps every second within 5 % of the limit. */
export const USED_SHARE = 0.965;
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

/**
 * The rate of an API without a cut, in calls per second; null: no limit.
 * @param own the rate of its row. @param perApi if neither that nor the row of EVERY_API has one; 0: no limit.
 */
export const configuredRate = (
  own: string,
  perApi: string,
) => `nullif(coalesce(${USED_SHARE} * coalesce(${own},
  (select every.rate from api_limits every where every.api = '${EVERY_API}')), ${perApi}::float8), 0)`;

const sinceCut = `extract(epoch from clock_timestamp() - cut_at)`;

/** The current limit of an API, in calls per second; null: no limit. `configured` is null if none is set. */
export const currentRate = (configured: string) => `least(${configured},
  case when ${sinceCut} < ${FORGOTTEN_AFTER_S} then cut_rate * (1 + ${REGROWTH} * ${sinceCut}) end)`;

const CONFIGURED = configuredRate('(select own.rate from api_limits own where own.api = $1)', '$2');

const CUT_RATE = `
insert into api_limits as l (api, cut_rate, cut_at)
values ($1, greatest(${CUT} * coalesce(${CONFIGURED}, $3::float8), least(${FLOOR}, ${CONFIGURED})), clock_timestamp())
on conflict (api) do update set cut_at = excluded.cut_at,
  cut_rate = greatest(${CUT} * coalesce(${currentRate(CONFIGURED).replaceAll('cut_', 'l.cut_')}, $3::float8),
    least(${FLOOR}, ${CONFIGURED}))
where l.cut_at is null or l.cut_at < clock_timestamp() - ${ONE_CUT_IN_S} * interval '1 second'`;

/**
 * Lowers the rate of an API for all workers, at most once a second.
 * @param perApi calls per second of an API without a rate of its own; 0: no limit. @param observed current calls per second.
 */
export async function cutRate(pool: Pool, api: string, perApi: number, observed: number): Promise<void> {
  await pool.query({ name: 'cut-rate', text: CUT_RATE, values: [api, perApi, observed] });
}

const SET_RATE = `
with before as (select rate from api_limits where api = $1)
insert into api_limits (api, rate) values ($1, $2) on conflict (api) do update set rate = excluded.rate
returning (select rate from before) as before`;

/**
 * Sets the rate of an API for all workers, or that of all APIs without one (EVERY_API).
 * @param perSecond calls per second; 0: no limit; null: the rate of EVERY_API, or the configured one.
 * @returns the rate before.
 */
export function setRate(
  pool: Pool,
  recording: Recording,
  api: string,
  perSecond: number | null,
): Promise<number | null> {
  return recordedTransaction(pool, recording, async (client, record) => {
    const { rows } = await client.query<{ before: number | null }>(SET_RATE, [api, perSecond]);
    const from = rows[0]?.before ?? null;
    await record({ action: 'rate.changed', detail: { api, from, to: perSecond } });
    return from;
  });
}
