import Encoder from 'kafkajs/src/protocol/encoder.js';
import crc32C from 'kafkajs/src/protocol/recordBatch/crc32C/index.js';
import produce, {
  type ProduceCall,
  type ProduceResponse,
} from 'kafkajs/src/protocol/requests/produce/index.js';
import { AuthorizationError } from '../authorization.js';

/** The options of a Produce request, as kafkajs passes them to its encoder. */
export interface ProduceOptions {
  acks: number;
  /** Time-out of the broker, in milliseconds. */
  timeout: number;
  compression?: number;
  transactionalId?: string | null;
  /** This is a number or a Long; -1 means that there is none. */
  producerId?: { toString(): string };
  topicData: { topic: string; partitions: { partition: number; messages: PlainMessage[] }[] }[];
}

type Bytes = Buffer | string | null | undefined;

interface PlainMessage {
  key?: Bytes;
  value: Bytes;
  headers?: Record<string, Bytes | (Buffer | string)[]>;
  timestamp?: string;
}

/** Whether `encodeProduce` supports it: no compression, transaction, sequence or explicit timestamp. */
export function isPlain({
  compression = 0,
  transactionalId,
  producerId = -1,
  topicData,
}: ProduceOptions): boolean {
  return (
    compression === 0 &&
    transactionalId == null &&
    producerId.toString() === '-1' &&
    topicData.every(({ partitions }) =>
      partitions.every(({ messages }) => messages.every(({ timestamp }) => timestamp === undefined)),
    )
  );
}

const { protocol } = produce;

const TOPIC_AUTHORIZATION_FAILED = 29;

/**
 * kafkajs 2.2.4 allocates a buffer of 512 bytes for each header of each message and copies it four times, which is a third of
 * the CPU time of a busy relay. Requests without compression and transaction are encoded into one buffer instead.
 */
produce.protocol = ({ version }) => {
  const made = protocol({ version });
  if (version < 3) return made;
  return (options) => {
    const call = namingDeniedTopic(made(options));
    if (!isPlain(options)) return call;
    return {
      ...call,
      request: { ...call.request, encode: async () => asEncoder(encodeProduce(options, Date.now())) },
    };
  };
};

/** kafkajs reports the first error of a response without its topic. */
function namingDeniedTopic(call: ProduceCall): ProduceCall {
  const parse = async (data: ProduceResponse) => {
    const denied = data.topics.find(({ partitions }) =>
      partitions.some(({ errorCode }) => errorCode === TOPIC_AUTHORIZATION_FAILED),
    );
    if (denied !== undefined) throw new AuthorizationError('Write', `topic ${denied.topicName}`);
    return call.response.parse(data);
  };
  return { ...call, response: { ...call.response, parse } };
}

function asEncoder(bytes: Buffer): Encoder {
  const encoder = new Encoder(1);
  encoder.buf = bytes;
  encoder.offset = bytes.length;
  return encoder;
}

/**
 * The body of a Produce request, versions 3 to 7, in one buffer. Source:
 * https://kafka.apache.org/protocol#The_Messages_Produce and https://kafka.apache.org/documentation/#recordbatch
 * @param now the timestamp of all records, in milliseconds since 1970.
 */
export function encodeProduce({ acks, timeout, topicData }: ProduceOptions, now: number): Buffer {
  const out = new ByteWriter();
  out.int16(-1);
  out.int16(acks);
  out.int32(timeout);
  out.int32(topicData.length);
  for (const { topic, partitions } of topicData) {
    out.string(topic);
    out.int32(partitions.length);
    for (const { partition, messages } of partitions) {
      out.int32(partition);
      const sizeAt = out.skip(4);
      writeBatch(out, messages, now);
      out.int32At(sizeAt, out.length - sizeAt - 4);
    }
  }
  return out.bytes();
}

const MAGIC = 2;

