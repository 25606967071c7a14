import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { TopicName } from '@wxa/contracts';
import type { Consumer, EachBatchPayload, KafkaMessage } from 'kafkajs';
import { logDenial, namingDenial } from '../authorization.js';
import { consumerOf, type KafkaConnection, type KafkaLogger } from '../connection.js';
import { LastFetch } from './last-fetch.js';

const RESTART_MS = 1000;
const NOTHING = Buffer.alloc(0);

/** One message of a followed topic. */
export interface FollowedMessage {
  key: string;
  value: Buffer;
  /** The value of a header; empty if the message does not have it. */
  header(name: string): string;
}

/** How to handle what a follower reads. */
export interface FollowOptions {
  logger: KafkaLogger;
  onMessage(message: FollowedMessage): void;
  /** The follower calls this once per fetch; the next fetch starts when it resolves. */
  rest?: () => Promise<void>;
}

/**
 * Reads new messages of every partition of a topic, in a consumer group of this process alone; restarts automatically. A
 * message can be missed around a restart; a caller that must not miss one also polls Postgres.
 */
export class TailFollower {
  /** Resolves once every message written from then on will be read. */
  readonly ready: Promise<void>;
  readonly lastFetch = new LastFetch();
  readonly #groupId: string;
  #consumer: Consumer | undefined;
  #stopped = false;
  #hasFetched = false;
  #markReady: () => void = () => undefined;

  constructor(
    private readonly connection: KafkaConnection,
    private readonly topic: TopicName,
    private readonly options: FollowOptions,
  ) {
    this.#groupId = connection.group(`wxa-gateway-${randomUUID()}`);
    this.ready = new Promise((resolve) => {
      this.#markReady = resolve;
    });
    void this.#run();
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#disconnect();
  }

  async #run(): Promise<void> {
    const { logger } = this.options;
    while (!this.#stopped) {
      await this.#consume().catch((error: unknown) => {
        const named = this.#named(error);
        if (!logDenial(logger, named))
          logger.warn({ component: 'Consumer', topic: this.topic, error: String(named) }, 'kafka error');
      });
      await this.#disconnect();
      if (!this.#stopped) await delay(RESTART_MS);
    }
  }

  #named(error: unknown): unknown {
    return namingDenial(error, {
      topic: this.connection.topic(this.topic),
      group: this.#groupId,
      operation: 'Read',
    });
  }

  /** Rejects when the consumer has crashed. */
  async #consume(): Promise<void> {
    const { topic } = this.connection;
    const consumer = consumerOf(this.connection, {
      groupId: this.#groupId,
      sessionTimeout: 10_000,
      heartbeatInterval: 3_000,
      maxWaitTimeInMs: 250,
    });
    this.#consumer = consumer;
    const crashed = new Promise<never>((_resolve, reject) => {
      consumer.on(consumer.events.CRASH, ({ payload }) => reject(payload.error));
    });
    // It may crash before anything waits for it.
    crashed.catch(() => undefined);
    this.lastFetch.follow(consumer, () => false);
    consumer.on(consumer.events.FETCH, () => {
      this.#hasFetched = true;
      // kafkajs looks up the ends of the partitions in its first fetch, not when it joins the group.
      this.#markReady();
    });
    await consumer.connect();
    await consumer.subscribe({ topics: [topic(this.topic)], fromBeginning: false });
    await consumer.run({ autoCommit: false, eachBatch: (payload) => this.#receive(payload) });
    await crashed;
  }

  async #receive({ batch }: EachBatchPayload): Promise<void> {
    for (const message of batch.messages) this.#deliver(message);
    if (!this.#hasFetched) return;
    this.#hasFetched = false;
    await this.options.rest?.();
  }

  /** An exception of the handler would stop the kafkajs consumer permanently. */
  #deliver({ key, value, headers }: KafkaMessage): void {
    try {
      this.options.onMessage({
        key: key?.toString() ?? '',
        value: value ?? NOTHING,
        header: (name) => String(headers?.[name] ?? ''),
      });
    } catch (error) {
      this.options.logger.error({ topic: this.topic, error: String(error) }, 'record failed');
    }
  }

  async #disconnect(): Promise<void> {
    await this.#consumer?.disconnect().catch(() => undefined);
  }
}
