import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { TOPICS } from '@wxa/contracts';
import { type KafkaConnection, type ReceivedRecord, RecordConsumer, SerialProducer } from '@wxa/kafka';
import { freePort, type Kafka, startKafka } from '@wxa/stack';
import type { Admin } from 'kafkajs';
import { eventually } from '../eventually.js';
import { FETCH, LossyProxy, socketsThrough } from '../kafka/lossy-proxy.js';
import { connectionOf, valuesOf } from '../kafka/test-topic.js';

const SILENT = { error: () => undefined, warn: () => undefined, info: () => undefined };
const TOPIC = TOPICS.commands;
const GROUP = 'readers';
/** A response of this size contains records. */
const LARGE = 10_000;
const PADDING = ' '.repeat(1_000);

let nodes: Kafka[] = [];
let proxies: LossyProxy[] = [];
let direct: KafkaConnection;
let proxied: KafkaConnection;
let admin: Admin;
let producer: SerialProducer;
let consumer: RecordConsumer | undefined;
beforeAll(async () => {
  const ports = await Promise.all([1, 2, 3].map(async (id) => [id, await freePort()] as const));
  const controllers = Object.fromEntries(ports);
  nodes = await Promise.all([1, 2, 3].map((id) => startKafka({ member: { id, controllers } })));
  const brokers = nodes.map((node) => node.brokers);
  proxies = await Promise.all(brokers.map((broker) => LossyProxy.start(broker)));
  const byPort = new Map(nodes.map(({ port }, i) => [port, proxies[i] as LossyProxy]));
  direct = connectionOf('', undefined, brokers);
  proxied = connectionOf('', socketsThrough(byPort), brokers);
  producer = new SerialProducer(direct);
  admin = direct.kafka.admin();
  await admin.connect();
  await admin.createTopics({
    waitForLeaders: true,
    topics: [
      {
        topic: TOPIC,
        replicaAssignment: [
          { partition: 0, replicas: [1] },
          { partition: 1, replicas: [2] },
        ],
        configEntries: [{ name: 'min.insync.replicas', value: '1' }],
      },
    ],
  });
}, 90_000);
afterAll(async () => {
  await consumer?.stop();
  await producer?.disconnect();
  await admin?.disconnect();
  await Promise.all(proxies.map((proxy) => proxy.stop()));
  await Promise.all(nodes.map((node) => node.stop()));
}, 30_000);

async function committed(): Promise<number> {
  const [topic] = await admin.fetchOffsets({ groupId: direct.group(GROUP), topics: [TOPIC] });
  return Number(topic?.partitions.find(({ partition }) => partition === 0)?.offset);
}

describe('RecordConsumer', () => {
  it('RecordConsumer resumes from the committed offset after a re-join during another broker’s fetch', async () => {
    const write = (values: string[]) =>
      producer.send(values.map((value) => ({ topic: TOPIC, message: { value, partition: 0 } })));
    const large = (first: number, count: number) =>
      Array.from({ length: count }, (_, i) => `${first + i}${PADDING}`);
    let records: ReceivedRecord[] = [];
    let assignments = 0;
    consumer = new RecordConsumer(
      proxied,
      { topic: TOPIC, group: GROUP, logger: SILENT },
      {
        onRecord: (record) => records.push(record),
        onAssigned() {
          records = [];
          assignments += 1;
        },
        onFatal: (error) => {
          throw error;
        },
      },
    );
    const [before, during] = [large(0, 20), large(20, 20)];
    await eventually(() => write(before));
    await consumer.start();
    await eventually(() => records.length === before.length);
    for (const record of records.slice(0, 5)) record.done();
    await eventually(async () => (await committed()) === 5);

    const [first] = proxies as [LossyProxy];
    first.fate = ({ api, way, bytes }) =>
      api === FETCH && way === 'answer' && bytes > LARGE ? 'held' : 'passes';
    await write(during);
    await eventually(() => first.heldCount === 1);
    await admin.alterPartitionReassignments({
      topics: [{ topic: TOPIC, partitionAssignment: [{ partition: 1, replicas: [3] }] }],
    });
    await eventually(() => assignments === 2, 20_000);
    first.fate = () => 'passes';
    first.release();

    await eventually(() => records.length >= during.length);
    expect(valuesOf(records.slice(0, 1))).toEqual(before.slice(5, 6));
    await eventually(() => records.length === 35);
    expect(valuesOf(records)).toEqual([...before.slice(5), ...during]);
    for (const record of records.slice(1)) record.done();
    expect(await committed()).toBe(5);
    records[0]?.done();
    await eventually(async () => (await committed()) === 40);
  }, 90_000);
});
