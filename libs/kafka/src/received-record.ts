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

export function copyHeaders(headers: KafkaMessage['headers'] = {}): KafkaMessage['headers'] {
  const copyOf = (value: Buffer | string) => (typeof value === 'string' ? value : Buffer.from(value));
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [
      name,
      Array.isArray(value) ? value.map(copyOf) : value && copyOf(value),
    ]),
  );
}
