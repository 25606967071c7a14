import { createRequire } from 'node:module';
import { expect, test } from '@jest/globals';
import { encodeProduce, isPlain, type ProduceOptions } from './record-batches.js';

type Encode = (options: object) => { encode(): Promise<{ buffer: Buffer }> };
const theirs: Encode = createRequire(import.meta.url)('kafkajs/src/protocol/requests/produce/v3/request.js');

const HEADERS = {
  ce_id: '0190.command.0',
  ce_subject: 'wx00',
  raw: Buffer.from([0, 255]),
  twice: ['a', 'b'],
};

function produce(topicData: ProduceOptions['topicData']): ProduceOptions {
  return { acks: -1, timeout: 30_000, topicData };
}

function records(...messages: ProduceOptions['topicData'][number]['partitions'][number]['messages']) {
  return produce([{ topic: 'wxa.code.commands', partitions: [{ partition: 7, messages }] }]);
}

const NOW = 1_764_086_400_123;

async function encodedByKafkajs(options: ProduceOptions): Promise<Buffer> {
  const { now } = Date;
  Date.now = () => NOW;
  try {
    return (await theirs(options).encode()).buffer;
  } finally {
    Date.now = now;
  }
}

/** Around the sizes at which a length takes one byte more. */
const sizes = [63, 64, 8191, 8192, 70_000].map((n) => ({ value: 'x'.repeat(n) }));
const many = Array.from({ length: 300 }, (_, i) => ({
  key: `wx${i}`,
  value: 'v'.repeat(i),
  headers: HEADERS,
}));
const topics = ['one', 'two'].map((topic) => ({
  topic,
  partitions: [0, 47].map((partition) => ({ partition, messages: [{ key: 'k', value: topic }] })),
}));

test.each<[string, ProduceOptions]>([
  ['one message', records({ key: 'wx00', value: '{"a":1}', headers: HEADERS })],
  ['no key, no headers', records({ value: 'x' })],
  ['null as value', records({ key: 'wx00', value: null })],
  ['bytes', records({ key: Buffer.from('k'), value: Buffer.from([1, 2, 3]) })],
  ['Chinese and emoji', records({ key: '小程序', value: '{"版本":"1.0 🚀"}', headers: { 名: '值' } })],
  ['values of many sizes', records(...sizes)],
  ['300 messages', records(...many)],
  ['topics and partitions', produce(topics)],
  ['nothing', produce([])],
])('A Produce request has the same bytes as that of kafkajs: %s', async (_what, options) => {
  const expected = await encodedByKafkajs(options);
  expect(encodeProduce(options, NOW).equals(expected)).toBe(true);
});

test.each<[string, Partial<ProduceOptions>]>([
  ['compression', { compression: 1 }],
  ['a transaction', { transactionalId: 't' }],
  ['a producer id', { producerId: 5 }],
  ["the sender's own time", records({ value: 'x', timestamp: '1764086400123' })],
])('A Produce request is encoded by kafkajs if it has %s', (_what, more) => {
  expect(isPlain({ ...records({ value: 'x' }), ...more })).toBe(false);
});

test('A Produce request without compression, transaction, producer id and own time is encoded here', () => {
  expect(isPlain({ ...records({ value: 'x' }), producerId: -1, transactionalId: null })).toBe(true);
});
