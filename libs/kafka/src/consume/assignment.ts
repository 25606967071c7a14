import type { KafkaMessage } from 'kafkajs';
import { OffsetTracker } from './offset-tracker.js';
import { copy, ownHeaders } from './record-headers.js';

/** Limits of in-flight records. When one is reached, nothing more is read until half of it is done. */
export interface OpenLimits {
  /** Over all partitions. */
  records: number;
  bytes: number;
  /** How far the newest record of one partition may be ahead of its lowest one in flight. */
  commitGap: number;
}

// The receiver delays records in Postgres long before; these limits apply while Postgres is unavailable.
export const OPEN_LIMITS: OpenLimits = { records: 60_000, bytes: 32 * 1024 * 1024, commitGap: 200_000 };

/** Maximum difference between the clocks of publishers and of this process. */
const CLOCKS_MS = 5_000;

/** A partition of this consumer in its current assignment. */
export interface Owned {
  partition: number;
  /** Whether the partition is still assigned as then; if not, another consumer may have it. */
  isCurrent(): boolean;
  done(): void;
}

/** One record, in flight until its receiver calls `done`. */
export interface ReceivedRecord extends Owned {
  topic: string;
  offset: string;
  key: Buffer | null;
  /** Also null after it was dropped. */
  value: Buffer | null;
  headers: KafkaMessage['headers'];
  /** Whether it was published before its partition was assigned, so that an earlier owner may have read it. */
  mayBeRepeated: boolean;
  /** Its offset may be committed. Idempotent. */
  done(): void;
  /** Frees the memory of its value; the record stays in flight. */
  dropValue(): void;
}

/** An assigned partition. */
export interface Partition {
  readonly id: number;
  readonly tracker: OffsetTracker;
  paused: boolean;
}

export interface AssignmentOptions {
  /** The topic's name at the broker. */
  topic: string;
  limits: OpenLimits;
  isCurrent(assignment: Assignment): boolean;
  /** A record of a paused partition is done, or smaller. */
  onFreed(): void;
}

/** The partitions that a consumer has until the next assignment, and their records in flight. */
export class Assignment {
  readonly partitions: ReadonlyMap<number, Partition>;
  /** In-flight records of all partitions, and the size of their keys and values. */
  records = 0;
  bytes = 0;
  readonly #since = Date.now();

  constructor(
    ids: readonly number[],
    private readonly options: AssignmentOptions,
  ) {
    this.partitions = new Map(ids.map((id) => [id, { id, tracker: new OffsetTracker(), paused: false }]));
  }

  /** One of its partitions; undefined for any other. */
  owned(id: number): Owned | undefined {
    if (!this.partitions.has(id)) return undefined;
    return { partition: id, isCurrent: () => this.options.isCurrent(this), done: () => undefined };
  }

  /** The highest utilization of the limits. */
  load({ tracker }: Partition): number {
    const { records, bytes, commitGap } = this.options.limits;
    return Math.max(this.records / records, this.bytes / bytes, tracker.commitGap / commitGap);
  }

  /** A message becomes a record in flight. */
  receive(partition: Partition, message: KafkaMessage): ReceivedRecord {
    let bytes = (message.value?.length ?? 0) + (message.key?.length ?? 0);
    const { offset } = message;
    const { topic, isCurrent, onFreed } = this.options;
    this.records += 1;
    this.bytes += bytes;
    let isOpen = true;
    const done = () => {
      if (!isOpen) return;
      isOpen = false;
      this.records -= 1;
      this.bytes -= bytes;
      partition.tracker.done(BigInt(offset));
      if (partition.paused) onFreed();
    };
    const dropValue = () => {
      if (!isOpen || record.value === null) return;
      this.bytes -= record.value.length;
      bytes -= record.value.length;
      record.value = null;
      if (partition.paused) onFreed();
    };
    const record: ReceivedRecord = {
      ...{ topic, partition: partition.id, offset, headers: ownHeaders(message.headers) },
      // kafkajs returns views of the whole fetch: one in-flight record would retain megabytes of others.
      ...{ key: copy(message.key), value: copy(message.value) },
      mayBeRepeated: Number(message.timestamp) < this.#since + CLOCKS_MS,
      ...{ isCurrent: () => isCurrent(this), done, dropValue },
    };
    return record;
  }
}
