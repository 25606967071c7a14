export { type ConnectionOptions, connectKafka, type KafkaConnection, type Logger } from './connection.js';
export { ensureGroup, ensureTopics } from './ensure-topics.js';
export { OffsetTracker } from './offset-tracker.js';
export { OutboxRelay } from './outbox-relay.js';
export { PartitionEnds } from './partition-ends.js';
export { SerialProducer, type TopicMessage } from './producer.js';
export type { Owned, ReceivedRecord } from './received-record.js';
export { type OpenLimits, RecordConsumer, type RecordHandlers } from './record-consumer.js';
export { type FollowedMessage, followTail, type TailFollower } from './tail-follower.js';
