import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import {
  connectKafka,
  ensureTopics,
  type KafkaConnection,
  type ReceivedRecord,
  RecordConsumer,
  SerialProducer,
} from '@wxa/kafka';
import { freePort, type Kafka, startKafka } from '@wxa/stack';
import type { Admin } from 'kafkajs';
import { createTopics } from '../create-topics.js';
import { eventually } from '../eventually.js';
import { FETCH, LossyProxy, socketsThrough } from '../kafka/lossy-proxy.js';
import { connectionOf, GROUP, SILENT, TOPIC, valuesOf } from '../kafka/test-topic.js';

const MOVED = 'moved';
/** A response of this size contains records. */
const LARGE = 10_000;

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
  const replicaAssignment = [1, 2].map((broker, partition) => ({ partition, replicas: [broker] }));
  const configEntries = [{ name: 'min.insync.replicas', value: '1' }];
  await createTopics(
    admin,
    [TOPIC, MOVED].map((topic) => ({ topic, replicaAssignment, configEntries })),
  );
});
afterAll(async () => {
  await consumer?.stop();
  await producer?.disconnect();
  await admin?.disconnect();
  await Promise.all(proxies.map((proxy) => proxy.stop()));
  await Promise.all(nodes.map((node) => node.stop()));
});

/** Moves a partition to another broker. */
const move = (topic: string, partition: number, broker: number) =>
  admin.alterPartitionReassignments({
    topics: [{ topic, partitionAssignment: [{ partition, replicas: [broker] }] }],
  });

async function committed(): Promise<number> {
  const [topic] = await admin.fetchOffsets({ groupId: direct.group(GROUP), topics: [TOPIC] });
  return Number(topic?.partitions.find(({ partition }) => partition === 0)?.offset);
}

it('Kafka starts from the archive of its classes that the first start recorded', async () => {
  const mapped = await Promise.all(nodes.map(({ pid }) => readFile(`/proc/${pid}/maps`, 'utf8')));
  for (const maps of mapped) expect(maps).toMatch(/wxa-code\/kafka-.*\.jsa$/m);
});

it('ensureTopics resolves after it has created topics of which most brokers have not learned yet', async () => {
  const topics = { create: true, partitions: 4, replicationFactor: 3, minInsyncReplicas: 2 };
  const brokers = nodes.map((node) => node.brokers);
  for (const topicPrefix of ['a.', 'b.', 'c.'])
    await ensureTopics(connectKafka({ brokers, clientId: 'test', topicPrefix, topics, logger: SILENT }));
});

it('A send to a partition that moved to a broker which has already answered fails, and the repeated send stores the record', async () => {
  const leaders = async () => {
    const { topics } = await admin.fetchTopicMetadata({ topics: [MOVED] });
    return topics[0]?.partitions.map(({ leader }) => leader);
  };
  const end = async () => {
    const offsets = await admin.fetchTopicOffsets(MOVED);
    return Number(offsets.find(({ partition }) => partition === 0)?.high);
  };
  const both = [0, 1].map((partition) => ({ topic: MOVED, message: { value: 'x', partition } }));
  await eventually(() => producer.send(both));
  const before = await end();
  await move(MOVED, 0, 2);
  await eventually(async () => expect(await leaders()).toEqual([2, 2]));
  await expect(producer.send(both)).rejects.toThrow('no produce acknowledgement for partition moved/0');
  await producer.send(both);
  expect(await end()).toBe(before + 1);
});

it('RecordConsumer resumes from the committed offset after a re-join during another broker’s fetch', async () => {
  const write = (values: string[]) =>
    producer.send(values.map((value) => ({ topic: TOPIC, message: { value, partition: 0 } })));
  const values = Array.from({ length: 40 }, (_, i) => String(i).padEnd(1_000));
  let records: ReceivedRecord[] = [];
  let assignments = 0;
  const handlers = {
    onRecord: (record: ReceivedRecord) => records.push(record),
    onAssigned() {
      records = [];
      assignments += 1;
    },
    onFatal(error: Error) {
      throw error;
    },
  };
  consumer = new RecordConsumer(proxied, { topic: TOPIC, group: GROUP, logger: SILENT }, handlers);
  await eventually(() => write(values.slice(0, 20)));
  await consumer.start();
  await eventually(() => records.length === 20);
  for (const record of records.slice(0, 5)) record.done();
  await eventually(async () => (await committed()) === 5);

  const [first] = proxies as [LossyProxy];
  first.fate = ({ api, way, bytes }) =>
    api === FETCH && way === 'answer' && bytes > LARGE ? 'held' : 'passes';
  await write(values.slice(20));
  await eventually(() => first.heldCount === 1);
  await move(TOPIC, 1, 3);
  await eventually(() => assignments === 2);
  first.fate = () => 'passes';
  first.release();

  await eventually(() => records.length >= 20);
  expect(valuesOf(records.slice(0, 1))).toEqual(values.slice(5, 6));
  await eventually(() => records.length === 35);
  expect(valuesOf(records)).toEqual(values.slice(5));
  for (const record of records.slice(1)) record.done();
  expect(await committed()).toBe(5);
  records[0]?.done();
  await eventually(async () => (await committed()) === 40);
});
