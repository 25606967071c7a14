import { Gauge } from '@prometheus-io/client';
import type { Readiness } from '../probes.js';

const writable = new Gauge({
  name: 'wxa_postgres_writable',
  help: '1 while Postgres accepts writes of this process.',
});
const clockSkew = new Gauge({
  name: 'wxa_postgres_clock_skew_seconds',
  help: 'How far the clock of Postgres is ahead of the clock of this process, in seconds; NaN while Postgres is unavailable.',
});

/** A part of the result of libs/store's check of Postgres. */
interface PostgresStatus {
  isWritable: boolean;
  error?: string;
  server?: { clockSkewMs: number };
}

/** Readiness and metrics follow each check of Postgres. */
export function reportPostgres(
  probe: { onStatus(listener: (status: PostgresStatus) => void): void },
  readiness: Readiness,
): void {
  probe.onStatus(({ isWritable, error, server }) => {
    readiness.set('postgres', isWritable, error);
    writable.set(isWritable ? 1 : 0);
    clockSkew.set(server === undefined ? Number.NaN : server.clockSkewMs / 1000);
  });
}
