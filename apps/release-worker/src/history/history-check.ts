import { randomUUID } from 'node:crypto';
import { TOPICS } from '@wxa/contracts';
import { type KafkaConnection, logDenial, readRanges, sinceAndLast } from '@wxa/kafka';
import type { OperationRetention, PublishedOutcome } from '@wxa/operations/history';
import { isUnavailable } from '@wxa/postgres';
import { type Logger, Poller } from '@wxa/service';
import { OutageLog } from '@wxa/service/outage-log';
import type { Store } from '@wxa/store';
import { READ_GROUPS } from '../config.js';
import { publishedOutcome } from './published-outcome.js';

const POLL_MS = 500;
const LEASE = 'history';
/** Longer than reading may take; a lost holder is replaced after it. */
const LEASE_MS = 10_000;
const READ_MS = 9_000;
/** Of every partition: the last outcomes, and the first ones since a server was known to be verified. */
const OUTCOMES = { first: 1_000, last: 20 };
/**
 * How often it is stored that the server is still verified, and callbacks are matched that were deferred while it was not: one whose
 * transaction began before the verification may commit after it.
 */
const CONFIRM_MS = 10_000;
/** Outcomes have the time of the worker that sent them. */
const CLOCKS_MS = 10_000;

export interface HistoryCheckTools {
  store: Pick<Store, 'audits' | 'history' | 'leases'>;
  connection: KafkaConnection;
  logger: Logger;
  retention: OperationRetention;
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
  #confirmedAt = Number.NEGATIVE_INFINITY;

  constructor(private readonly tools: HistoryCheckTools) {
    this.#outages = new OutageLog(tools.logger, {
      failing: 'history check failed',
      ended: 'history check recovered',
    });
  }

  start(): void {
    this.tools.store.history.onChange(() => this.#poller.wakeUp());
    this.#poller.start();
    this.#poller.wakeUp();
  }

  stop(): Promise<void> {
    return this.#poller.stop();
  }

  async #poll(): Promise<void> {
    const { history, leases } = this.tools.store;
    try {
      if (history.isVerified) return await this.#afterCheck();
      this.#confirmedAt = Number.NEGATIVE_INFINITY;
      const { server } = history;
      if (history.isBehind || server === undefined) return;
      if (!(await leases.hold(LEASE, this.#holder, LEASE_MS))) return;
      await this.#check(server).finally(() => leases.release(LEASE, this.#holder));
    } catch (error) {
      // The probe of Postgres reports its outages.
      if (isUnavailable(error) || logDenial(this.tools.logger, error)) return;
      this.#outages.failed(error);
    }
  }

  async #afterCheck(): Promise<void> {
    const { store, retention } = this.tools;
    const { audits, history } = store;
    if (performance.now() - this.#confirmedAt < CONFIRM_MS) return;
    await history.confirm(retention);
    await audits.matchDeferred();
    this.#confirmedAt = performance.now();
  }

  /** @param server that answers before the outcomes are read. */
  async #check(server: string): Promise<void> {
    const { store, connection, logger, retention } = this.tools;
    const verifiedAt = (await store.history.verifiedAt()) ?? new Date();
    const published = await outcomesSince(verifiedAt, connection, logger);
    this.#outages.worked();
    if (!(await store.leases.hold(LEASE, this.#holder, LEASE_MS))) return;
    await store.history.check({ published, server, retention });
  }
}

/** Not the last ones alone: queries run on a server that is not verified, and publish more. */
async function outcomesSince(
  verifiedAt: Date,
  connection: KafkaConnection,
  logger: Logger,
): Promise<PublishedOutcome[]> {
  const outcomes: PublishedOutcome[] = [];
  const ranges = sinceAndLast(new Date(verifiedAt.getTime() - CLOCKS_MS), OUTCOMES);
  const options = { topic: TOPICS.outcomes, ranges, groupPrefix: READ_GROUPS };
  const signal = AbortSignal.timeout(READ_MS);
  await readRanges(connection, { ...options, signal, logger }, async (_partition, messages) => {
    outcomes.push(...messages.flatMap((message) => publishedOutcome(message) ?? []));
  });
  return outcomes;
}