function writeBatch(out: ByteWriter, messages: PlainMessage[], now: number): void {
  out.int64(0); // base offset
  const lengthAt = out.skip(4);
  out.int32(0); // partition leader epoch
  out.int8(MAGIC);
  const crcAt = out.skip(4);
  out.int16(0); // attributes
  out.int32(messages.length - 1);
  out.int64(now);
  out.int64(now);
  out.int64(-1); // producer id
  out.int16(0); // producer epoch
  out.int32(0); // first sequence
  out.int32(messages.length);
  for (const [i, message] of messages.entries()) writeRecord(out, message, i);
  out.int32At(lengthAt, out.length - lengthAt - 4);
  out.int32At(crcAt, crc32C(out.bytes(crcAt + 4)) | 0);
}

function writeRecord(out: ByteWriter, { key, value, headers = {} }: PlainMessage, offsetDelta: number): void {
  const lengthAt = out.skip(MAX_VARINT);
  out.int8(0); // attributes
  out.varint(0); // timestamp delta
  out.varint(offsetDelta);
  out.varintBytes(key);
  out.varintBytes(value);
  const list = Object.entries(headers).flatMap(([name, given]) =>
    Array.isArray(given) ? given.map((one) => [name, one] as const) : [[name, given] as const],
  );
  out.varint(list.length);
  for (const [name, given] of list) {
    out.varintBytes(name);
    out.varintBytes(given);
  }
  out.closeVarint(lengthAt);
}

const MAX_VARINT = 5;

/** Appends numbers and texts to a growing buffer. */
class ByteWriter {
  #buffer = Buffer.allocUnsafe(16 * 1024);
  #length = 0;

  get length(): number {
    return this.#length;
  }

  bytes(from = 0): Buffer {
    return this.#buffer.subarray(from, this.#length);
  }

  /** Leaves a gap to be filled later, and returns its position. */
  skip(size: number): number {
    return this.#take(size);
  }

  int8(value: number): void {
    const at = this.#take(1);
    this.#buffer.writeInt8(value, at);
  }

  int16(value: number): void {
    const at = this.#take(2);
    this.#buffer.writeInt16BE(value, at);
  }

  int32(value: number): void {
    const at = this.#take(4);
    this.#buffer.writeInt32BE(value, at);
  }

  int32At(at: number, value: number): void {
    this.#buffer.writeInt32BE(value, at);
  }

  int64(value: number): void {
    const at = this.#take(8);
    this.#buffer.writeBigInt64BE(BigInt(value), at);
  }

  string(text: string): void {
    const size = Buffer.byteLength(text);
    this.int16(size);
    const at = this.#take(size);
    this.#buffer.write(text, at);
  }

  /** Zigzag encoding, seven bits per byte. */
  varint(value: number): void {
    let rest = (value << 1) ^ (value >> 31);
    while ((rest & ~0x7f) !== 0) {
      this.int8((((rest & 0x7f) | 0x80) << 24) >> 24);
      rest >>>= 7;
    }
    this.int8(rest);
  }

  /** Preceded by its size; -1 for null. */
  varintBytes(value: Bytes): void {
    if (value == null) {
      this.varint(-1);
      return;
    }
    const size = Buffer.byteLength(value);
    this.varint(size);
    const at = this.#take(size);
    if (typeof value === 'string') this.#buffer.write(value, at);
    else value.copy(this.#buffer, at);
  }

  /** Writes the number of bytes since `skip(MAX_VARINT)` into that gap, and closes the rest of the gap. */
  closeVarint(at: number): void {
    const end = this.#length;
    const size = end - at - MAX_VARINT;
    this.#length = at;
    this.varint(size);
    this.#buffer.copyWithin(this.#length, at + MAX_VARINT, end);
    this.#length += size;
  }

  #take(size: number): number {
    const at = this.#length;
    this.#length += size;
    if (this.#length > this.#buffer.length) {
      const grown = Buffer.allocUnsafe(Math.max(this.#length, 2 * this.#buffer.length));
      this.#buffer.copy(grown, 0, 0, at);
      this.#buffer = grown;
    }
    return at;
  }
}
