import { TOPICS, type TopicName } from '@wxa/contracts';

/** How topics are created, and what existing ones are compared with. */
export interface TopicOptions {
  /** Whether missing topics are created. */
  create: boolean;
  partitions: number;
  replicationFactor: number;
  minInsyncReplicas: number;
}

export interface ExistingTopic {
  partitions: number;
  /** Of the partition with the fewest replicas. */
  replicationFactor: number;
  /** Undefined if this principal may not read it. */
  config: ReadonlyMap<string, string> | undefined;
}

const DAY_MS = 86_400_000;
/** A restore reads commands, outcomes and audits, so it covers the shortest of their retentions. */
const RETENTION_DAYS: Record<TopicName, number> = {
  [TOPICS.commands]: 7,
  [TOPICS.outcomes]: 30,
  [TOPICS.audits]: 30,
  [TOPICS.rollouts]: 30,
  [TOPICS.fleet]: 30,
  [TOPICS.deadLetters]: 30,
  [TOPICS.events]: 7,
};
const UNLIMITED = -1;
/** A dead letter is the original record, which may have Kafka's maximum size, with additional headers. */
const DEAD_LETTER_BYTES = 2 * 1024 * 1024;
/** With these a topic survives the loss of one broker without losing a message. */
const DURABLE = { replicationFactor: 3, minInsyncReplicas: 2 };

/** The names of the settings that are compared. */
export const COMPARED = ['min.insync.replicas', 'retention.ms', 'unclean.leader.election.enable'];

/** The settings with which a topic is created. */
export function newTopicConfig(
  name: TopicName,
  { minInsyncReplicas }: TopicOptions,
): { name: string; value: string }[] {
  const config = {
    'min.insync.replicas': minInsyncReplicas,
    'unclean.leader.election.enable': false,
    'retention.ms': RETENTION_DAYS[name] * DAY_MS,
    'cleanup.policy': 'delete',
    ...(name === TOPICS.deadLetters && { 'max.message.bytes': DEAD_LETTER_BYTES }),
  };
  return Object.entries(config).map(([setting, value]) => ({ name: setting, value: String(value) }));
}

/** What makes a topic less durable than it should be, each as a phrase; empty if nothing. */
export function findingsOf(
  name: TopicName,
  { partitions, replicationFactor, config }: ExistingTopic,
  wanted: TopicOptions,
): string[] {
  const number = (setting: string) => Number(config?.get(setting));
  const isr = number('min.insync.replicas');
  const retention = number('retention.ms');
  const findings = [
    replicationFactor < DURABLE.replicationFactor &&
      `its replication factor is ${replicationFactor}, below ${DURABLE.replicationFactor}`,
    partitions < wanted.partitions &&
      `it has ${partitions} partitions, fewer than KAFKA_TOPIC_PARTITIONS (${wanted.partitions})`,
    isr < DURABLE.minInsyncReplicas && `min.insync.replicas is ${isr}, below ${DURABLE.minInsyncReplicas}`,
    retention !== UNLIMITED &&
      retention < RETENTION_DAYS[name] * DAY_MS &&
      `retention.ms is ${retention}, below ${RETENTION_DAYS[name]} days`,
    config?.get('unclean.leader.election.enable') === 'true' && 'unclean.leader.election.enable is true',
  ];
  return findings.filter((finding) => finding !== false);
}
