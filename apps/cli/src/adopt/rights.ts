import { CODE_TOPICS, TOPICS, type TopicName } from '@wxa/contracts';
import { type KafkaConnection, readTopicRights, type TopicRight } from '@wxa/kafka';
import { connect } from '../kafka/connect.js';
import { type AdoptionCheck, type AdoptionResult, fail, notChecked, ok, warn } from './result.js';

const { commands, outcomes, audits, fleet, events } = TOPICS;
type App = 'gateway' | 'release-worker';
type Needs = readonly [rights: TopicRight[], topics: readonly TopicName[]][];

/** The rights of docs/operations.md, without those to create topics. */
const NEEDED: Record<App, Needs> = {
  gateway: [
    [['Describe', 'DescribeConfigs'], Object.values(TOPICS)],
    [['Write'], [commands, outcomes, audits, fleet, events]],
    [['Read'], [outcomes]],
  ],
  'release-worker': [
    [['Describe', 'DescribeConfigs', 'Write'], CODE_TOPICS],
    [['Read'], [commands, outcomes]],
  ],
};

/** The rights by topic, as a connection has them. */
export type Granted = ReadonlyMap<TopicName, { isMissing: boolean; rights: ReadonlySet<TopicRight> }>;

/** The rights on topics of the credentials in this environment, which are those of one of the apps. */
export const rights: AdoptionCheck = {
  name: 'rights',
  steps: [0, 1, 2, 3, 4, 5],
  async run({ env }) {
    if (env.KAFKA_BROKERS === undefined) return notChecked('KAFKA_BROKERS');
    return judged(await grantedTo(connect('adopt')));
  },
};

export async function grantedTo(connection: KafkaConnection): Promise<Granted> {
  const names = Object.values(TOPICS);
  const read = await readTopicRights(connection, names.map(connection.topic));
  const of = new Map(read.map((each) => [each.topic, each]));
  const granted = names.flatMap((name) => {
    const found = of.get(connection.topic(name));
    return found === undefined ? [] : [[name, found] as const];
  });
  return new Map(granted);
}

/** What the rights lack, or have beyond their need. */
export function judged(granted: Granted): AdoptionResult[] {
  const missing = [...granted].filter(([, { isMissing }]) => isMissing).map(([name]) => name);
  const found = missing.map((name) =>
    fail(`${name} does not exist`, 'create it, or set KAFKA_CREATE_TOPICS=on'),
  );
  const lacks = (app: App) =>
    NEEDED[app].flatMap(([wanted, topics]) =>
      topics
        .filter((topic) => granted.get(topic)?.isMissing === false)
        .flatMap((topic) =>
          wanted
            .filter((right) => !granted.get(topic)?.rights.has(right))
            .map((right) => `${right} on ${topic}`),
        ),
    );
  const [first = { app: '', lacking: [] }] = (Object.keys(NEEDED) as App[])
    .map((app) => ({ app, lacking: lacks(app) }))
    .toSorted((a, b) => a.lacking.length - b.lacking.length);
  if (first.lacking.length > 0) {
    const what = `as those of a ${first.app}, these credentials lack ${first.lacking.join(', ')}`;
    return [...found, fail(what, 'grant it: docs/operations.md#access-to-kafka')];
  }
  const mayAlter = [...granted].some(([, topic]) => topic.rights.has('Alter') || topic.rights.has('Delete'));
  if (mayAlter)
    return [
      ...found,
      warn(
        'these credentials may alter or delete topics',
        'let Kafka deny it: docs/operations.md#access-to-kafka',
      ),
    ];
  if (granted.get(events)?.rights.has('Read'))
    return [
      ...found,
      warn(
        `these credentials may read ${events}`,
        'only a program that may read what people write needs that',
      ),
    ];
  return [...found, ok(`these credentials have the rights of a ${first.app}`)];
}
