import { Gauge } from '@prometheus-io/client';
import type { Readiness } from '../probes.js';
import { every } from './every.js';

const EVERY_MS = 5_000;

const depth = new Gauge({
  name: 'wxa_outbox_depth',
  help: 'Deployment-wide: events pending publication, by writer; 100001 if they are more than 100000.',
  labelNames: ['writer'],
});
const quarantined = new Gauge({
  name: 'wxa_outbox_quarantined_events',
  help: 'Deployment-wide: events permanently rejected by Kafka, in the table outbox_refused, by writer.',
  labelNames: ['writer'],
});

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
