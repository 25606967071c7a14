import { CODE_TOPICS, type TopicName } from '@wxa/contracts';
import kafkajs, { type Admin } from 'kafkajs';
import { AuthorizationError, deniedType } from './authorization.js';
import type { KafkaConnection, KafkaLogger } from './connection.js';
import { COMPARED, type ExistingTopic, findingsOf } from './topic-settings.js';

/** Times of TopicCheck, in milliseconds. */
export interface TopicCheckTimes {
  everyMs: number;
  /** After a comparison that failed. */
  retryMs: number;
}

const TIMES: TopicCheckTimes = { everyMs: 3_600_000, retryMs: 60_000 };

/** Compares the topics with the configuration at the start and once an hour; a minute after a failure. It changes nothing. */
export class TopicCheck {
  #timer: NodeJS.Timeout | undefined;
  #stopped = false;

  /**
   * @param options `onChecked` is called after each comparison with whether there was any finding. `optional`: topics that are compared if
   *   they exist.
   */
  constructor(
    private readonly connection: KafkaConnection,
    private readonly options: {
      logger: KafkaLogger;
      onChecked(isAnyFound: boolean): void;
      optional?: readonly TopicName[];
    },
    private readonly times = TIMES,
  ) {}

  /** To be called when the topics exist. */
  start(): void {
    void this.#run();
  }

  /** Starts no further comparison. */
  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
  }

  async #run(): Promise<void> {
    const { everyMs, retryMs } = this.times;
    const nextMs = (await this.#check()) ? everyMs : retryMs;
    if (!this.#stopped) this.#timer = setTimeout(() => void this.#run(), nextMs);
  }

  /** Returns whether the topics could be compared. */
  async #check(): Promise<boolean> {
    const { logger, onChecked, optional = [] } = this.options;
    try {
      const found = await findInTopics(this.connection, logger, optional);
      for (const { topic, findings } of found) logger.warn({ topic, findings }, 'kafka topic differs');
      onChecked(found.length > 0);
      return true;
    } catch (error) {
      logger.warn({ component: 'TopicCheck', error: String(error) }, 'kafka error');
      return false;
    }
  }
}

async function findInTopics(
  connection: KafkaConnection,
  logger: KafkaLogger,
  optional: readonly TopicName[],
): Promise<{ topic: string; findings: string[] }[]> {
  const { kafka, topic, topics: wanted } = connection;
  const admin = kafka.admin();
  await admin.connect();
  try {
    const listed = optional.length > 0 ? await admin.listTopics() : [];
    const names = [...CODE_TOPICS, ...optional.filter((name) => listed.includes(topic(name)))];
    const existing = await readTopics(admin, names.map(topic), logger);
    return names.flatMap((name) => {
      const found = existing.get(topic(name));
      const findings = found && wanted ? findingsOf(name, found, wanted) : [];
      return findings.length > 0 ? [{ topic: topic(name), findings }] : [];
    });
  } finally {
    await admin.disconnect();
  }
}

async function readTopics(
  admin: Admin,
  names: string[],
  logger: KafkaLogger,
): Promise<Map<string, ExistingTopic>> {
  const { topics } = await admin.fetchTopicMetadata({ topics: names });
  const configs = await readConfigs(admin, names).catch((error: unknown) => {
    if (deniedType(error) === undefined) throw error;
    const { message } = new AuthorizationError('DescribeConfigs', `topics ${names.join(', ')}`);
    logger.error(
      { operation: 'DescribeConfigs', resource: `topics ${names.join(', ')}`, error: message },
      'kafka access denied',
    );
    return undefined;
  });
  return new Map(
    topics.map(({ name, partitions }) => [
      name,
      {
        partitions: partitions.length,
        replicationFactor: Math.min(...partitions.map(({ replicas }) => replicas.length)),
        config: configs?.get(name),
      },
    ]),
  );
}

async function readConfigs(admin: Admin, names: string[]): Promise<Map<string, Map<string, string>>> {
  const type = kafkajs.ConfigResourceTypes.TOPIC;
  const { resources } = await admin.describeConfigs({
    includeSynonyms: false,
    resources: names.map((name) => ({ type, name, configNames: COMPARED })),
  });
  return new Map(
    resources.map(({ resourceName, configEntries }) => [
      resourceName,
      new Map(configEntries.map(({ configName, configValue }) => [configName, configValue])),
    ]),
  );
}
