import { type Definitions, FAST, ITEM_BUCKETS, TOPIC_LABELS, WRITERS } from './definition.js';

const BATCH = {
  batch: ['accept', 'claim', 'settle', 'link', 'note', 'callback', 'event', 'token', 'grant', 'other'],
} as const;
const TOPIC = { topic: TOPIC_LABELS } as const;
const STATEMENT = 'name of the prepared statement in `libs`, else `other`';

/** Postgres, Kafka, the outbox and the process itself. */
export const SERVER_METRICS = {
  wxa_postgres_statement_duration_seconds: {
    kind: 'histogram',
    scope: 'P',
    help: 'Time of a statement, in seconds, without the wait for a connection.',
    labels: { statement: STATEMENT },
    buckets: FAST,
  },
  wxa_postgres_errors_total: {
    kind: 'counter',
    scope: 'P',
    help: 'Statements that failed, and connections that could not be opened, which count as `other`.',
    labels: { statement: STATEMENT, kind: ['unavailable', 'timeout', 'read_only', 'rejected'] },
  },
  wxa_postgres_batch_size: {
    kind: 'histogram',
    scope: 'P',
    help: 'Items per statement.',
    labels: BATCH,
    buckets: ITEM_BUCKETS,
  },
  wxa_postgres_batch_queue_length: {
    kind: 'gauge',
    scope: 'P',
    help: 'Items that wait for a statement.',
    labels: BATCH,
  },
  wxa_postgres_pool_connections: {
    kind: 'gauge',
    scope: 'P',
    help: 'Connections, and requests that wait for one. main: calls and lanes; batch: accepts, claims, settlements and the outbox.',
    labels: { pool: ['main', 'batch', 'other'], state: ['active', 'idle', 'waiting'] },
  },
  wxa_postgres_writable: {
    kind: 'gauge',
    scope: 'P',
    help: '1 while Postgres accepts writes of this process; 0 also if it is a standby or read-only.',
  },
  wxa_postgres_clock_skew_seconds: {
    kind: 'gauge',
    scope: 'P',
    help: 'How far the clock of Postgres is ahead of the clock of this process, in seconds; NaN while Postgres is unavailable.',
  },
  wxa_postgres_timeline: {
    kind: 'gauge',
    scope: 'P',
    help: 'Timeline of the server; grows with each failover. NaN while it is unknown.',
  },
  wxa_kafka_consumer_lag_records: {
    kind: 'gauge',
    scope: 'P',
    help: 'High watermark minus committed offset, over the partitions that this process holds.',
    labels: TOPIC,
  },
  wxa_kafka_inflight_records: {
    kind: 'gauge',
    scope: 'P',
    help: 'Records whose offset may not be committed yet.',
    labels: TOPIC,
  },
  wxa_kafka_paused_partitions: {
    kind: 'gauge',
    scope: 'P',
    help: 'Partitions paused by back-pressure.',
    labels: TOPIC,
  },
  wxa_kafka_assigned_partitions: {
    kind: 'gauge',
    scope: 'P',
    help: 'Partitions that this process holds.',
    labels: TOPIC,
  },
  wxa_kafka_topic_partitions: { kind: 'gauge', scope: 'P', help: 'Partitions of the topic.', labels: TOPIC },
  wxa_kafka_rebalances_total: { kind: 'counter', scope: 'P', help: 'New assignments.', labels: TOPIC },
  wxa_kafka_last_fetch_timestamp_seconds: {
    kind: 'gauge',
    scope: 'P',
    help: 'Time of the last fetch, empty ones included, in seconds since 1970.',
    labels: TOPIC,
  },
  wxa_kafka_last_commit_timestamp_seconds: {
    kind: 'gauge',
    scope: 'P',
    help: 'Time of the last commit of offsets, in seconds since 1970.',
    labels: TOPIC,
  },
  wxa_kafka_errors_total: {
    kind: 'counter',
    scope: 'P',
    help: 'Errors and warnings of kafkajs.',
    labels: { component: 'namespace of kafkajs' },
  },
  wxa_outbox_published_total: {
    kind: 'counter',
    scope: 'P',
    help: 'Events that Kafka acknowledged.',
    labels: TOPIC,
  },
  wxa_outbox_publish_duration_seconds: {
    kind: 'histogram',
    scope: 'P',
    help: 'Time from one send to its acknowledgement, in seconds.',
    buckets: FAST,
  },
  wxa_outbox_relay_active: {
    kind: 'gauge',
    scope: 'P',
    help: "1 in the process that holds the relay's lease.",
  },
  wxa_outbox_depth: {
    kind: 'gauge',
    scope: 'D◦',
    help: 'Deployment-wide: events that wait for their publication, at most 100,001.',
    labels: { writer: WRITERS },
  },
  wxa_outbox_oldest_event_timestamp_seconds: {
    kind: 'gauge',
    scope: 'D◦',
    help: 'Deployment-wide: time of the oldest event that waits for its publication, in seconds since 1970; 0 if there is none.',
    labels: { writer: WRITERS },
  },
  wxa_outbox_quarantined_events: {
    kind: 'gauge',
    scope: 'D◦',
    help: 'Deployment-wide: events that Kafka permanently rejects, in the table `outbox_refused`.',
    labels: { writer: WRITERS },
  },
  wxa_history_behind: {
    kind: 'gauge',
    scope: 'D',
    help: 'Deployment-wide: 1 while Postgres lacks what was published (a restore, or the promotion of a late standby) and no change is run.',
  },
  wxa_build_info: {
    kind: 'gauge',
    scope: 'P',
    help: 'Always 1.',
    labels: {
      version: 'of this service',
      commit: 'the environment variable `BUILD_COMMIT`, else `unknown`',
      node: 'version of Node.js',
    },
  },
  wxa_insecure_setting: {
    kind: 'gauge',
    scope: 'P',
    help: '1 for each setting of this process that is insecure outside of development.',
    labels: { setting: 'settings of [operations.md](operations.md#insecure-settings)' },
  },
  wxa_tls_certificate_expiry_timestamp_seconds: {
    kind: 'gauge',
    scope: 'P',
    help: 'Expiry of a certificate, or of the first CA to expire, in seconds since 1970.',
    labels: { file: 'name of the setting' },
  },
} as const satisfies Definitions;
