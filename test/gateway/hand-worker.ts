import { randomUUID } from 'node:crypto';
import { outcomeEvent } from '@wxa/contracts';
import { connectKafka, OutboxRelay } from '@wxa/kafka';
import { type ClaimedOperation, Store } from '@wxa/store';
import type { Place } from './running-gateway.js';

const SOURCE = 'release-worker';
const QUIET = { error: () => undefined, warn: () => undefined, info: () => undefined };

/** What a worker would have learnt from WeChat; proto3 JSON. */
export interface Ending {
  state: 'SUCCEEDED' | 'FAILED' | 'IN_DOUBT';
  error?: object;
  result?: object;
  /** Written down, but never published, as if the event were lost. */
  silent?: boolean;
}

/** Stands in for the worker: runs operations as it is told, with no WeChat behind it. */
export class HandWorker {
  readonly #relay: OutboxRelay;

  private constructor(
    private readonly store: Store,
    place: Place,
  ) {
    const { brokers, topicPrefix } = place;
    const connection = connectKafka({
      brokers: [brokers],
      clientId: 'hand-worker',
      topicPrefix,
      logger: QUIET,
    });
    this.#relay = new OutboxRelay(store, connection, { writer: 'release-worker', logger: QUIET });
    this.#relay.start();
  }

  static async start(place: Place): Promise<HandWorker> {
    const toEvent = () => {
      throw new Error('no audits here');
    };
    return new HandWorker(
      await Store.open({ url: place.databaseUrl }, { writer: 'release-worker', toEvent }),
      place,
    );
  }

  async claim(id: string): Promise<ClaimedOperation> {
    const claim = await this.store.claim({ id, leaseMs: 60_000, key: randomUUID() });
    if (claim.kind !== 'claimed') throw new Error(`not claimed but ${claim.kind}`);
    return claim.operation;
  }

  async run(id: string, ending: Ending): Promise<void> {
    await this.end(await this.claim(id), ending);
  }

  async end(operation: ClaimedOperation, { state, error, result, silent = false }: Ending): Promise<void> {
    const at = new Date();
    const endedAt = state === 'IN_DOUBT' ? null : at;
    const record = { ...operation, state, calls: 1, endedAt, error: error ?? null, result: result ?? null };
    await this.store.settle({
      id: operation.id,
      appid: operation.appid,
      fence: operation.fence,
      state,
      attempts: 1,
      endedAt,
      retryInMs: null,
      parked: false,
      error: error === undefined ? null : JSON.stringify(error),
      result: result === undefined ? null : JSON.stringify(result),
      event: silent ? null : outcomeEvent(record, operation.fence, SOURCE, at),
      mayHaveActed: false,
      negativeReads: 0,
      askInMs: null,
      auditEffect: null,
    });
    this.#relay.notify();
  }

  async stop(): Promise<void> {
    await this.#relay.stop();
    await this.store.close();
  }
}
