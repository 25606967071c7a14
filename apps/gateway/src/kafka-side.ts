import { TOPICS } from '@wxa/contracts';
import {
  ensureTopics,
  type FollowedMessage,
  followTail,
  type KafkaConnection,
  type TailFollower,
} from '@wxa/kafka';
import { type Logger, type Readiness, untilItWorks } from '@wxa/service';
import type { GatewaySettings } from './config.js';

/** Makes the topics and follows the outcomes as soon as Kafka is there; nothing waits for it. */
export class KafkaSide {
  #stopped = false;
  #follower: TailFollower | undefined;

  constructor(
    private readonly parts: {
      connection: KafkaConnection;
      settings: GatewaySettings;
      logger: Logger;
      readiness: Readiness;
    },
  ) {}

  async run(onMessage: (message: FollowedMessage) => void): Promise<void> {
    const { connection, settings, logger, readiness } = this.parts;
    // Accepting needs no Kafka: it is told, but never makes the process unready.
    readiness.set('kafka', true, 'not there yet: what is accepted is published later');
    await untilItWorks(logger, 'Kafka', async () => {
      if (this.#stopped) return;
      await ensureTopics(connection, {
        partitions: settings.KAFKA_TOPIC_PARTITIONS,
        replicationFactor: settings.KAFKA_REPLICATION_FACTOR,
      });
    });
    if (this.#stopped) return;
    this.#follower = followTail(connection, TOPICS.outcomes, { logger, onMessage });
    await this.#follower.ready;
    readiness.set('kafka', true);
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#follower?.stop();
  }
}
