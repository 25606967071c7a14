export { withAdmin } from './admin.js';
export { AuthorizationError, deniedType, logDenial, namingDenial } from './authorization.js';
export {
  type ConnectionOptions,
  connectKafka,
  consumerOf,
  type KafkaConnection,
  type KafkaLogger,
} from './connection.js';
export type { OpenLimits, Owned, ReceivedRecord } from './consume/assignment.js';
export { ConsumerLag } from './consume/consumer-lag.js';
export type { LastFetch } from './consume/last-fetch.js';
export { PartitionEnds } from './consume/partition-ends.js';
export {
  type Range,
  type Ranges,
  type ReadOptions,
  readRanges,
  sinceAndLast,
  wholeTopic,
} from './consume/read-ranges.js';
export { RecordConsumer, type RecordHandlers } from './consume/record-consumer.js';
export { StuckConsumer, type StuckLimits } from './consume/stuck-consumer.js';
export { type FollowedMessage, type FollowOptions, TailFollower } from './consume/tail-follower.js';
export { deleteGroup, ensureGroup, ensureTopics, MissingTopicsError } from './ensure-topics.js';
export type { KafkaObserver } from './observer.js';
export { OutboxRelay } from './produce/outbox-relay.js';
export { SerialProducer, type TopicMessage } from './produce/producer.js';
export { readTopicRights, type TopicRight, type TopicRights } from './requests/topic-rights.js';
export { TopicCheck } from './topic-check.js';
export { newTopicConfig, type TopicOptions } from './topic-settings.js';
