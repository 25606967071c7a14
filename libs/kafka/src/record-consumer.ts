import { setTimeout as delay } from 'node:timers/promises';
import type { TopicName } from '@wxa/contracts';
import type { Consumer, EachBatchPayload, KafkaMessage } from 'kafkajs';
import type { KafkaConnection, Logger } from './connection.js';
import { OffsetTracker } from './offset-tracker.js';
import { copy, type Owned, packHeaders, type ReceivedRecord } from './received-record.js';

const COMMIT_EVERY_MS = 1_000;
/** How long a stop waits for Kafka. */
const LEAVE_MS = 2_000;
const REDELIVER_MS = 1_000;
/** One answer of Kafka's costs the same for one record as for a hundred. */
const PAUSE_MS = 20;

/** How much may be open before nothing more is read until half of it is done. */
export interface OpenLimits {
  /** Over all partitions. */
  records: number;
  bytes: number;
  /** How far the newest record of one partition may be ahead of its lowest open one. */
  commitGap: number;
}

// Who receives the records hands those it has no room for to Postgres long before: this holds where that is away.
const LIMITS: OpenLimits = { records: 60_000, bytes: 32 * 1024 * 1024, commitGap: 200_000 };
/** Clocks of those who publish and of this process differ by less. */
const CLOCKS_MS = 5_000;
/** What one answer brings may come on top of these limits. */
const MAX_FETCH_BYTES = 4 * 1024 * 1024;

/** What a consumer does with what it reads. */
export interface RecordHandlers {
  /** Takes a record; must not wait. One that it throws on stays open and is handed on again a second later. */
  onRecord(record: ReceivedRecord): void;
  /** The assignment is new: what was received before comes again, here or elsewhere. */
  onAssigned(partitions: number[]): void;
  /** The consumer ended and will not come back by itself. */
  onFatal(error: Error): void;
}

interface Partition {
  tracker: OffsetTracker;
  paused: boolean;
  /** By Date.now(). */
  assignedAt: number;
}

/**
 * Reads a topic without ever waiting for a record's work: records are handed on and kafkajs's handler returns at
 * once, so heartbeats go on and no partition waits for another. Offsets are committed by our own tracker, by a
 * timer, and only for partitions that are assigned now: the broker would take a commit for a lost one.
 */
export class RecordConsumer {
  readonly #consumer: Consumer;
  readonly #topic: string;
  #partitions = new Map<number, Partition>();
  /** Of the partitions that are assigned now. */
  #open = { records: 0, bytes: 0 };
  readonly #limits: OpenLimits;
  #timer: NodeJS.Timeout | undefined;
  #committing: Promise<void> | undefined;
  /** The next batch is the first of an answer. */
  #answered = false;
  #stopped = false;

