import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { connectKafka, type KafkaConnection, SerialProducer } from '@wxa/kafka';
import { freePort, type Kafka, startKafka } from '@wxa/stack';
import type { Admin } from 'kafkajs';
import { eventually } from '../eventually.js';

const SILENT = { error: () => undefined, warn: () => undefined, info: () => undefined };
const topic = 'moved';

let nodes: Kafka[] = [];
let connection: KafkaConnection;
let admin: Admin;
beforeAll(async () => {
  const ports = await Promise.all([1, 2, 3].map(async (id) => [id, await freePort()] as const));
  const controllers = Object.fromEntries(ports);
  nodes = await Promise.all([1, 2, 3].map((id) => startKafka({ member: { id, controllers } })));
  const brokers = nodes.map((node) => node.brokers);
  connection = connectKafka({ brokers, clientId: 'test', topicPrefix: '', logger: SILENT });
  admin = connection.kafka.admin();
  await admin.connect();
}, 90_000);
afterAll(async () => {
  await admin?.disconnect();
  await Promise.all(nodes.map((node) => node.stop()));
}, 30_000);

async function leaders(): Promise<number[]> {
  const { topics } = await admin.fetchTopicMetadata({ topics: [topic] });
  const partitions = [...(topics[0]?.partitions ?? [])].sort((a, b) => a.partitionId - b.partitionId);
  return partitions.map(({ leader }) => leader);
}

async function ends(): Promise<number[]> {
  const offsets = await admin.fetchTopicOffsets(topic);
  return offsets.sort((a, b) => a.partition - b.partition).map(({ high }) => Number(high));
}

describe('startKafka', () => {
  it('Kafka starts from the archive of its classes that the first start recorded', async () => {
    const mapped = await Promise.all(nodes.map(({ pid }) => readFile(`/proc/${pid}/maps`, 'utf8')));
    for (const maps of mapped) expect(maps).toMatch(/wxa-code\/kafka-.*\.jsa$/m);
  });
});

describe('SerialProducer', () => {
  it('A send to a partition that moved to a broker which has already answered fails, and the repeated send stores the record', async () => {
    await admin.createTopics({
      waitForLeaders: true,
      topics: [
        {
          topic,
          replicaAssignment: [
            { partition: 0, replicas: [1] },
            { partition: 1, replicas: [2] },
          ],
          configEntries: [{ name: 'min.insync.replicas', value: '1' }],
        },
      ],
    });
    const producer = new SerialProducer(connection);
    const both = [0, 1].map((partition) => ({ topic, message: { value: 'x', partition } }));
    await eventually(() => producer.send(both));
    const before = await ends();
    await admin.alterPartitionReassignments({
      topics: [{ topic, partitionAssignment: [{ partition: 0, replicas: [2] }] }],
    });
    await eventually(async () => expect(await leaders()).toEqual([2, 2]));
    await expect(producer.send(both)).rejects.toThrow('no produce acknowledgement for partition moved/0');
    await producer.send(both);
    expect((await ends())[0]).toBe((before[0] ?? 0) + 1);
    await producer.disconnect();
  }, 60_000);
});
