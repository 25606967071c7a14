import { setTimeout as delay } from 'node:timers/promises';
import { type CloudEvent, type TopicName, toKafkaMessage } from '@wxa/contracts';
import type { Leases } from '@wxa/postgres';
import type { Outbox, OutboxPage, OutboxRow, SentEvent, WriterName } from '@wxa/postgres/outbox';
import { OutageLog } from '@wxa/service/outage-log';
import { AuthorizationError, logDenial } from '../authorization.js';
import type { KafkaConnection, KafkaLogger } from '../connection.js';
import { PendingPublishes } from './pending-publishes.js';
import { permanentRejection, SerialProducer } from './producer.js';
import { RelayLease } from './relay-lease.js';

const BATCH = 500;
/** Interval of the reads that are a safety net for lost notifications. */
const POLL_MS = 1_500;
/** Interval at which other processes try to take the lease of a lost holder. */
const TAKE_MS = 500;
/** While events are published directly, the interval at which published rows are deleted. */
const TIDY_MS = 100;
/** How long a stop continues to publish a backlog. */
const STOP_MS = 1_500;
const RETRY_MS = [100, 250, 500];

export interface RelayOptions {
  writer: WriterName;
  logger: KafkaLogger;
  /** Minimum time between the starts of two sends. After a long one the relay rests twice as long, which leaves time to others. */
  minIntervalMs?: number;
  /** After Kafka has acknowledged an event. @param topic its name at the broker. */
  onSent?: ((event: CloudEvent, topic: string) => void) | undefined;
}

/**
 * A relay publishes the outbox of an app to Kafka, in order, at least once. A lease makes one replica active at a
 * time; if a stalled one publishes again, consumers deduplicate by `ce_id`. Events that this process has committed
 * itself can be published directly.
 */
export class OutboxRelay {
  readonly #lease: RelayLease;
  readonly #producer: SerialProducer;
  readonly #outages: OutageLog;
  readonly #pending = new PendingPublishes(BATCH);
  /** Whether the outbox may have other events than the pending ones. */
  #isStale = true;
  /** Published events that are still in the outbox; at most two batches. */
  readonly #sent = new Map<string, SentEvent>();
  #tidyAt = 0;
  #readAt = 0;
  #failures = 0;
  #isDenied = false;
  #running: Promise<void> | undefined;
  /** Whether the last read left nothing in the outbox. */
  #readAll = false;
  #stopping = false;
  #stopBy = Number.POSITIVE_INFINITY;
  #wake: () => void = () => undefined;
  #wakeUpPending = false;

