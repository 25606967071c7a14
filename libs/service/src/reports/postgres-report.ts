import { reportInsecure } from '../insecure-settings.js';
import type { Logger } from '../logging/messages.js';
import { gauge } from '../metrics/metrics.js';
import { observeStore, type StoreState } from '../metrics/store-metrics.js';
import { OutageLog } from '../outage-log.js';
import type { Readiness } from '../probes.js';

const writable = gauge('wxa_postgres_writable');
const clockSkew = gauge('wxa_postgres_clock_skew_seconds');

const timeline = gauge('wxa_postgres_timeline');

/** A part of the result of libs/store's check of Postgres. */
interface PostgresStatus {
  isWritable: boolean;
  error?: string;
  server?: { identity: string; clockSkewMs: number };
}

/** The parts of libs/store's Store that report the state of Postgres. */
interface Postgres extends StoreState {
  probe: { onStatus(listener: (status: PostgresStatus) => void): void };
  mayDeleteTrail(): Promise<boolean>;
  onConnectionLost(listener: (error: Error) => void): void;
}

/**
 * Readiness and metrics follow each check of Postgres. An outage is logged, with the server's identity before and after; it
 * starts with a failed check or with the loss of an idle connection.
 */
export function reportPostgres(postgres: Postgres, readiness: Readiness, logger: Logger): void {
  const outages = new OutageLog(logger, {
    failing: 'postgres unavailable',
    ended: 'postgres available',
  });
  observeStore(postgres);
  let identity: string | undefined;
  postgres.onConnectionLost((error) => outages.failed(error, { identity }));
  postgres.probe.onStatus(({ isWritable, error, server }) => {
    readiness.set('postgres', isWritable, error);
    writable.set({}, isWritable ? 1 : 0);
    clockSkew.set({}, server === undefined ? Number.NaN : server.clockSkewMs / 1000);
    timeline.set({}, timelineOf(server?.identity));
    if (!isWritable) return outages.failed(error, { identity });
    outages.worked({ before: identity, identity: server?.identity });
    identity = server?.identity;
  });
  reportOwner(postgres, logger);
}

/** Checks the rights of the role at the first connection; again while that fails. */
function reportOwner(postgres: Postgres, logger: Logger): void {
  let isChecked = false;
  postgres.probe.onStatus(({ isWritable }) => {
    if (isChecked || !isWritable) return;
    isChecked = true;
    postgres.mayDeleteTrail().then(
      (may) => reportInsecure('postgres_owner', may, logger),
      () => {
        isChecked = false;
      },
    );
  });
}

/** Reads the timeline in a server's identity, which begins with it: it has eight hexadecimal digits, or is `-` if unknown. */
function timelineOf(identity = '-'): number {
  const [digits = ''] = identity.split('/');
  return digits === '-' ? Number.NaN : Number.parseInt(digits, 16);
}
