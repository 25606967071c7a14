import { setTimeout as delay } from 'node:timers/promises';
import type { TopicName } from '@wxa/contracts';
import type { Consumer, EachBatchPayload } from 'kafkajs';
import { namingDenial } from '../authorization.js';
import { consumerOf, type KafkaConnection, type KafkaLogger } from '../connection.js';
import {
  Assignment,
  type AssignmentOptions,
  OPEN_LIMITS,
  type OpenLimits,
  type Owned,
  type Partition,
  type ReceivedRecord,
} from './assignment.js';
import { LastFetch } from './last-fetch.js';

const COMMIT_EVERY_MS = 1_000;
/** Maximum time that a stop waits for Kafka. */
const LEAVE_MS = 2_000;
const REDELIVER_MS = 1_000;
/** Pause between fetches under load: a fetch costs the same for one record as for a hundred. */
const PAUSE_MS = 20;
/** Maximum size of one fetch, which may exceed the limits of in-flight records. */
const MAX_FETCH_BYTES = 4 * 1024 * 1024;

/** The handlers of a consumer. */
export interface RecordHandlers {
  /** Accepts a record; must not wait. If it throws, the record stays in flight and is delivered again a second later. */
  onRecord(record: ReceivedRecord): void;
  /** The partitions were reassigned: records received before are delivered again, here or to another consumer. */
  onAssigned(partitions: number[]): void;
  /** The consumer has stopped permanently. */
  onFatal(error: Error): void;
}

/**
 * Reads a topic without waiting for the processing of its records, so that heartbeats continue and no partition waits
 * for another. A timer commits the offsets of our own tracker, only for partitions that are assigned now: the broker
 * would accept others too.
 */
export class RecordConsumer {
  readonly #consumer: Consumer;
  readonly #topic: string;
  readonly #group: string;
  readonly #assignmentOptions: AssignmentOptions;
  #assignment: Assignment;
  #timer: NodeJS.Timeout | undefined;
  #committing: Promise<void> | undefined;
  /** Whether the next batch is the first of a fetch. */
  #answered = false;
  #stopped = false;
  /** When offsets were committed last, in milliseconds since 1970. */
  committedAt: number | undefined;
  readonly lastFetch = new LastFetch();