  constructor(
    private readonly store: { outbox: Outbox; leases: Leases },
    private readonly connection: KafkaConnection,
    private readonly options: RelayOptions,
  ) {
    this.#producer = new SerialProducer(connection);
    this.#lease = new RelayLease(store.leases, `outbox-${options.writer}`, options);
    this.#outages = new OutageLog(options.logger, {
      failing: 'outbox publish failed',
      ended: 'outbox publish recovered',
    });
  }

  /** Whether this process publishes the outbox. */
  get isActive(): boolean {
    return this.#lease.isHeld;
  }

  /** Whether the last send succeeded. */
  get healthy(): boolean {
    return this.#failures === 0;
  }

  start(): void {
    this.#lease.listen(() => this.#markStale());
    this.#running = this.#run();
  }

  /** Wakes up the relay after a commit that wrote events. */
  notify(): void {
    if (this.#lease.isHeld) this.#markStale();
    else this.#lease.notifyHolder();
  }

  /**
   * Publishes an event after its commit without reading it from the outbox. @param outboxId null if events of other writers
   * may precede it; the outbox is then read.
   */
  publish(event: CloudEvent, outboxId: string | null): void {
    if (outboxId !== null && this.#lease.isHeld && this.#pending.add({ ...event, outboxId })) this.#wakeUp();
    else this.notify();
  }

  /**
   * Publishes the pending events if Kafka is available, then stops. Other events, and those that other replicas write in the
   * meantime, are published by the next holder of the lease.
   */
  async stop(): Promise<void> {
    this.#stopBy = performance.now() + STOP_MS;
    this.#stopping = true;
    this.#wakeUp();
    await this.#running;
    this.#lease.unlisten();
    // The next holder of the lease would publish undeleted events again.
    if (this.healthy) await this.#page(0).catch(() => undefined);
    await this.#lease.release();
    await this.#producer.disconnect();
  }

  async #run(): Promise<void> {
    const { minIntervalMs } = this.options;
    for (;;) {
      const isAfterStop = this.#stopping;
      const startedAt = performance.now();
      const moved = await this.#publishBatch();
      const tookMs = performance.now() - startedAt;
      if (minIntervalMs !== undefined && moved && !this.#stopping)
        await delay(Math.max(minIntervalMs - tookMs, 2 * tookMs));
      if (this.#stopping && (!moved || this.#failures > 0)) return;
      if (isAfterStop && (this.#readAll || performance.now() > this.#stopBy)) return;
      if (!moved || !(this.#isStale || this.#stopping)) await this.#idle();
    }
  }

  /** Publishes one batch. Returns whether there was one. */
  async #publishBatch(): Promise<boolean> {
    try {
      if (!(await this.#lease.hold())) {
        this.#isStale = true;
        this.#failures = 0;
        return false;
      }
      // What it was woken up for is among what follows.
      this.#wakeUpPending = false;
      const rows = this.#mustRead() ? await this.#read() : await this.#takePending();
      if (rows.length > 0) await this.#send(rows);
      this.#failures = 0;
      this.#outages.worked({ writer: this.options.writer });
      return rows.length > 0;
    } catch (error) {
      this.#isStale = true;
      if (!logDenial(this.options.logger, error))
        this.#outages.failed(error, { writer: this.options.writer });
      this.#failures += 1;
      this.#isDenied = error instanceof AuthorizationError;
      return false;
    }
  }

  #mustRead(): boolean {
    return this.#isStale || this.#stopping || this.#pending.isEmpty || performance.now() >= this.#readAt;
  }

  async #read(): Promise<OutboxRow[]> {
    // Pending events are committed, so they are among the rows that are read.
    this.#pending.take();
    this.#isStale = false;
    this.#readAt = performance.now() + POLL_MS;
    const { rows, isAll } = await this.#page(BATCH);
    this.#readAll = isAll;
    this.#isStale ||= !isAll;
    return rows;
  }

  /** Deletes the published rows and reads the oldest of the others. */
  async #page(limit: number): Promise<OutboxPage> {
    const page = await this.store.outbox.advance([...this.#sent.values()], limit);
    this.#sent.clear();
    return page;
  }

  /** Pending events, without those that were published from a read in the meantime. Deletes published rows, and reads none. */
  async #takePending(): Promise<OutboxRow[]> {
    const pending = this.#pending.take().filter(({ outboxId, id }) => this.#sent.get(outboxId)?.id !== id);
    const isDue = this.#sent.size > 0 && performance.now() >= this.#tidyAt;
    if (isDue || this.#sent.size >= BATCH) await this.#page(0);
    return pending;
  }

  async #send(rows: OutboxRow[]): Promise<void> {
    if (this.#failures > 0 && this.#isDenied) return this.#sendOneByOne(rows);
    try {
      await this.#timedSend(rows);
      for (const row of rows) this.#markSent(row);
    } catch (error) {
      if (permanentRejection(error) === undefined) throw error;
      await this.#sendOneByOne(rows);
    }
  }

  async #timedSend(rows: OutboxRow[]): Promise<void> {
    const { observer } = this.connection;
    const startedAt = performance.now();
    await this.#producer.send(rows.map((row) => this.#toMessage(row)));
    observer?.sent((performance.now() - startedAt) / 1000);
    for (const { topic } of rows) observer?.published(topic as TopicName);
  }

  #markSent(row: OutboxRow): void {
    const { outboxId, id, topic } = row;
    if (this.#sent.size === 0) this.#tidyAt = performance.now() + TIDY_MS;
    this.#sent.set(outboxId, { outboxId, id });
    this.options.onSent?.(row, this.connection.topic(topic));
  }

  /** After a rejected or denied batch: a retry of all would repeat the other events. Quarantines what is rejected permanently. */
  async #sendOneByOne(rows: OutboxRow[]): Promise<void> {
    for (const row of rows) {
      if (!(await this.#lease.hold())) {
        this.#isStale = true;
        return;
      }
      try {
        await this.#timedSend([row]);
        this.#markSent(row);
      } catch (error) {
        const reason = permanentRejection(error);
        if (reason === undefined) throw error;
        await this.store.outbox.quarantine(row, reason);
        const { id, type, appid, topic } = row;
        this.options.logger.error({ ce_id: id, ce_type: type, appid, topic, reason }, 'event quarantined');
      }
    }
  }

  #toMessage(row: OutboxRow) {
    const { topic, deployment } = this.connection;
    return { topic: topic(row.topic), message: toKafkaMessage(row, deployment) };
  }

  #idle(): Promise<void> {
    const pollMs = this.#lease.isHeld ? POLL_MS : TAKE_MS;
    const restMs = this.#sent.size > 0 ? Math.max(0, this.#tidyAt - performance.now()) : pollMs;
    const ms = RETRY_MS[Math.min(this.#failures, RETRY_MS.length) - 1] ?? restMs;
    // While Kafka is unavailable, a wake-up must not turn the back-off into a busy loop.
    if (this.#wakeUpPending && this.#failures === 0) {
      this.#wakeUpPending = false;
      return Promise.resolve();
    }
    return new Promise((resolve) => {
      const end = () => {
        clearTimeout(timer);
        // A wake-up during the next batch is for the one after it.
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

  /** The outbox has new rows to read. */
  #markStale(): void {
    this.#isStale = true;
    this.#wakeUp();
  }

  #wakeUp(): void {
    this.#wakeUpPending = true;
    this.#wake();
  }
}
