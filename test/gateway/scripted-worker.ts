import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll } from '@jest/globals';
import { outcomeEvent } from '@wxa/contracts';
import { connectKafka, OutboxRelay } from '@wxa/kafka';
import type { ClaimedOperation } from '@wxa/operations';
import { Store } from '@wxa/store';
import type { Backends } from './running-gateway.js';

const SOURCE = 'release-worker';
const QUIET = { error: () => undefined, warn: () => undefined, info: () => undefined };

/** The result of a call to WeChat; proto3 JSON. */
export interface ScriptedResult {
  state: 'SUCCEEDED' | 'FAILED' | 'IN_DOUBT';
  error?: object;
  result?: object;
  /** Stored without its event, as if that were lost. */
  silent?: boolean;
}

/** The store of a worker that no audit ends in. */
function openStore({ databaseUrl: url }: Backends): Promise<Store> {
  const toEvent = () => {
    throw new Error('no audits here');
  };
  return Store.open({ url }, { writer: 'release-worker', toEvent });
}

/** That store during the tests of a spec file. */
export function useOpenStore(backends: Backends): () => Store {
  let store: Store | undefined;
  beforeAll(async () => {
    store = await openStore(backends);
  });
  afterAll(() => store?.close());
  return () => store as Store;
}

/** Replaces the worker: claims and settles operations as a test requests, without WeChat. */
export class ScriptedWorker {
  readonly #relay: OutboxRelay;

  private constructor(
    private readonly store: Store,
    { brokers, topicPrefix }: Backends,
  ) {
    const kafka = { brokers: [brokers], clientId: 'scripted-worker', topicPrefix, logger: QUIET };
    const connection = connectKafka(kafka);
    this.#relay = new OutboxRelay(store, connection, { writer: 'release-worker', logger: QUIET });
    this.#relay.start();
  }

  static async start(backends: Backends): Promise<ScriptedWorker> {
    return new ScriptedWorker(await openStore(backends), backends);
  }

  async claim(id: string): Promise<ClaimedOperation> {
    const claim = await this.store.operations.claim({ id, leaseMs: 60_000, key: randomUUID() });
    if (claim.kind !== 'claimed') throw new Error(`not claimed but ${claim.kind}`);
    return claim.operation;
  }

  async run(id: string, result: ScriptedResult): Promise<void> {
    await this.end(await this.claim(id), result);
  }

  async end(
    operation: ClaimedOperation,
    { state, error, result, silent = false }: ScriptedResult,
  ): Promise<void> {
    const at = new Date();
    const endedAt = state === 'IN_DOUBT' ? null : at;
    const outcome = { error: error ?? null, result: result ?? null };
    const record = { ...operation, state, attempts: 1, endedAt, ...outcome };
    const { id, appid, fence, claimKey } = operation;
    const json = (value?: object) => (value === undefined ? null : JSON.stringify(value));
    await this.store.operations.settle({
      ...{ id, appid, fence, claimKey, state, attempts: 1, endedAt, retryInMs: null, delayed: false },
      ...{ error: json(error), result: json(result), mayHaveActed: false, negativeReads: 0 },
      event: silent ? null : outcomeEvent(record, fence, SOURCE, at),
      ...{ reconcileInMs: null, auditEffect: null },
    });
    this.#relay.notify();
  }

  async stop(): Promise<void> {
    await this.#relay.stop();
    await this.store.close();
  }
}
