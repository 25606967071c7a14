import './kafkajs-patches.js';
import './produce/record-batches.js';
import type { TopicName } from '@wxa/contracts';
import kafkajs, { type Kafka, type logLevel } from 'kafkajs';

/** The logger of libs/kafka; pino's loggers match. */
export interface Logger {
  error(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  info(fields: object, message: string): void;
}

/** How to reach Kafka. */
export interface ConnectionOptions {
  /** Each `host:port`. */
  brokers: string[];
  clientId: string;
  /** Prefix of every topic and consumer group, so that several deployments can share a broker; default none. */
  topicPrefix?: string;
  /** The deployment's name in `ce_source`; by default the prefix, or `default` without one. */
  deployment?: string | undefined;
  logger: Logger;
}

/** A configured Kafka client that is not connected yet. */
export interface KafkaConnection {
  kafka: Kafka;
  /** The deployment's name in `ce_source`. */
  deployment: string;
  /** A topic's name at the broker. */
  topic(name: TopicName): string;
  /** A consumer group's name at the broker. */
  group(name: string): string;
}

export function connectKafka(options: ConnectionOptions): KafkaConnection {
  const { brokers, clientId, topicPrefix = '', deployment = topicPrefix || 'default', logger } = options;
  const kafka = new kafkajs.Kafka({
    brokers,
    clientId,
    connectionTimeout: 3000,
    requestTimeout: 30_000,
    retry: { initialRetryTime: 100, maxRetryTime: 2000, retries: 5 },
    logCreator: () => (entry) => write(logger, entry.level, entry.namespace, entry.log.message),
  });
  return { kafka, deployment, topic: (name) => topicPrefix + name, group: (name) => topicPrefix + name };
}

function write(logger: Logger, level: logLevel, namespace: string, message: string): void {
  const { ERROR, WARN } = kafkajs.logLevel;
  // Callers log an unavailable broker once; kafkajs logs every retry.
  if (level === ERROR || level === WARN) logger.warn({ namespace }, `kafkajs: ${message}`);
}
