import type { KafkaMessage } from 'kafkajs';

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

/** Copies into separate memory: Buffer.from() would share a block of Node's pool with other records and retain it. */
export function copy(bytes: Buffer | null): Buffer | null {
  if (bytes === null) return null;
  const own = Buffer.allocUnsafeSlow(bytes.length);
  bytes.copy(own);
  return own;
}

/** The handlers of a consumer. */
export interface RecordHandlers {
  /** Accepts a record; must not wait. If it throws, the record stays in flight and is delivered again a second later. */
  onRecord(record: ReceivedRecord): void;
  /** The partitions were reassigned: records received before are delivered again, here or to another consumer. */
  onAssigned(partitions: number[]): void;
  /** The consumer has stopped permanently. */
  onFatal(error: Error): void;
}
