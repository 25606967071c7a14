import type { Readiness } from '../probes.js';
import { every } from './poller.js';

const EVERY_MS = 5_000;

/** The counts of an app's outbox; rejects if Postgres is unavailable. */
interface Outbox {
  quarantined(): Promise<number>;
}

/** Reports every 5 s in `/readyz` how many events of an app Kafka permanently rejects. Returns a function that ends it. */
export function reportOutbox(outbox: Outbox, readiness: Readiness): () => void {
  const count = async () => {
    const rejected = await outbox.quarantined();
    const detail = rejected > 0 ? `${rejected} events permanently rejected by Kafka` : undefined;
    readiness.set('outbox', true, detail);
  };
  return every(EVERY_MS, () => count().catch(() => undefined)).end;
}
