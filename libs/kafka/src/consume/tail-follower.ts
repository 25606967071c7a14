import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { TopicName } from '@wxa/contracts';
import type { Consumer } from 'kafkajs';
import type { KafkaConnection, Logger } from '../connection.js';

const RESTART_MS = 1000;
const NOTHING = Buffer.alloc(0);

/** One message of a followed topic. */
export interface FollowedMessage {
  key: string;
  value: Buffer;
  /** The value of a header; empty if the message does not have it. */
  header(name: string): string;
}

/** A running follower of a topic. */
export interface TailFollower {
  /** Resolves when messages that are written from then on will be read. */
  ready: Promise<void>;
  stop(): Promise<void>;
}

/**
 * Reads new messages of every partition of a topic, in a consumer group of this process alone; restarts automatically. A
 * message can be missed around a restart; a caller that must not miss one also polls Postgres.
 * @param rest called once per fetch; the next fetch starts when it resolves.
 */
export function followTail(
  connection: KafkaConnection,
  topic: TopicName,
  {
    logger,
    onMessage,
    rest,
  }: {
    logger: Logger;
    onMessage: (message: FollowedMessage) => void;
    rest?: () => Promise<void>;
  },
): TailFollower {
  const groupId = connection.group(`wxa-gateway-${randomUUID()}`);
  let consumer: Consumer | undefined;
  let stopped = false;
  let markReady: () => void = () => undefined;
  const ready = new Promise<void>((resolve) => {
    markReady = resolve;
  });

  const run = async (): Promise<void> => {
    const crashed = deferred();
    let answered = false;
    consumer = connection.kafka.consumer({
      groupId,
      sessionTimeout: 10_000,
      heartbeatInterval: 3_000,
      maxWaitTimeInMs: 250,
      allowAutoTopicCreation: false,
    });
    consumer.on(consumer.events.FETCH, () => {
      answered = true;
    });
    consumer.on(consumer.events.CRASH, () => crashed.resolve());
    consumer.on(consumer.events.GROUP_JOIN, () => markReady());
    await consumer.connect();
    await consumer.subscribe({ topics: [connection.topic(topic)], fromBeginning: false });
    await consumer.run({
      autoCommit: false,
      eachBatch: async ({ batch }) => {
        for (const message of batch.messages) follow(message, onMessage, logger);
        if (!answered) return;
        answered = false;
        await rest?.();
      },
    });
    await crashed.promise;
  };
  const running = (async () => {
    while (!stopped) {
      await run().catch((error: unknown) =>
        logger.warn({ error: String(error) }, `consumer of ${topic} stopped, restarting`),
      );
      await consumer?.disconnect().catch(() => undefined);
      if (!stopped) await delay(RESTART_MS);
    }
  })();

  return {
    ready,
    async stop() {
      stopped = true;
      await consumer?.disconnect().catch(() => undefined);
      void running;
    },
  };
}

function follow(
  message: { key: Buffer | null; value: Buffer | null; headers?: Record<string, unknown> },
  onMessage: (message: FollowedMessage) => void,
  logger: Logger,
): void {
  // An exception of the handler would stop the kafkajs consumer permanently.
  try {
    onMessage({
      key: message.key?.toString() ?? '',
      value: message.value ?? NOTHING,
      header: (name) => String(message.headers?.[name] ?? ''),
    });
  } catch (error) {
    logger.error({ error: String(error) }, 'cannot decode message');
  }
}

function deferred(): { promise: Promise<void>; resolve: () => void } {
  let resolve: () => void = () => undefined;
  const promise = new Promise<void>((done) => {
    resolve = done;
  });
  return { promise, resolve };
}
