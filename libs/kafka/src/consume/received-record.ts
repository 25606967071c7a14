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

/** Interned names of headers: they are few and the same in all records. */
const names = new Map<string, string>();
const MAX_NAMES = 1_000;

/**
 * Packs headers into one separate block of memory and unpacks them on demand: only dead-letter messages need them, and a dozen
 * buffers per record would be most of the memory of a worker with a backlog.
 */
export function packHeaders(headers: KafkaMessage['headers'] = {}): () => KafkaMessage['headers'] {
  const entries = Object.entries(headers);
  if (!entries.every((entry): entry is [string, Buffer] => Buffer.isBuffer(entry[1]))) {
    const own = copyHeaders(headers);
    return () => own;
  }
  const block = Buffer.allocUnsafeSlow(entries.reduce((sum, [, value]) => sum + value.length, 0));
  let end = 0;
  const parts = entries.map(([name, value]) => {
    end += value.copy(block, end);
    return { name: sharedName(name), end };
  });
  return () =>
    Object.fromEntries(parts.map(({ name, end }, i) => [name, block.subarray(parts[i - 1]?.end ?? 0, end)]));
}

function sharedName(name: string): string {
  const known = names.get(name);
  if (known !== undefined) return known;
  if (names.size < MAX_NAMES) names.set(name, name);
  return name;
}

function copyHeaders(headers: KafkaMessage['headers'] = {}): KafkaMessage['headers'] {
  const copyOf = (value: Buffer | string) => (typeof value === 'string' ? value : Buffer.from(value));
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [
      name,
      Array.isArray(value) ? value.map(copyOf) : value && copyOf(value),
    ]),
  );
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