  /** @param options `throttleAbove`: while more than so many are open, none waits for the next: they are read less often. */
  constructor(
    connection: KafkaConnection,
    private readonly options: {
      topic: TopicName;
      group: string;
      logger: Logger;
      throttleAbove?: number;
      limits?: OpenLimits;
    },
    private readonly handlers: RecordHandlers,
  ) {
    this.#topic = connection.topic(options.topic);
    this.#limits = options.limits ?? LIMITS;
    this.#consumer = connection.kafka.consumer({
      groupId: connection.group(options.group),
      sessionTimeout: 10_000,
      rebalanceTimeout: 10_000,
      heartbeatInterval: 2_500,
      // With every partition paused, a resumed one is read only after this.
      maxWaitTimeInMs: 200,
      maxBytes: MAX_FETCH_BYTES,
      allowAutoTopicCreation: false,
      retry: {
        initialRetryTime: 100,
        maxRetryTime: 2_000,
        retries: 1_000_000,
        // Stopped while it joins, it would come back to life.
        restartOnFailure: async () => !this.#stopped,
      },
    });
  }

  /** Resolves when the consumer runs; the first assignment follows. */
  async start(): Promise<void> {
    const { CRASH, FETCH, GROUP_JOIN } = this.#consumer.events;
    this.#consumer.on(FETCH, () => {
      this.#answered = true;
    });
    this.#consumer.on(GROUP_JOIN, ({ payload }) => this.#assign(payload.memberAssignment[this.#topic] ?? []));
    this.#consumer.on(CRASH, ({ payload }) => {
      if (!payload.restart && !this.#stopped) this.handlers.onFatal(payload.error);
    });
    await this.#consumer.connect();
    await this.#consumer.subscribe({ topics: [this.#topic], fromBeginning: true });
    await this.#consumer.run({
      autoCommit: false,
      eachBatchAutoResolve: false,
      eachBatch: (payload) => this.#receive(payload),
    });
    this.#timer = setInterval(() => void this.#commitOnce(), COMMIT_EVERY_MS);
  }

  /** How many records are open. */
  get inFlight(): number {
    return this.#open.records;
  }

  /** The size of the keys and values of open records. */
  get inFlightBytes(): number {
    return this.#open.bytes;
  }

  /** The partitions that are assigned now. */
  get assigned(): number[] {
    return [...this.#partitions.keys()];
  }

  /** An assigned partition, until the next assignment; undefined where it is another's. */
  owned(id: number): Owned | undefined {
    const partition = this.#partitions.get(id);
    if (partition === undefined) return undefined;
    return { partition: id, isCurrent: () => this.#partitions.get(id) === partition, done: () => undefined };
  }

  /**
   * The offset from which an assigned partition is read next; undefined where another consumer has it, or nothing was read
   * since the assignment.
   */
  position(id: number): bigint | undefined {
    return this.#partitions.get(id)?.tracker.next;
  }

  /** Reads nothing more; what is open can still be done. */
  pause(): void {
    this.#stopped = true;
    this.#pauseOrResume('pause');
  }

  /** Commits what is done and leaves the group; where Kafka does not answer, only for 2 s. */
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
    // kafkajs reads on from the committed offsets: all that was open comes again, here or at another worker.
    this.#pauseOrResume('resume');
    this.#partitions = new Map(partitions.map((id) => [id, newPartition()]));
    this.#open = { records: 0, bytes: 0 };
    this.handlers.onAssigned(partitions);
    if (this.#stopped) this.#pauseOrResume('pause');
  }

  async #receive({ batch, isStale, resolveOffset }: EachBatchPayload): Promise<void> {
    const partition = this.#partitions.get(batch.partition);
    if (partition === undefined || isStale() || this.#stopped) return;
    for (const message of batch.messages) {
      if (partition.tracker.open(BigInt(message.offset))) {
        this.#deliver(this.#record(batch.partition, partition, message));
      }
    }
    // At once: after the rest below it could be the position of another assignment.
    resolveOffset(batch.lastOffset());
    if (this.#load(partition) >= 1) this.#regulate();
    if (!this.#answered) return;
    this.#answered = false;
    if (this.inFlight > (this.options.throttleAbove ?? Number.POSITIVE_INFINITY)) await delay(PAUSE_MS);
  }

  /** A TypeError that reached kafkajs would end its consumer for ever; after another error it would read on. */
  #deliver(record: ReceivedRecord): void {
    try {
      this.handlers.onRecord(record);
    } catch (error) {
      const { partition, offset } = record;
      this.options.logger.error({ error: String(error), partition, offset }, 'record handler failed');
      setTimeout(() => {
        if (record.isCurrent() && !this.#stopped) this.#deliver(record);
      }, REDELIVER_MS);
    }
  }

  #record(id: number, partition: Partition, message: KafkaMessage): ReceivedRecord {
    let bytes = (message.value?.length ?? 0) + (message.key?.length ?? 0);
    const { offset } = message;
    const mayBeRepeated = Number(message.timestamp) < partition.assignedAt + CLOCKS_MS;
    // What kafkajs gives are views into the whole answer: a record that stays would keep megabytes of others.
    const key = copy(message.key);
    const value = copy(message.value);
    const headers = packHeaders(message.headers);
    const isCurrent = () => this.#partitions.get(id) === partition;
    const open = this.#open;
    open.records += 1;
    open.bytes += bytes;
    let isOpen = true;
    const done = () => {
      if (!isOpen) return;
      isOpen = false;
      open.records -= 1;
      open.bytes -= bytes;
      partition.tracker.done(BigInt(offset));
      if (partition.paused) this.#regulate();
    };
    const dropValue = () => {
      if (!isOpen || record.value === null) return;
      open.bytes -= record.value.length;
      bytes -= record.value.length;
      record.value = null;
      if (partition.paused) this.#regulate();
    };
    const record: ReceivedRecord = {
      ...{ topic: this.#topic, partition: id, offset, key, value, mayBeRepeated },
      get headers() {
        return headers();
      },
      ...{ isCurrent, done, dropValue },
    };
    return record;
  }

  /** Pauses partitions while too much is open, and resumes them at half. */
  #regulate(): void {
    if (this.#stopped) return;
    for (const [id, partition] of this.#partitions) {
      const full = this.#load(partition);
      if (partition.paused ? full > 0.5 : full < 1) continue;
      partition.paused = !partition.paused;
      this.#pauseOrResume(partition.paused ? 'pause' : 'resume', id);
    }
  }

  /** The share of a limit that is reached, of the one that is reached most. */
  #load({ tracker }: Partition): number {
    const { records, bytes, commitGap } = this.#limits;
    return Math.max(this.#open.records / records, this.#open.bytes / bytes, tracker.commitGap / commitGap);
  }

  #pauseOrResume(what: 'pause' | 'resume', partition?: number): void {
    const partitions = partition === undefined ? {} : { partitions: [partition] };
    try {
      this.#consumer[what]([{ topic: this.#topic, ...partitions }]);
    } catch {
      // Before it runs, and between a crash and its restart, kafkajs throws; the next assignment begins anew.
    }
  }

  /** One commit at a time: kafkajs tries each until the broker is back. */
  async #commitOnce(): Promise<void> {
    this.#committing ??= this.#commit().finally(() => {
      this.#committing = undefined;
    });
    await this.#committing;
  }

  async #commit(): Promise<void> {
    const due = [...this.#partitions].flatMap(([partition, { tracker }]) => {
      const offset = tracker.uncommitted();
      return offset === undefined ? [] : [{ partition, offset, tracker }];
    });
    if (due.length === 0) return;
    try {
      await this.#consumer.commitOffsets(
        due.map(({ partition, offset }) => ({ topic: this.#topic, partition, offset: String(offset) })),
      );
      for (const { tracker, offset } of due) tracker.committed(offset);
    } catch (error) {
      // A rebalance or a broker that is away: the next tick commits, or the records come again.
      this.options.logger.warn({ error: String(error) }, 'offset commit failed');
    }
  }
}

function newPartition(): Partition {
  return { tracker: new OffsetTracker(), paused: false, assignedAt: Date.now() };
}
