import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { type CloudEvent, toKafkaMessage } from '@wxa/contracts';
import type { AppName, OutboxEvent, OutboxPage, OutboxRow, SentEvent, Store } from '@wxa/store';
import type { KafkaConnection, Logger } from './connection.js';
import { PendingPublishes } from './pending-publishes.js';
import { permanentRejection, SerialProducer } from './producer.js';

const BATCH = 500;
/** A safety net under the kicks. */
const POLL_MS = 500;
/** While events are handed over, what was sent is deleted, and the outbox read for others, so often. */
const TIDY_MS = 100;
const LEASE_MS = 5_000;
const RENEW_MS = 1_500;
/** How long a stop goes on with a backlog, its own and that of others. */
const STOP_MS = 1_500;
const RETRY_MS = [100, 250, 500, 1000, 2000];

/**
 * Sends what an app wrote to its outbox on to Kafka, in order, at least once. Of the replicas of an app one is
 * active at a time, by a lease; should a stopped one wake up and send again, consumers know the `ce_id`. What this
 * process wrote itself can be handed over once it is committed; the outbox is then read for all else.
 */
export class OutboxRelay {
  readonly #holder = randomUUID();
  readonly #producer: SerialProducer;
  readonly #channel: string;
  #renewedAt = Number.NEGATIVE_INFINITY;
  readonly #pending = new PendingPublishes(BATCH);
  /** Whether the outbox may have others than those that were handed over. */
  #isStale = true;
  /** What Kafka has and the outbox too; at most twice a batch. */
  readonly #sent = new Map<string, SentEvent>();
  #tidyAt = 0;
  #failures = 0;
  #running: Promise<void> | undefined;
  /** Whether the last read left nothing in the outbox. */
  #readAll = false;
  #stopping = false;
  #stopBy = Number.POSITIVE_INFINITY;
  #wake: () => void = () => undefined;
  #wakeUpPending = false;
  #notifying = false;
  #notifyPending = false;
  #unlisten: () => void = () => undefined;

  /** @param options `minIntervalMs`: from the begin of one send to that of the next, at least. */
  constructor(
    private readonly store: Store,
    private readonly connection: KafkaConnection,
    private readonly options: { writer: AppName; logger: Logger; minIntervalMs?: number },
  ) {
    this.#producer = new SerialProducer(connection);
    this.#channel = `outbox-${options.writer}`;
  }

  /** Whether the last send went through. */
  get healthy(): boolean {
    return this.#failures === 0;
  }

  start(): void {
    this.#unlisten = this.store.listen(this.#channel, () => this.#markStale());
    this.#running = this.#run();
  }

