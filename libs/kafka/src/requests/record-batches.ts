import produce, {
  type ProduceCall,
  type ProduceResponse,
} from 'kafkajs/src/protocol/requests/produce/index.js';
import { AuthorizationError } from '../authorization.js';
import { asEncoder, type Bytes, ByteWriter, MAX_VARINT } from './byte-writer.js';

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
  out.int32At(crcAt, crc32c(out.bytes(crcAt + 4)));
}

function writeRecord(out: ByteWriter, { key, value, headers = {} }: PlainMessage, offsetDelta: number): void {
  const lengthAt = out.skip(MAX_VARINT);
  out.int8(0); // attributes
  out.varint(0); // timestamp delta
  out.varint(offsetDelta);
  out.varintBytes(key);
  out.varintBytes(value);
  let count = 0;
  for (const name in headers) count += Array.isArray(headers[name]) ? headers[name].length : 1;
  out.varint(count);
  for (const name in headers) {
    const given = headers[name];
    for (const one of Array.isArray(given) ? given : [given]) {
      out.varintBytes(name);
      out.varintBytes(one);
    }
  }
  out.closeVarint(lengthAt);
}

/** The polynomial of Castagnoli, reversed. Source: RFC 3720, section 12.1. */
const POLYNOMIAL = 0x82f63b78;
/** How many bytes are processed at a time. */
const SLICE = 8;

/** The effect of a byte by its distance from the end of the bytes that are processed with it. */
const TABLES = tables();

function tables(): Int32Array[] {
  const first = Int32Array.from({ length: 256 }, (_, byte) => {
    let crc = byte;
    for (let bit = 0; bit < 8; bit += 1) crc = (crc >>> 1) ^ (crc & 1 ? POLYNOMIAL : 0);
    return crc;
  });
  const all = [first];
  while (all.length < SLICE) {
    const last = all.at(-1) ?? first;
    all.push(last.map((crc) => (crc >>> 8) ^ at(first, crc)));
  }
  return all;
}

function at(table: Int32Array, value: number): number {
  return table[value & 0xff] as number;
}

const [T0, T1, T2, T3, T4, T5, T6, T7] = TABLES as [
  ...[Int32Array, Int32Array, Int32Array, Int32Array],
  ...[Int32Array, Int32Array, Int32Array, Int32Array],
];

/** The CRC-32C of a batch of records, as a signed integer. kafkajs processes one byte at a time, which takes three times as long. */
function crc32c(bytes: Buffer): number {
  const end = bytes.length - (bytes.length % SLICE);
  let crc = -1;
  for (let i = 0; i < end; i += SLICE) {
    const low = crc ^ bytes.readInt32LE(i);
    const high = bytes.readInt32LE(i + 4);
    crc = at(T7, low) ^ at(T6, low >>> 8) ^ at(T5, low >>> 16) ^ at(T4, low >>> 24);
    crc ^= at(T3, high) ^ at(T2, high >>> 8) ^ at(T1, high >>> 16) ^ at(T0, high >>> 24);
  }
  for (const byte of bytes.subarray(end)) crc = at(T0, crc ^ byte) ^ (crc >>> 8);
  return ~crc;
}
