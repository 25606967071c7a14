import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { TOPICS } from '@wxa/contracts';
import { type KafkaConnection, type LastMessagesOptions, lastMessages, logDenial } from '@wxa/kafka';
import type { Logger } from '@wxa/service';
import { OutageLog } from '@wxa/service/outage-log';
import { isUnavailable, type PublishedOutcome, type Store } from '@wxa/store';
import { Poller } from '../schedule/poller.js';
import { publishedOutcome } from './published-outcome.js';

const POLL_MS = 500;
const LEASE = 'history';
/** Longer than a check takes; a lost holder is replaced after it. */
const LEASE_MS = 10_000;
/** kafkajs may wait for an unavailable broker for longer than a shutdown may take. */
const STOP_MS = 1_000;
const READ: LastMessagesOptions = {
  topic: TOPICS.outcomes,
  perPartition: 20,
  groupPrefix: 'wxa-history-',
  timeoutMs: 9_000,
};

export interface HistoryCheckTools {
  store: Pick<Store, 'audits' | 'history' | 'leases'>;
  connection: KafkaConnection;
  logger: Logger;
}

/**
 * Checks whether Postgres has lost time, whenever its server is not verified: a message is on Kafka only if its transaction
 * was committed, so an outcome that Postgres contradicts proves it. One worker checks, under a lease; the others follow
 * the row that it writes.
 */
export class HistoryCheck {
  readonly #poller = new Poller(POLL_MS, () => this.#poll());
  readonly #holder = randomUUID();
  readonly #outages: OutageLog;
  /** The callbacks that were deferred while the server was not verified are matched. */
  #isMatched = false;

  constructor(private readonly tools: HistoryCheckTools) {
    this.#outages = new OutageLog(tools.logger, {
      failing: 'the history check cannot read Kafka: changes wait',
      ended: 'the history check can read Kafka again',
    });
  }

  start(): void {
    this.tools.store.history.onChange(() => this.#poller.wakeUp());
    this.#poller.start();
    this.#poller.wakeUp();
  }

  async stop(): Promise<void> {
    await Promise.race([this.#poller.stop(), delay(STOP_MS, undefined, { ref: false })]);
  }

  async #poll(): Promise<void> {
    const { history, leases } = this.tools.store;
    try {
      if (history.isVerified) return await this.#matchDeferred();
      this.#isMatched = false;
      if (history.isBehind || history.server === undefined) return;
      if (!(await leases.hold(LEASE, this.#holder, LEASE_MS))) return;
      await this.#check().finally(() => leases.release(LEASE, this.#holder));
    } catch (error) {
      // The probe of Postgres reports its outages.
      if (isUnavailable(error) || logDenial(this.tools.logger, error)) return;
      this.#outages.failed(error);
    }
  }

  async #matchDeferred(): Promise<void> {
    if (this.#isMatched) return;
    await this.tools.store.audits.matchDeferred();
    this.#isMatched = true;
  }

  async #check(): Promise<void> {
    const outcomes = await lastOutcomes(this.tools.connection);
    this.#outages.worked();
    await this.tools.store.history.check(outcomes);
  }
}

/** The last 20 outcomes of every partition. */
async function lastOutcomes(connection: KafkaConnection): Promise<PublishedOutcome[]> {
  const messages = await lastMessages(connection, READ);
  return messages.flatMap((message) => publishedOutcome(message) ?? []);
}
