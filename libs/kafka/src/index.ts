export { withAdmin } from './admin.js';
export { AuthorizationError, deniedType, logDenial, namingDenial } from './authorization.js';
export { connectKafka, type KafkaConnection, type KafkaLogger } from './connection.js';
export type { OpenLimits, Owned, ReceivedRecord } from './consume/assignment.js';
export { ConsumerLag } from './consume/consumer-lag.js';
export type { LastFetch } from './consume/last-fetch.js';
export { PartitionEnds } from './consume/partition-ends.js';
export {
  type Range,
  type Ranges,
  readRanges,
  sinceAndLast,
  singleMessage,
  wholeTopic,
} from './consume/read-ranges.js';
export { RecordConsumer } from './consume/record-consumer.js';
export { StuckConsumer } from './consume/stuck-consumer.js';
export { type FollowedMessage, TailFollower } from './consume/tail-follower.js';
export { deleteGroup, ensureGroup, ensureTopics } from './ensure-topics.js';
export { OutboxRelay } from './produce/outbox-relay.js';
export { SerialProducer } from './produce/producer.js';
export { readTopicRights, type TopicRight } from './requests/topic-rights.js';
export { TopicCheck } from './topic-check.js';
export { newTopicConfig, type TopicOptions } from './topic-settings.js';
