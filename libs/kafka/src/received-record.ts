import type { KafkaMessage } from 'kafkajs';

/** A partition of this consumer, under its present assignment. */
export interface Owned {
  partition: number;
  /** Whether the partition is still ours; if not, another consumer has it. */
  isCurrent(): boolean;
  done(): void;
}

/** One record, until its receiver says that it is done. */
export interface ReceivedRecord extends Owned {
  topic: string;
  offset: string;
  key: Buffer | null;
  /** Null too after it was dropped. */
  value: Buffer | null;
  headers: KafkaMessage['headers'];
  /** It was published before its partition was assigned: an earlier owner may have read it. */
  mayBeRepeated: boolean;
  /** Its offset may be committed. A second time is no matter. */
  done(): void;
  /** Frees the memory of its value; the record stays open. */
  dropValue(): void;
}

/** Memory of its own: Buffer.from() would share a block of Node's with other records, and keep that. */
export function copy(bytes: Buffer | null): Buffer | null {
  if (bytes === null) return null;
  const own = Buffer.allocUnsafeSlow(bytes.length);
  bytes.copy(own);
  return own;
}

/** Names of headers are few, and the same in all records: each is kept once. */
const names = new Map<string, string>();
const MAX_NAMES = 1_000;

/**
 * Headers in one block of memory of its own, to be taken apart when they are asked for: only a dead letter needs them, and
 * a dozen buffers for each record would be most of what a worker with a backlog holds.
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
