export { type ConnectionOptions, connectKafka, type KafkaConnection, type Logger } from './connection.js';
export { OffsetTracker } from './consume/offset-tracker.js';
export { PartitionEnds } from './consume/partition-ends.js';
export type { Owned, ReceivedRecord } from './consume/received-record.js';
export { type OpenLimits, RecordConsumer, type RecordHandlers } from './consume/record-consumer.js';
export { type FollowedMessage, followTail, type TailFollower } from './consume/tail-follower.js';
export { ensureGroup, ensureTopics } from './ensure-topics.js';
export { OutboxRelay } from './produce/outbox-relay.js';
export { SerialProducer, type TopicMessage } from './produce/producer.js';
