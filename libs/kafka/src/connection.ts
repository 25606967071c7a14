import './kafkajs-patches.js';
import './requests/fetch-requests.js';
import './consume/record-headers.js';
import './requests/record-batches.js';
import { connect, isIP } from 'node:net';
import { connect as connectTls, type TlsOptions } from 'node:tls';
import type { TopicName } from '@wxa/contracts';
import kafkajs, {
  type Consumer,
  type ConsumerConfig,
  type ISocketFactory,
  type Kafka,
  type LogEntry,
  type SASLOptions,
} from 'kafkajs';
import type { KafkaObserver } from './observer.js';
import { rejectingTokens } from './token-authentication.js';
import type { TopicOptions } from './topic-settings.js';

/** The logger of libs/kafka; pino's loggers match. */
export interface KafkaLogger {
  error(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  info(fields: object, message: string): void;
}

export interface ConnectionOptions {
  /** Each broker is `host:port`. */
  brokers: string[];
  clientId: string;
  /** Prefix of every topic and consumer group, so that several deployments can share a broker; default none. */
  topicPrefix?: string;
  /** The deployment's name is part of `ce_source`; by default it is the prefix, or `default` without one. */
  deployment?: string | undefined;
  /** The PEM texts for a new connection; default: no encryption. */
  tls?: { readonly current: Pick<TlsOptions, 'ca' | 'cert' | 'key'> };
  /** kafkajs reads the options for each new connection. */
  sasl?: SASLOptions;
  /** Consumers read from the closest replica, if the brokers support it. */
  rackId?: string;
  /** By default missing topics are not created, and existing ones are not compared. */
  topics?: TopicOptions;
  logger: KafkaLogger;
  observer?: KafkaObserver;
}

/** A configured Kafka client that is not connected yet. */
export interface KafkaConnection {
  kafka: Kafka;
  topics: TopicOptions | undefined;
  rackId: string | undefined;
  observer: KafkaObserver | undefined;
  deployment: string;
  /** A topic's name at the broker. */
  topic(name: TopicName): string;
  /** A consumer group's name at the broker. */
  group(name: string): string;
}

export function connectKafka(options: ConnectionOptions): KafkaConnection {
  const { brokers, clientId, topicPrefix = '', deployment = topicPrefix || 'default' } = options;
  const { tls, sasl, rackId, topics, observer } = options;
  const kafka = new kafkajs.Kafka({
    brokers,
    clientId,
    socketFactory: socketFactory(tls),
    ...(sasl !== undefined && { sasl: rejectingTokens(sasl) }),
    connectionTimeout: 3000,
    requestTimeout: 30_000,
    // Of a broker that is back, every client knows after half a second.
    retry: { initialRetryTime: 100, maxRetryTime: 500, retries: 8 },
    logCreator: () => (entry) => write(options, entry),
  });
  return {
    kafka,
    topics,
    rackId,
    observer,
    deployment,
    topic: (name) => topicPrefix + name,
    group: (name) => topicPrefix + name,
  };
}

/** A consumer in the rack of this process. A topic is not created by reading it. */
export function consumerOf({ kafka, rackId }: KafkaConnection, config: ConsumerConfig): Consumer {
  return kafka.consumer({
    allowAutoTopicCreation: false,
    ...(rackId !== undefined && { rackId }),
    ...config,
  });
}

const KEEP_ALIVE_MS = 60_000;

/** With its own option kafkajs would use the first certificates in all connections; it calls this synchronously, so their content is in memory. */
function socketFactory(tls: ConnectionOptions['tls']): ISocketFactory {
  return ({ host, port, onConnect }) => {
    const servername = isIP(host) === 0 ? { servername: host } : {};
    const socket =
      tls === undefined
        ? connect({ host, port }, onConnect)
        : connectTls({ host, port, ...servername, ...tls.current, rejectUnauthorized: true }, onConnect);
    return socket.setKeepAlive(true, KEEP_ALIVE_MS);
  };
}

function write({ logger, observer }: ConnectionOptions, { level, namespace, log }: LogEntry): void {
  const { ERROR, WARN } = kafkajs.logLevel;
  // kafkajs passes some errors as the message.
  const message = String(log.message);
  // Callers log an unavailable broker once; kafkajs logs every retry.
  if ((level !== ERROR && level !== WARN) || isRebalanceResponse(message, log.error)) return;
  observer?.failed(namespace);
  const { broker, groupId: group, topic, partition, error } = log;
  logger.warn(
    { component: namespace, broker, group, topic, partition, error: error ?? message },
    'kafka error',
  );
}

/** Each request during a rebalance has this response; the consumer logs the rebalance itself, once. */
function isRebalanceResponse(message: string, error: unknown): boolean {
  return message.startsWith('Response ') && /^The group is rebalancing/.test(String(error));
}
