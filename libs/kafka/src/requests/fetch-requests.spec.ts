import { createRequire } from 'node:module';
import { expect, it, test } from '@jest/globals';
import fetch, { type FetchOptions } from 'kafkajs/src/protocol/requests/fetch/index.js';
import { ByteWriter } from './byte-writer.js';
import { encodeFetch, withoutEmptyPartitions } from './fetch-requests.js';
import { encodeProduce } from './record-batches.js';

const theirs = createRequire(import.meta.url);
type Encode = (options: object) => { encode(): Promise<{ buffer: Buffer }> };
const request: Encode = theirs('kafkajs/src/protocol/requests/fetch/v11/request.js');
interface Fetched {
  responses: { topicName: string; partitions: { partition: number; messages: object[] }[] }[];
}
const response: { decode(bytes: Buffer): Promise<Fetched> } = theirs(
  'kafkajs/src/protocol/requests/fetch/v11/response.js',
);

const LIMITS = { maxWaitTime: 200, minBytes: 1, maxBytes: 4_194_304 };
const partitions = [0, 47].map((partition) => ({ partition, fetchOffset: `${partition}00`, maxBytes: 1e6 }));
const farAhead = { partition: 1, fetchOffset: `${Number.MAX_SAFE_INTEGER}`, maxBytes: 1 };

test.each<[string, Partial<FetchOptions>]>([
  ['two partitions of one topic', {}],
  ['a topic twice', { topics: ['one', 'two', 'one'].map((topic) => ({ topic, partitions })) }],
  ['a large offset', { topics: [{ topic: 'one', partitions: [farAhead] }] }],
  ['a rack', { rackId: '机架' }],
  ['an isolation level', { isolationLevel: 0 }],
  ['nothing', { topics: [] }],
])('A Fetch request has the same bytes as that of kafkajs: %s', async (_what, more) => {
  const options = { ...LIMITS, topics: [{ topic: 'one', partitions }], ...more };
  const { buffer } = await request({ replicaId: -1, ...options }).encode();
  expect(encodeFetch(options).equals(buffer)).toBe(true);
});

const NOTHING = Buffer.alloc(0);

interface FetchedPartition {
  error?: number;
  aborted?: number;
  replica?: number;
  records?: Buffer;
}

/** A response of version 11 with the given partitions of each topic. */
function responseOf(...topics: FetchedPartition[][]): Buffer {
  const out = new ByteWriter();
  out.int32(0);
  out.int16(0);
  out.int32(0);
  out.int32(topics.length);
  for (const [i, given] of topics.entries()) {
    out.string(`topic-${i}`);
    out.int32(given.length);
    for (const [partition, { error = 0, aborted = 0, replica = -1, records = NOTHING }] of given.entries()) {
      out.int32(partition);
      out.int16(error);
      for (const offset of [5, 5, 0]) out.int64(offset);
      out.int32(aborted);
      for (let n = 0; n < 2 * aborted; n += 1) out.int64(n);
      out.int32(replica);
      out.int32(records.length);
      for (const byte of records) out.int8(byte);
    }
  }
  return Buffer.from(out.bytes());
}

/** The batch of one record, as it is in a request and in a response. */
function batchOf(value: string): Buffer {
  const topicData = [{ topic: 't', partitions: [{ partition: 0, messages: [{ key: 'wx00', value }] }] }];
  return encodeProduce({ acks: -1, timeout: 1, topicData }, 0).subarray(27);
}

const FULL: FetchedPartition = { records: batchOf('{}') };
/** The partitions of a topic and how many messages each has, as in `topic-0 1:1 4:1`. */
const named = ({ topicName, partitions }: Fetched['responses'][number]) =>
  [topicName, ...partitions.map(({ partition, messages }) => `${partition}:${messages.length}`)].join(' ');

test.each<[string, FetchedPartition[][], string[]]>([
  ['records before, between and after', [[{}, FULL, {}, {}, FULL, {}]], ['topic-0 1:1 4:1']],
  ['several topics', [[{}], [FULL], [{}, FULL]], ['topic-0', 'topic-1 0:1', 'topic-2 1:1']],
  ['an error, another replica', [[{ error: 6 }, {}, { replica: 2 }]], ['topic-0 0:0 2:0']],
  ['aborted transactions', [[{ aborted: 2 }, { ...FULL, aborted: 1 }]], ['topic-0 1:1']],
  ['nothing but records', [[FULL, FULL]], ['topic-0 0:1 1:1']],
  ['no topic', [], []],
])('The empty partitions are left out of a response: %s', async (_what, topics, expected) => {
  const all = await response.decode(responseOf(...topics));
  const { responses } = await response.decode(withoutEmptyPartitions(responseOf(...topics)));
  expect(responses.map(named)).toEqual(expected);
  const isKept = (topic: number, partition: number) =>
    responses[topic]?.partitions.some((kept) => kept.partition === partition);
  const others = all.responses.map(({ topicName, partitions }, i) => ({
    topicName,
    partitions: partitions.filter(({ partition }) => isKept(i, partition)),
  }));
  expect(responses).toEqual(others);
});

it('kafkajs fetches this way', async () => {
  const { request, response } = fetch.protocol({ version: 11 })({ ...LIMITS, topics: [] });
  expect((await request.encode()).buffer).toEqual(encodeFetch({ ...LIMITS, topics: [] }));
  const fetched = (await response.decode(responseOf([{}, FULL]))) as Fetched;
  expect(fetched.responses.map(named)).toEqual(['topic-0 1:1']);
});

it('A partition without records may have a size of -1 instead of 0', async () => {
  const bytes = responseOf([{}, FULL]);
  const sizeAt = bytes.indexOf(Buffer.from([255, 255, 255, 255, 0, 0, 0, 0])) + 4;
  bytes.writeInt32BE(-1, sizeAt);
  const { responses } = await response.decode(withoutEmptyPartitions(bytes));
  expect(responses.map(named)).toEqual(['topic-0 1:1']);
});
