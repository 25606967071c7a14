import fetch, { type FetchOptions } from 'kafkajs/src/protocol/requests/fetch/index.js';
import { asEncoder, ByteWriter } from './byte-writer.js';

/** The latest version that kafkajs 2.2.4 knows, which all supported brokers understand. */
const VERSION = 11;

const { protocol } = fetch;

/**
 * A fetch concerns all partitions of a consumer, most of which have no new record. kafkajs 2.2.4 allocates 512 bytes for each of them
 * in the request, and makes a batch, several promises and a dozen BigInts of each in the response. Requests are encoded into one
 * buffer instead, and such partitions are left out of responses, as Kafka itself does within a fetch session.
 */
fetch.protocol = ({ version }) => {
  const made = protocol({ version });
  if (version !== VERSION) return made;
  return (options) => {
    const { request, response, ...call } = made(options);
    return {
      ...call,
      request: { ...request, encode: async () => asEncoder(encodeFetch(options)) },
      response: { ...response, decode: (bytes) => response.decode(withoutEmptyPartitions(bytes)) },
    };
  };
};

const CONSUMER = -1;
const READ_COMMITTED = 1;
const NO_SESSION = { id: 0, epoch: -1 };
const UNKNOWN = -1;

/** The body of a Fetch request, version 11. Source: https://kafka.apache.org/protocol#The_Messages_Fetch */
export function encodeFetch(options: FetchOptions): Buffer {
  const { isolationLevel = READ_COMMITTED, maxWaitTime, minBytes, maxBytes, topics, rackId = '' } = options;
  const out = new ByteWriter();
  for (const number of [CONSUMER, maxWaitTime, minBytes, maxBytes]) out.int32(number);
  out.int8(isolationLevel);
  for (const number of [NO_SESSION.id, NO_SESSION.epoch, topics.length]) out.int32(number);
  for (const { topic, partitions } of topics) {
    out.string(topic);
    out.int32(partitions.length);
    for (const { partition, fetchOffset, maxBytes } of partitions) {
      out.int32(partition);
      out.int32(UNKNOWN); // the leader's epoch
      out.int64(Number(fetchOffset));
      out.int64(UNKNOWN); // the follower's log start
      out.int32(maxBytes);
    }
  }
  out.int32(0); // no topics to forget
  out.string(rackId);
  return out.bytes();
}

/** Before the list of topics: the throttle time, the error and the id of the session. */
const TOPICS_AT = 10;
/** Before the list of aborted transactions: the partition, its error and three offsets. */
const PARTITION_BYTES = 30;
const ERROR_AT = 4;
const ABORTED_BYTES = 16;
const NONE = -1;

/** A response without its partitions that have no record, no error and no replica to read from instead. Changes the given bytes. */
export function withoutEmptyPartitions(bytes: Buffer): Buffer {
  let at = TOPICS_AT + 4;
  let length = at;
  const keep = (from: number) => {
    if (length !== from) bytes.copyWithin(length, from, at);
    length += at - from;
  };
  for (let topics = bytes.readInt32BE(TOPICS_AT); topics > 0; topics -= 1) {
    const nameAt = at;
    at += 2 + bytes.readInt16BE(at);
    const count = bytes.readInt32BE(at);
    at += 4;
    keep(nameAt);
    const countAt = length - 4;
    let kept = 0;
    for (let i = 0; i < count; i += 1) {
      const from = at;
      const error = bytes.readInt16BE(from + ERROR_AT);
      at += PARTITION_BYTES;
      at += 4 + ABORTED_BYTES * Math.max(0, bytes.readInt32BE(at));
      const replica = bytes.readInt32BE(at);
      const size = Math.max(0, bytes.readInt32BE(at + 4));
      at += 8 + size;
      if (error === 0 && replica === NONE && size === 0) continue;
      keep(from);
      kept += 1;
    }
    bytes.writeInt32BE(kept, countAt);
  }
  return bytes.subarray(0, length);
}
