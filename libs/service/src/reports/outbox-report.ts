import { gauge } from '../metrics/metrics.js';
import type { Readiness } from '../probes.js';
import { every } from './every.js';

const EVERY_MS = 5_000;

const depth = gauge('wxa_outbox_depth');
const quarantined = gauge('wxa_outbox_quarantined_events');

/** The counts of an app's outbox; both reject if Postgres is unavailable. */
interface Outbox {
  depth(): Promise<number>;
  quarantined(): Promise<number>;
}

/** Counts the outbox of a writer every 5 s for metrics and `/readyz`. Returns a function that ends it. */
export function reportOutbox(outbox: Outbox, writer: string, readiness: Readiness): () => void {
  const count = async () => {
    const rejected = await outbox.quarantined();
    quarantined.set({ writer }, rejected);
    const detail = rejected > 0 ? `${rejected} events permanently rejected by Kafka` : undefined;
    readiness.set('outbox', true, detail);
    depth.set({ writer }, await outbox.depth());
  };
  return every(EVERY_MS, () =>
    count().catch(() => {
      depth.set({ writer }, Number.NaN);
      quarantined.set({ writer }, Number.NaN);
    }),
  ).end;
}
