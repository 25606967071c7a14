import { type Statements, transaction } from '@wxa/postgres';
import type { Pool } from 'pg';
import { configuredRate, currentRate } from './rates.js';

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
  select k.api, k.next_at, clock_timestamp() as now, ${currentRate(configuredRate('l.rate', '$3'))} as rate
  from locked k join api_limits l using (api)
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
 * them. Returns undefined if the API has no limit now. @param perApi calls per second of an API without a
 * rate of its own; 0: no limit of this service.
 */
export async function takeReservations(
  pool: Pool,
  api: string,
  wanted: number,
  perApi: number,
): Promise<Reservations | undefined> {
  const take = async (periods: number) => {
    const { rows } = await pool.query<Reservations>({
      name: 'take-reservations',
      text: TAKE,
      values: [api, wanted, perApi, periods],
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

/** The time by Postgres, in milliseconds since 1970. */
export async function readClock(pool: Statements): Promise<number> {
  const { rows } = await pool.query<{ now: number }>({
    text: 'select extract(epoch from clock_timestamp())::float8 * 1000 as now',
  });
  return rows[0]?.now ?? Number.NaN;
}