  /** Tells that something was written: to be called after its commit. */
  notify(): void {
    if (this.#holdsLease()) this.#markStale();
    else this.#notifyHolder();
  }

  /**
   * The same, with what was written, so that it need not be read. @param outboxId null where others may have written
   * before it: then the outbox is read.
   */
  publish(event: OutboxEvent, outboxId: string | null): void {
    if (outboxId !== null && this.#holdsLease() && this.#pending.add({ ...event, outboxId })) this.#wakeUp();
    else this.notify();
  }

  /** One notification at a time: many writes in a row wake the holder of the lease once or twice. */
  #notifyHolder(): void {
    this.#notifyPending = this.#notifying;
    if (this.#notifying) return;
    this.#notifying = true;
    const ended = () => {
      this.#notifying = false;
      if (this.#notifyPending) this.#notifyHolder();
    };
    this.store.notify(this.#channel).then(ended, ended);
  }

  /**
   * Sends what is there now, if Kafka lets it, then stops; what remains, and what other replicas write meanwhile, is sent by
   * the next process.
   */
  async stop(): Promise<void> {
    this.#stopBy = performance.now() + STOP_MS;
    this.#stopping = true;
    this.#wakeUp();
    await this.#running;
    this.#unlisten();
    // The next holder of the lease would send it again.
    if (this.healthy) await this.#page(0).catch(() => undefined);
    await this.store.releaseLease(this.#channel, this.#holder).catch(() => undefined);
    await this.#producer.disconnect();
  }

  async #run(): Promise<void> {
    for (;;) {
      const nextAt = performance.now() + (this.options.minIntervalMs ?? 0);
      const isAfterStop = this.#stopping;
      const moved = await this.#publishBatch();
      const waitMs = nextAt - performance.now();
      if (moved && waitMs > 0 && !this.#stopping) await delay(waitMs);
      if (this.#stopping && (!moved || this.#failures > 0)) return;
      if (isAfterStop && (this.#readAll || performance.now() > this.#stopBy)) return;
      if (!moved || !(this.#isStale || this.#stopping)) await this.#idle();
    }
  }

  /** Sends one batch; whether there was one. */
  async #publishBatch(): Promise<boolean> {
    try {
      if (!(await this.#lease())) {
        this.#isStale = true;
        return false;
      }
      const rows = this.#mustRead() ? await this.#read() : this.#takePending();
      if (rows.length > 0) await this.#send(rows);
      this.#failures = 0;
      return rows.length > 0;
    } catch (error) {
      this.#isStale = true;
      if (this.#failures === 0) this.options.logger.warn({ error: String(error) }, 'outbox publish failed');
      this.#failures += 1;
      return false;
    }
  }

  #mustRead(): boolean {
    if (this.#isStale || this.#stopping || this.#pending.isEmpty) return true;
    return this.#sent.size >= BATCH || (this.#sent.size > 0 && performance.now() >= this.#tidyAt);
  }

  async #read(): Promise<OutboxRow[]> {
    // It is committed, and so among what is read.
    this.#pending.take();
    this.#isStale = false;
    const { rows, isAll } = await this.#page(BATCH);
    this.#readAll = isAll;
    this.#isStale ||= !isAll;
    return rows;
  }

  /** Deletes what was sent and reads what is left. */
  async #page(limit: number): Promise<OutboxPage> {
    const page = await this.store.advanceOutbox([...this.#sent.values()], limit);
    this.#sent.clear();
    return page;
  }

  /** Without what was handed over while it was read. */
  #takePending(): OutboxRow[] {
    return this.#pending.take().filter(({ outboxId, id }) => this.#sent.get(outboxId)?.id !== id);
  }

  async #send(rows: OutboxRow[]): Promise<void> {
    try {
      await this.#producer.send(rows.map((row) => this.#toMessage(row)));
      for (const row of rows) this.#markSent(row);
    } catch (error) {
      if (permanentRejection(error) === undefined) throw error;
      await this.#sendOneByOne(rows);
    }
  }

  #markSent({ outboxId, id }: OutboxRow): void {
    if (this.#sent.size === 0) this.#tidyAt = performance.now() + TIDY_MS;
    this.#sent.set(outboxId, { outboxId, id });
  }

  /** Kafka refused a batch for ever and does not say which event of it: that one is set aside, the others go on. */
  async #sendOneByOne(rows: OutboxRow[]): Promise<void> {
    for (const row of rows) {
      if (!(await this.#lease())) {
        this.#isStale = true;
        return;
      }
      try {
        await this.#producer.send([this.#toMessage(row)]);
        this.#markSent(row);
      } catch (error) {
        const reason = permanentRejection(error);
        if (reason === undefined) throw error;
        await this.store.quarantine(row, reason);
        const { id, type, appid, topic } = row;
        this.options.logger.error(
          { id, type, appid, topic, reason },
          'event permanently rejected by Kafka, quarantined',
        );
      }
    }
  }

  #toMessage(row: OutboxRow) {
    const event = row as OutboxRow & CloudEvent;
    const { topic, deployment } = this.connection;
    return { topic: topic(event.topic), message: toKafkaMessage(event, deployment) };
  }

  async #lease(): Promise<boolean> {
    if (performance.now() - this.#renewedAt < RENEW_MS) return true;
    const requestedAt = performance.now();
    const isHeld = await this.store.holdLease(this.#channel, this.#holder, LEASE_MS);
    this.#renewedAt = isHeld ? requestedAt : Number.NEGATIVE_INFINITY;
    return isHeld;
  }

  #holdsLease(): boolean {
    return performance.now() - this.#renewedAt < LEASE_MS;
  }

  #idle(): Promise<void> {
    const restMs = this.#sent.size > 0 ? Math.max(0, this.#tidyAt - performance.now()) : POLL_MS;
    const ms = RETRY_MS[Math.min(this.#failures, RETRY_MS.length) - 1] ?? restMs;
    // While Kafka is away a kick must not turn the back-off into a busy loop.
    if (this.#wakeUpPending && this.#failures === 0) {
      this.#wakeUpPending = false;
      return Promise.resolve();
    }
    return new Promise((resolve) => {
      const end = () => {
        clearTimeout(timer);
        // A kick that comes during the next turn is for the one after it.
        this.#wake = () => undefined;
        resolve();
      };
      const timer = setTimeout(end, ms);
      this.#wake = () => {
        if (this.#failures > 0 && !this.#stopping) return;
        this.#wakeUpPending = false;
        end();
      };
    });
  }

  /** Something was written that is to be read. */
  #markStale(): void {
    this.#isStale = true;
    this.#wakeUp();
  }

  #wakeUp(): void {
    this.#wakeUpPending = true;
    this.#wake();
  }
}
