import { counter, gauge, histogram } from './metrics.js';

const statementSeconds = histogram('wxa_postgres_statement_duration_seconds');
const errorsTotal = counter('wxa_postgres_errors_total');
const batchSize = histogram('wxa_postgres_batch_size');
const queueLength = gauge('wxa_postgres_batch_queue_length');
const connections = gauge('wxa_postgres_pool_connections');

/** The parts of libs/store's Store that are read at each scrape. */
export interface StoreState {
  readonly waiting: ReadonlyMap<string, number>;
  readonly pooled: ReadonlyMap<string, Readonly<Record<'active' | 'idle' | 'waiting', number>>>;
}

/** An observer of libs/store's connections, statements and batches. */
export const storeObserver = {
  statement(name = 'other', seconds: number, failure: string | undefined): void {
    statementSeconds.observe({ statement: name }, seconds);
    if (failure !== undefined) errorsTotal.inc({ statement: name, kind: failure });
  },
  notConnected: (failure: string): void => errorsTotal.inc({ statement: 'other', kind: failure }),
  batch: (name: string, items: number): void => batchSize.observe({ batch: name }, items),
};

/** The pools as their metric names them; the others together are `other`. */
const POOLS: Record<string, string> = { calls: 'main', batches: 'batch' };

/** Reads the pools and queues of a store at each scrape. */
export function observeStore(store: StoreState): void {
  queueLength.collect(() => [...store.waiting].map(([batch, items]) => [{ batch }, items]));
  connections.collect(() => {
    const sums = new Map<string, { pool: string; state: string; count: number }>();
    for (const [name, counts] of store.pooled)
      for (const [state, count] of Object.entries(counts)) {
        const pool = POOLS[name] ?? 'other';
        const sum = sums.get(`${pool} ${state}`);
        if (sum === undefined) sums.set(`${pool} ${state}`, { pool, state, count });
        else sum.count += count;
      }
    return [...sums.values()].map(({ count, ...labels }) => [labels, count]);
  });
}

const DECIDED = ['APPROVED', 'REJECTED', 'WITHDRAWN'].flatMap((result) =>
  ['CALLBACK', 'POLL', 'OPERATION'].map((source) => ({ result, source })),
);
const decidedTotal = counter('wxa_audits_decided_total', DECIDED);

/** Counts the decision of an audit. */
export function countDecision({ state, source }: { state: string; source: string }): void {
  decidedTotal.inc({ result: state, source });
}
