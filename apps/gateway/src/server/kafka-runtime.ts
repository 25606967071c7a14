import { TOPICS } from '@wxa/contracts';
import { ensureTopics, type KafkaConnection, type OutboxRelay, TailFollower } from '@wxa/kafka';
import { type Logger, type Readiness, untilItWorks } from '@wxa/service';
import type { OutcomeTopic } from '../await/outcome-consumer.js';
import type { GatewaySettings } from '../config.js';

const REPORT_MS = 1000;
const UNAVAILABLE = 'unavailable: accepted operations are published later';

/** Creates the topics, relays the outbox and follows the outcomes once Kafka is available. Nothing waits for it. */
export class KafkaRuntime {
  #stopped = false;
  #following = false;
  #follower: TailFollower | undefined;
  #reports: NodeJS.Timeout | undefined;

  constructor(
    private readonly parts: {
      connection: KafkaConnection;
      relay: OutboxRelay;
      settings: GatewaySettings;
      logger: Logger;
      readiness: Readiness;
    },
  ) {}

  async run(topic: OutcomeTopic): Promise<void> {
    const { connection, relay, logger } = this.parts;
    this.#report();
    this.#reports = setInterval(() => this.#report(), REPORT_MS);
    relay.start();
    await untilItWorks(logger, 'Kafka', () => this.#ensureTopics());
    if (this.#stopped) return;
    this.#follower = new TailFollower(connection, TOPICS.outcomes, {
      logger,
      onMessage: (message) => topic.take(message),
      rest: () => topic.rest(),
    });
    await this.#follower.ready;
    this.#following = true;
    this.#report();
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    clearInterval(this.#reports);
    await Promise.all([this.parts.relay.stop(), this.#follower?.stop()]);
  }

  async #ensureTopics(): Promise<void> {
    if (this.#stopped) return;
    const { KAFKA_TOPIC_PARTITIONS: partitions, KAFKA_REPLICATION_FACTOR: replicationFactor } =
      this.parts.settings;
    await ensureTopics(this.parts.connection, { partitions, replicationFactor });
  }

  /** Operations are accepted without Kafka: its state is reported, but never makes the process unready. */
  #report(): void {
    const isAvailable = this.#following && this.parts.relay.healthy;
    this.parts.readiness.set('kafka', true, isAvailable ? undefined : UNAVAILABLE);
  }
}
