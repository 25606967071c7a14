import type { Pool } from 'pg';
import { cutRate, type Reservations, takeReservations } from './api-rate.js';
import { type ApiLimit, readApiLimits, stopApi } from './api-stop.js';

/** The rate and the quota of each WeChat API, shared by all workers. */
export class LimitStore {
  constructor(private readonly pool: Pool) {}

  /** Takes reservations for calls to an API; undefined if it has no limit. `configured` 0: no limit of this service. */
  takeReservations(api: string, wanted: number, configured: number): Promise<Reservations | undefined> {
    return takeReservations(this.pool, api, wanted, configured);
  }

  /** Lowers the rate of an API for all workers; it recovers with time. */
  cutRate(api: string, configured: number, observed: number): Promise<void> {
    return cutRate(this.pool, api, configured, observed);
  }

  read(configured: number): Promise<ApiLimit[]> {
    return readApiLimits(this.pool, configured);
  }

  /** Stops an API for the whole platform until the next month begins in China (UTC+8). */
  stop(api: string, errcode: number, errmsg: string): Promise<void> {
    return stopApi(this.pool, api, errcode, errmsg);
  }

  /** The time by Postgres, in milliseconds since 1970. */
  async clock(): Promise<number> {
    const { rows } = await this.pool.query<{ now: number }>(
      'select extract(epoch from clock_timestamp())::float8 * 1000 as now',
    );
    return rows[0]?.now ?? Number.NaN;
  }
}