  /** @param options `throttleAbove`: while more records than this are in flight, fetches are less frequent. */
  constructor(
    connection: KafkaConnection,
    private readonly options: {
      topic: TopicName;
      group: string;
      logger: KafkaLogger;
      throttleAbove?: number;
      limits?: OpenLimits;
    },
    private readonly handlers: RecordHandlers,
  ) {
    this.#topic = connection.topic(options.topic);
    this.#group = connection.group(options.group);
    this.#assignmentOptions = {
      ...{ topic: this.#topic, limits: options.limits ?? OPEN_LIMITS },
      isCurrent: (assignment) => assignment === this.#assignment,
      onFreed: () => this.#regulate(),
    };
    this.#assignment = new Assignment([], this.#assignmentOptions);
    this.#consumer = consumerOf(connection, {
      groupId: this.#group,
      sessionTimeout: 10_000,
      rebalanceTimeout: 10_000,
      heartbeatInterval: 2_500,
      // If every partition is paused, a resumed one is read only after this time.
      maxWaitTimeInMs: 200,
      maxBytes: MAX_FETCH_BYTES,
      retry: {
        initialRetryTime: 100,
        maxRetryTime: 2_000,
        retries: 1_000_000,
        // A consumer that is stopped while it joins would otherwise restart.
        restartOnFailure: async () => !this.#stopped,
      },
    });
  }

  /** Resolves when the consumer runs; the first assignment follows. */
  async start(): Promise<void> {
    const { CRASH, FETCH, GROUP_JOIN } = this.#consumer.events;
    this.lastFetch.follow(
      this.#consumer,
      () => this.#stopped || this.#partitions.every(({ paused }) => paused),
    );
    this.#consumer.on(FETCH, () => {
      this.#answered = true;
    });
    this.#consumer.on(GROUP_JOIN, ({ payload }) => {
      try {
        this.#assign(payload.memberAssignment[this.#topic] ?? []);
      } catch (error) {
        this.handlers.onFatal(error as Error);
      }
    });
    this.#consumer.on(CRASH, ({ payload }) => {
      if (!payload.restart && !this.#stopped) this.handlers.onFatal(this.#named(payload.error) as Error);
    });
    await this.#consumer.connect();
    await this.#consumer.subscribe({ topics: [this.#topic], fromBeginning: true }).catch((error: unknown) => {
      throw this.#named(error);
    });
    await this.#consumer.run({
      autoCommit: false,
      eachBatchAutoResolve: false,
      eachBatch: (payload) => this.#receive(payload),
    });
    this.#timer = setInterval(() => void this.#commitOnce(), COMMIT_EVERY_MS);
  }

  #named(error: unknown): unknown {
    return namingDenial(error, { topic: this.#topic, group: this.#group, operation: 'Read' });
  }

  get #partitions(): Partition[] {
    return [...this.#assignment.partitions.values()];
  }

  /** How many records are in flight. */
  get inFlight(): number {
    return this.#assignment.records;
  }

  /** Size of the keys and values of in-flight records. */
  get inFlightBytes(): number {
    return this.#assignment.bytes;
  }

  /** The number of assigned partitions that are paused because a limit was reached. */
  get paused(): number {
    return this.#partitions.filter(({ paused }) => paused).length;
  }

  /** The partitions that are assigned now. */
  get assigned(): number[] {
    return [...this.#assignment.partitions.keys()];
  }

  /** An assigned partition, until the next assignment; undefined if it is not assigned to this consumer. */
  owned(id: number): Owned | undefined {
    return this.#assignment.owned(id);
  }

  /**
   * The offset from which an assigned partition is read next; undefined if it is not assigned to this consumer, or if nothing
   * was read since the assignment.
   */
  position(id: number): bigint | undefined {
    return this.#assignment.partitions.get(id)?.tracker.next;
  }

  /** Stops reading; in-flight records can still end. */
  pause(): void {
    this.#stopped = true;
    this.#pauseOrResume('pause');
  }

  /** Commits the offsets and leaves the group; gives up after 2 s if Kafka is unavailable. */
  async stop(): Promise<void> {
    this.#stopped = true;
    clearInterval(this.#timer);
    await Promise.race([this.#leave(), delay(LEAVE_MS, undefined, { ref: false })]);
  }

  async #leave(): Promise<void> {
    await this.#committing;
    await this.#commit();
    await this.#consumer.disconnect();
  }

  #assign(partitions: number[]): void {
    // kafkajs continues at the committed offsets: all in-flight records are delivered again, here or to another worker.
    this.#pauseOrResume('resume');
    this.#assignment = new Assignment(partitions, this.#assignmentOptions);
    this.handlers.onAssigned(partitions);
    if (this.#stopped) this.#pauseOrResume('pause');
  }

  async #receive({ batch, isStale, resolveOffset }: EachBatchPayload): Promise<void> {
    const assignment = this.#assignment;
    const partition = assignment.partitions.get(batch.partition);
    if (partition === undefined || isStale() || this.#stopped) return;
    for (const message of batch.messages) {
      if (partition.tracker.open(BigInt(message.offset))) {
        this.#deliver(assignment.receive(partition, message));
      }
    }
    // At once: after the pause below it could be the position of another assignment.
    resolveOffset(batch.lastOffset());
    if (assignment.load(partition) >= 1) this.#regulate();
    if (!this.#answered) return;
    this.#answered = false;
    if (this.inFlight > (this.options.throttleAbove ?? Number.POSITIVE_INFINITY)) await delay(PAUSE_MS);
  }

  /** A TypeError that reached kafkajs would stop its consumer permanently; after any other error it would skip the record. */
  #deliver(record: ReceivedRecord): void {
    try {
      this.handlers.onRecord(record);
    } catch (error) {
      const { partition, offset } = record;
      const details = { error: String(error), partition, offset };
      this.options.logger.error(details, 'record failed');
      setTimeout(() => {
        if (record.isCurrent() && !this.#stopped) this.#deliver(record);
      }, REDELIVER_MS);
    }
  }

  /** Pauses partitions when a limit is reached, and resumes them at half of it. */
  #regulate(): void {
    if (this.#stopped) return;
    for (const partition of this.#partitions) {
      const full = this.#assignment.load(partition);
      if (partition.paused ? full > 0.5 : full < 1) continue;
      partition.paused = !partition.paused;
      this.#pauseOrResume(partition.paused ? 'pause' : 'resume', partition.id);
    }
  }

  #pauseOrResume(what: 'pause' | 'resume', partition?: number): void {
    const partitions = partition === undefined ? {} : { partitions: [partition] };
    try {
      this.#consumer[what]([{ topic: this.#topic, ...partitions }]);
    } catch {
      // kafkajs throws before it runs, and between a crash and its restart; the next assignment resets it.
    }
  }

  /** One commit at a time, because kafkajs retries each until the broker is available. */
  async #commitOnce(): Promise<void> {
    this.#committing ??= this.#commit().finally(() => {
      this.#committing = undefined;
    });
    await this.#committing;
  }

  async #commit(): Promise<void> {
    const due = this.#partitions.flatMap(({ id: partition, tracker }) => {
      const offset = tracker.uncommitted();
      return offset === undefined ? [] : [{ partition, offset, tracker }];
    });
    if (due.length === 0) return;
    try {
      await this.#consumer.commitOffsets(
        due.map(({ partition, offset }) => ({ topic: this.#topic, partition, offset: String(offset) })),
      );
      for (const { tracker, offset } of due) tracker.committed(offset);
      this.committedAt = Date.now();
    } catch (error) {
      // A rebalance or an unavailable broker: the next tick commits, or the records are delivered again.
      this.options.logger.warn({ component: 'OffsetCommit', error: String(error) }, 'kafka error');
    }
  }
}
