import { setTimeout as delay } from 'node:timers/promises';
import { CODE_TOPICS, type TopicName } from '@wxa/contracts';
import type { Admin, KafkaJSDeleteGroupsError, KafkaJSProtocolError } from 'kafkajs';
import { AuthorizationError, deniedType, namingDenial } from './authorization.js';
import type { KafkaConnection } from './connection.js';
import { newTopicConfig } from './topic-settings.js';

/** Topics are missing and must not be created. */
class MissingTopicsError extends Error {
  constructor(topics: string[]) {
    super(`missing topics, which KAFKA_CREATE_TOPICS=off does not create: ${topics.join(', ')}`);
    this.name = 'MissingTopicsError';
  }
}

/**
 * Creates missing topics, if the connection allows it, and does not change existing ones. Resolves when all partitions are
 * readable and writable: a broker announces the leaders of new partitions a second earlier. Rejects with AuthorizationError
 * or MissingTopicsError.
 */
export async function ensureTopics(
  connection: KafkaConnection,
  wanted: readonly TopicName[] = CODE_TOPICS,
): Promise<void> {
  const { kafka, topic } = connection;
  const admin = kafka.admin();
  await admin.connect();
  try {
    const existing = new Set(await admin.listTopics());
    const missing = wanted.filter((name) => !existing.has(topic(name)));
    if (missing.length > 0) await createTopics(connection, admin, missing);
    for (const name of wanted.map(topic)) await untilReadable(admin, name);
  } finally {
    await admin.disconnect();
  }
}

async function createTopics(
  { kafka, topic, topics }: KafkaConnection,
  admin: Admin,
  missing: TopicName[],
): Promise<void> {
  await rejectHidden(kafka, missing.map(topic));
  if (topics?.create !== true) throw new MissingTopicsError(missing.map(topic));
  await admin
    .createTopics({
      waitForLeaders: false,
      topics: missing.map((name) => ({
        topic: topic(name),
        numPartitions: topics.partitions,
        replicationFactor: topics.replicationFactor,
        configEntries: newTopicConfig(name, topics),
      })),
    })
    .catch((error: unknown) => {
      throw creationDenial(error) ?? error;
    });
}

const RETRY_MS = 100;

/** kafkajs retries while a broker does not know a new topic, and not while one does not know yet that it leads a partition. */
async function untilReadable(admin: Admin, topic: string, retries = 50): Promise<void> {
  try {
    await admin.fetchTopicOffsets(topic);
  } catch (error) {
    if (retries === 0 || (error as KafkaJSProtocolError).type !== 'NOT_LEADER_FOR_PARTITION')
      throw namingDenial(error, { topic, operation: 'Describe' });
    await delay(RETRY_MS);
    await untilReadable(admin, topic, retries - 1);
  }
}

/** A list of topics leaves out those that this principal may not describe, so they look as if they were missing. */
async function rejectHidden(kafka: KafkaConnection['kafka'], topics: string[]): Promise<void> {
  // Without retries: kafkajs repeats the request for a topic that does not exist.
  const admin = kafka.admin({ retry: { retries: 0 } });
  await admin.connect();
  try {
    for (const name of topics) {
      const error = await admin.fetchTopicMetadata({ topics: [name] }).catch((reason: unknown) => reason);
      if (deniedType(error) !== undefined) throw new AuthorizationError('Describe', `topic ${name}`);
    }
  } finally {
    await admin.disconnect();
  }
}

function creationDenial(error: unknown): AuthorizationError | undefined {
  const errors = error instanceof Error && 'errors' in error ? (error.errors as unknown[]) : [error];
  const denied = errors.find((each) => deniedType(each) !== undefined) as { topic?: string } | undefined;
  return denied && new AuthorizationError('Create', `topic ${denied.topic}`);
}

/** Resolves when a consumer group can be joined; a new broker first has to create its offsets topic. */
export async function ensureGroup({ kafka, group }: KafkaConnection, name: string): Promise<void> {
  const admin = kafka.admin();
  await admin.connect();
  try {
    await admin.describeGroups([group(name)]);
  } catch (error) {
    throw namingDenial(error, { topic: '', group: group(name), operation: 'Read' });
  } finally {
    await admin.disconnect();
  }
}

/**
 * Deletes a consumer group that nobody uses any more; one that cannot be deleted expires by itself. Rejects with
 * AuthorizationError only.
 */
export async function deleteGroup({ kafka, group }: KafkaConnection, name: string): Promise<void> {
  const admin = kafka.admin();
  await admin.connect();
  try {
    await admin.deleteGroups([group(name)]);
  } catch (error) {
    const [denied] = (error as KafkaJSDeleteGroupsError).groups ?? [];
    if (deniedType(denied?.error) !== undefined)
      throw new AuthorizationError('Delete', `group ${group(name)}`);
  } finally {
    await admin.disconnect();
  }
}
