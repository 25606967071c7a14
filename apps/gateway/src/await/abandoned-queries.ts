import { Inject, Injectable } from '@nestjs/common';
import { outcomeEvent } from '@wxa/contracts';
import { OutboxRelay } from '@wxa/kafka';
import type { StoredOperation } from '@wxa/operations';
import { Batcher, isUnavailable } from '@wxa/postgres';
import { type Logger, OperationEnds, queryFailure } from '@wxa/service';
import { Store } from '@wxa/store';
import { GATEWAY_SOURCE, LOGGER } from '../config.js';
import { PendingQueries } from './pending-queries.js';

const RETRY_MS = 1000;
const BATCH = { maxBatch: 200, maxWaiting: 20_000, parallel: 1 };

/**
 * Cancels queries whose caller is gone, because no caller would read the result. Those already sent to WeChat continue.
 */
@Injectable()
export class AbandonedQueries {
  #failing = false;
  readonly #batches = new Batcher((ids: string[]) => this.#cancel(ids), BATCH);

  constructor(
    @Inject(Store) private readonly store: Store,
    @Inject(OutboxRelay) private readonly relay: OutboxRelay,
    @Inject(PendingQueries) private readonly pending: PendingQueries,
    @Inject(OperationEnds) private readonly ends: OperationEnds,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  /**
   * Returns immediately. A query that cannot be cancelled runs as usual; while Postgres is unavailable, none is sent, and while it
   * is behind, none is cancelled.
   */
  add(id: string): void {
    this.#batches.add(id).catch((error: unknown) => {
      if (isUnavailable(error) && !this.store.history.isBehind)
        setTimeout(() => this.add(id), RETRY_MS).unref();
    });
  }

  async #cancel(ids: string[]): Promise<undefined[]> {
    // One that Postgres has as unsent may have been published as completed before Postgres lost time.
    const isUncertain = this.store.history.mayHaveLostTime;
    const unawaited = isUncertain ? [] : ids.filter((id) => !this.pending.isAwaited(id));
    const cancelled = await this.store.operations
      .cancelUnsentQueries(unawaited, toEvent)
      .catch((error: unknown) => {
        if (!this.#failing) this.logger.warn(queryFailure(error), 'postgres query failed');
        this.#failing = true;
        throw error;
      });
    this.#failing = false;
    for (const operation of cancelled) this.ends.ended(operation);
    if (cancelled.length > 0) this.relay.notify();
    return ids.map(() => undefined);
  }
}

function toEvent(operation: StoredOperation) {
  return outcomeEvent(operation, operation.fence, GATEWAY_SOURCE, new Date());
}
