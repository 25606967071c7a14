import type { Pool } from 'pg';
import { transaction } from './transaction.js';

/** What a rate falls to when WeChat says "too often", in parts of what it was. */
const CUT = 0.7;
/** How much of the cut rate comes back in a second. */
const REGROWTH = 0.05;
/** A cut is forgotten after so long: by then the rate has grown to four times what was left. */
const FORGOTTEN_AFTER_S = 60;
/** No cut leaves less than so many calls a second, so that one bad moment does not stop a quiet API. */
const FLOOR = 5;
/** Calls under way when WeChat says "too often" all hear it: a rate is cut once in so long. */
const ONE_CUT_IN_S = 1;
/** Places are given out for so long at a time. */
const BLOCK_S = 0.2;
/** While the next free place is no further ahead than this; many workers would else have their calls in bursts. */
const NEAR_S = 0.3;

/** For how many seconds a block of places is, where its first is so many ahead. */
export const blockS = (aheadS: number) => BLOCK_S * (NEAR_S / Math.max(NEAR_S, aheadS)) ** 2;
const BLOCK_SQL = `${BLOCK_S} * power(${NEAR_S} / greatest(${NEAR_S}, extract(epoch from next_at - now)::float8), 2)`;

/** Places in time for calls to one API. */
export interface Reservations {
  /** When the first is due and when they were given, in milliseconds of the database's clock. */
  startsAt: number;
  now: number;
  spacingMs: number;
  count: number;
}

const sinceCut = `extract(epoch from clock_timestamp() - cut_at)`;

/** Calls a second that an API may have now; null: no limit. `configured` is null where none is set. */
export const currentRate = (configured: string) => `least(${configured}::float8,
  case when ${sinceCut} < ${FORGOTTEN_AFTER_S} then cut_rate * (1 + ${REGROWTH} * ${sinceCut}) end)`;

/** The row of an API is found by the period in which it was updated last. */
const PERIOD_S = 5;
const period = (clock: string) => `floor(extract(epoch from ${clock}) / ${PERIOD_S})::bigint`;
/** More periods than there were. */
const ANY_PERIOD = 1_000_000_000;

// The row is locked before the clock is read: places of all workers lie one after the other.
const TAKE = `
with locked as materialized (
  select api, next_at from api_places
  where api = $1 and period >= ${period('statement_timestamp()')} - $4::bigint for update
), rated as materialized (
  select k.api, k.next_at, clock_timestamp() as now, ${currentRate('$3')} as rate
  from locked k join api_limits using (api)
), reserved as materialized (
  select api, now, rate, greatest(next_at, now) as starts_at,
    greatest(1, least($2::int, ceil(rate * ${BLOCK_SQL})))::int as reservations
  from rated where rate is not null
), advanced as (
  update api_places l set next_at = p.starts_at + p.reservations / p.rate * interval '1 second', period = ${period('p.now')}
  from reserved p where l.api = $1 and l.period >= ${period('statement_timestamp()')} - $4::bigint
)
select extract(epoch from starts_at)::float8 * 1000 as "startsAt", extract(epoch from now)::float8 * 1000 as now,
  1000 / rate as "spacingMs", reservations as count from reserved`;

/**
 * Takes the next places for calls to an API, at most `wanted` and at most 200 ms' worth, less where workers compete for them; none where the API has
 * no limit now. @param configured calls a second; 0: no limit of ours.
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
  // It has no row yet, or no limit now.
  await createRows(pool, api);
  return take(ANY_PERIOD);
}

/** Gives an API its rows; no key keeps a second one out of `api_places`, so that is done one at a time. */
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

/** Lowers the rate of an API for all workers, at most once a second. @param observed calls a second just now. */
export async function cutRate(pool: Pool, api: string, configured: number, observed: number): Promise<void> {
  await pool.query({ name: 'cut-rate', text: CUT_RATE, values: [api, configured || null, observed] });
}
