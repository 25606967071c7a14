import { expect, it } from '@jest/globals';
import { TOPICS } from '@wxa/contracts';
import { type ExistingTopic, findingsOf } from './topic-settings.js';

const WANTED = { create: true, partitions: 48, replicationFactor: 3, minInsyncReplicas: 2 };
const DAY_MS = 86_400_000;
const DURABLE = {
  'min.insync.replicas': '2',
  'retention.ms': String(30 * DAY_MS),
  'unclean.leader.election.enable': 'false',
};

type Given = Partial<Omit<ExistingTopic, 'config'>> & { config?: Record<string, string> | undefined };
const topic = (given: Given) => {
  const config = 'config' in given ? given.config : {};
  const all = config && new Map(Object.entries({ ...DURABLE, ...config }));
  return { partitions: 48, replicationFactor: 3, ...given, config: all };
};

it.each([
  ['durable', {}],
  ['kept without limit', { config: { 'retention.ms': '-1' } }],
  ['larger', { partitions: 96, replicationFactor: 5 }],
  ['one whose settings may not be read', { config: undefined }],
])('A topic that is %s has no finding', (_what, given) => {
  expect(findingsOf(TOPICS.outcomes, topic(given), WANTED)).toEqual([]);
});

it.each([
  [{ replicationFactor: 2 }, 'its replication factor is 2, below 3'],
  [{ partitions: 47 }, 'it has 47 partitions, fewer than KAFKA_TOPIC_PARTITIONS (48)'],
  [{ config: { 'min.insync.replicas': '1' } }, 'min.insync.replicas is 1, below 2'],
  [{ config: { 'retention.ms': String(7 * DAY_MS) } }, 'retention.ms is 604800000, below 30 days'],
  [{ config: { 'unclean.leader.election.enable': 'true' } }, 'unclean.leader.election.enable is true'],
])('The finding of a topic with %j says so', (given, finding) => {
  expect(findingsOf(TOPICS.outcomes, topic(given), WANTED)).toEqual([finding]);
});

it('Commands are kept for 7 days', () => {
  const config = { 'retention.ms': String(7 * DAY_MS) };
  expect(findingsOf(TOPICS.commands, topic({ config }), WANTED)).toEqual([]);
});
