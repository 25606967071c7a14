import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { TOPICS } from '@wxa/contracts';
import { connectKafka, ensureTopics, type KafkaConnection, type TopicOptions } from '@wxa/kafka';
import kafkajs, { type Admin } from 'kafkajs';
import { createTopics } from '../create-topics.js';
import { eventually } from '../eventually.js';
import { mainOf, runNode } from '../programs.js';
import { checkTopics } from './check-topics.js';
import { LossyProxy } from './lossy-proxy.js';
import { connectionOf, SILENT } from './test-topic.js';

const CREATED = [
  'min.insync.replicas',
  'unclean.leader.election.enable',
  'retention.ms',
  'cleanup.policy',
  'max.message.bytes',
];
const DAY_MS = 86_400_000;
const brokers = (process.env.TEST_KAFKA_BROKERS ?? '').split(',');

let admin: Admin;
beforeAll(async () => {
  admin = new kafkajs.Kafka({ brokers, logLevel: kafkajs.logLevel.NOTHING }).admin();
  await admin.connect();
});
afterAll(() => admin?.disconnect());

function connection(given: Partial<TopicOptions> = {}): KafkaConnection {
  const topics = { create: true, partitions: 2, replicationFactor: 1, minInsyncReplicas: 1, ...given };
  const topicPrefix = `t${randomUUID().slice(0, 8)}.`;
  return connectKafka({ brokers, clientId: 'test', topicPrefix, topics, logger: SILENT });
}

async function configOf(name: string): Promise<Record<string, string>> {
  const { resources } = await admin.describeConfigs({
    includeSynonyms: false,
    resources: [{ type: kafkajs.ConfigResourceTypes.TOPIC, name, configNames: CREATED }],
  });
  return Object.fromEntries(
    resources[0]?.configEntries.map(({ configName, configValue }) => [configName, configValue]) ?? [],
  );
}

it('Topics are created with the documented settings', async () => {
  const made = connection();
  await eventually(() => ensureTopics(made));
  const created = (topic: Parameters<typeof made.topic>[0]) => configOf(made.topic(topic));
  const durable = {
    'min.insync.replicas': '1',
    'unclean.leader.election.enable': 'false',
    'cleanup.policy': 'delete',
    'retention.ms': String(30 * DAY_MS),
  };
  const week = { 'retention.ms': String(7 * DAY_MS) };
  expect(await created(TOPICS.commands)).toMatchObject({ ...durable, ...week });
  for (const topic of [TOPICS.outcomes, TOPICS.audits]) expect(await created(topic)).toMatchObject(durable);
  const large = { 'max.message.bytes': String(2 * 1024 * 1024) };
  expect(await created(TOPICS.deadLetters)).toMatchObject({ ...durable, ...large });
  const { topics } = await admin.fetchTopicMetadata({ topics: [made.topic(TOPICS.commands)] });
  expect(topics[0]?.partitions.map(({ replicas }) => replicas.length)).toEqual([1, 1]);
});

it('Topics that are less durable than they should be are named in warnings and not altered', async () => {
  const made = connection({ partitions: 3 });
  const name = made.topic(TOPICS.outcomes);
  const configEntries = [
    { name: 'retention.ms', value: String(DAY_MS) },
    { name: 'unclean.leader.election.enable', value: 'true' },
  ];
  await createTopics(admin, [{ topic: name, numPartitions: 2, configEntries }]);
  const before = await configOf(name);
  await eventually(() => ensureTopics(made));
  const { warnings, isAnyFound } = await checkTopics(made);
  expect(isAnyFound).toBe(true);
  const lossy = 'its replication factor is 1, below 3; min.insync.replicas is 1, below 2';
  const { commands, audits, rollouts, fleet, deadLetters } = TOPICS;
  const others = [commands, audits, rollouts, fleet, deadLetters].map(
    (topic) => `kafka topic differs; ${made.topic(topic)}; ${lossy}`,
  );
  expect(warnings).toEqual(
    [
      ...others,
      `kafka topic differs; ${name}; its replication factor is 1, below 3; it has 2 partitions, fewer than KAFKA_TOPIC_PARTITIONS (3); ` +
        `min.insync.replicas is 1, below 2; retention.ms is ${DAY_MS}, below 30 days; unclean.leader.election.enable is true`,
    ].sort(),
  );
  expect(await configOf(name)).toEqual(before);
});

it('A comparison of the topics that failed is repeated soon', async () => {
  const made = connection();
  await eventually(() => ensureTopics(made));
  const proxy = await LossyProxy.start();
  proxy.fate = () => 'cut';
  const { kafka } = connectionOf('', proxy.socketFactory);
  const { warnings, isAnyFound } = await checkTopics({ ...made, kafka }, () => {
    proxy.fate = () => 'passes';
  });
  expect(warnings).toContain('kafka error; TopicCheck');
  expect(isAnyFound).toBe(true);
  await proxy.stop();
});

it('A process with another version of kafkajs does not start and names both versions', async () => {
  const hooks = `import { registerHooks } from 'node:module';
    registerHooks({ load: (url, context, next) => url.endsWith('/kafkajs/package.json')
      ? { format: 'json', source: '{"name":"kafkajs","main":"index.js","version":"2.2.5"}', shortCircuit: true }
      : next(url, context) });`;
  const imported = ['--import', `data:text/javascript,${encodeURIComponent(hooks)}`];
  const env = { DATABASE_URL: 'postgres://u:p@127.0.0.1:1/d', KAFKA_BROKERS: '127.0.0.1:1' };
  expect(await runNode([...imported, mainOf('gateway')], env)).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('kafkajs 2.2.5 is installed, but 2.2.4 is needed'),
  });
});
