import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { CODE_TOPICS, TOPICS, type TopicName } from '@wxa/contracts';
import { connectKafka, deleteGroup, ensureTopics, SerialProducer, TailFollower } from '@wxa/kafka';
import { watchTlsFiles } from '@wxa/service';
import { ACCESS, type AccessRow, aclsOf, type KafkaUser } from '@wxa/stack';
import kafkajs from 'kafkajs';
import { eventually } from '../eventually.js';
import { checkTopics } from '../kafka/check-topics.js';
import { wxa } from '../wxa.js';
import { documentedRights, rightsOf } from './documented-rights.js';
import { consumeUntilDenied, fetchRequests, followUntilDenied, SILENT, writeTo } from './kafka-uses.js';
import { aclOf, connectionBy, PREFIX, type SecureBroker, startSecureBroker } from './secure-broker.js';

const { WRITE, READ, DESCRIBE, CREATE, DELETE, DESCRIBE_CONFIGS } = kafkajs.AclOperationTypes;
const RIGHTS = { Write: WRITE, Read: READ, Describe: DESCRIBE, Create: CREATE, Delete: DELETE };
const { commands, outcomes, audits, fleet, deadLetters } = TOPICS;

let broker: SecureBroker;
beforeAll(async () => {
  broker = await startSecureBroker('CN=second');
  // The partitions of a topic that was just created may not have a leader yet.
  await eventually(() => ensureTopics(connectionOf('release-worker')));
  // Without a dead letter there is nothing to read.
  await write(deadLetters)('release-worker');
});
afterAll(() => broker?.stop());

const connectionOf = (user: KafkaUser) => connectionBy(broker.settingsOf(user));

/** What a user does that needs a right; rejects if Kafka denies it. */
type Use = (user: KafkaUser) => Promise<unknown>;

const describeTopics: Use = (user) => ensureTopics(connectionOf(user));
const write =
  (topic: string): Use =>
  (user) =>
    writeTo(connectionOf(user), topic);
const consume =
  (topic: TopicName, group: string): Use =>
  (user) =>
    consumeUntilDenied(connectionOf(user), topic, group);
const follow: Use = (user) => followUntilDenied(connectionOf(user));
const removeGroup =
  (group: string): Use =>
  (user) =>
    deleteGroup(connectionOf(user), group);

/** A group that may not be deleted is only a warning. */
const dlq: Use = async (user) => {
  const { err } = await wxa(['dlq', 'list'], broker.settingsOf(user));
  if (err !== '') throw new Error(err);
};

it('The table of rights in docs/operations.md has exactly those with which the service is tested', async () => {
  const page = await readFile(new URL('../../docs/operations.md', import.meta.url), 'utf8');
  expect(documentedRights(page)).toEqual(rightsOf(ACCESS));
});

describe('a missing right', () => {
  it.each<[AccessRow['user'], keyof typeof RIGHTS, string, Use]>([
    ['gateway', 'Describe', deadLetters, describeTopics],
    ['gateway', 'Write', commands, write(commands)],
    ['gateway', 'Write', outcomes, write(outcomes)],
    ['gateway', 'Write', audits, write(audits)],
    ['gateway', 'Write', fleet, write(fleet)],
    ['gateway', 'Read', outcomes, follow],
    ['gateway', 'Read', 'wxa-gateway-', follow],
    ['release-worker', 'Read', commands, consume(commands, 'wxa-release-worker')],
    ['release-worker', 'Read', outcomes, consume(outcomes, 'wxa-history-1')],
    ['release-worker', 'Read', 'wxa-release-worker', consume(commands, 'wxa-release-worker')],
    ['release-worker', 'Read', 'wxa-history-', consume(outcomes, 'wxa-history-1')],
    ['release-worker', 'Delete', 'wxa-history-', removeGroup('wxa-history-1')],
    ['release-worker', 'Write', commands, write(commands)],
    ['release-worker', 'Write', outcomes, write(outcomes)],
    ['release-worker', 'Write', audits, write(audits)],
    ['release-worker', 'Write', fleet, write(fleet)],
    ['release-worker', 'Write', deadLetters, write(deadLetters)],
    ['operator', 'Read', commands, consume(commands, 'wxa-cli-1')],
    ['operator', 'Read', outcomes, consume(outcomes, 'wxa-cli-1')],
    ['operator', 'Read', audits, consume(audits, 'wxa-cli-1')],
    ['operator', 'Read', deadLetters, dlq],
    ['operator', 'Write', commands, write(commands)],
    ['operator', 'Write', deadLetters, write(deadLetters)],
    ['operator', 'Read', 'wxa-cli-', dlq],
    ['operator', 'Delete', 'wxa-cli-', dlq],
    ['subscriber', 'Read', outcomes, consume(outcomes, 'subscriber-1')],
    ['subscriber', 'Read', audits, consume(audits, 'subscriber-1')],
    ['subscriber', 'Read', fleet, consume(fleet, 'subscriber-1')],
    ['subscriber', 'Read', 'subscriber-', consume(audits, 'subscriber-1')],
  ])(
    'The user %s without the right %s on %s is refused by an error that names both',
    async (user, right, name, use) => {
      const kind = Object.values<string>(TOPICS).includes(name) ? 'topic' : 'group';
      const acls = aclOf(user, RIGHTS[right], name);
      await broker.admin.deleteAcls({ filters: acls });
      try {
        // The broker applies the change a little later.
        const denied = `Kafka denies this principal ${right} on ${kind} ${PREFIX}${name}`;
        await eventually(() => expect(use(user)).rejects.toThrow(denied));
      } finally {
        await broker.admin.createAcls({ acl: acls });
      }
    },
  );

  const created = { gateway: Object.values(TOPICS), 'release-worker': CODE_TOPICS };
  const creators = ['gateway', 'release-worker'] as const;
  it.each(creators.flatMap((user) => created[user].map((topic) => [user, topic] as const)))(
    'The user %s that may not create the missing topic %s is refused by its name, and creates it once it may',
    async (user, topic) => {
      const prefix = `${randomUUID().slice(0, 8)}.`;
      const connection = connectionBy({ ...broker.settingsOf(user), KAFKA_TOPIC_PREFIX: prefix });
      const own = ACCESS.filter((row) => row.user === user);
      const acl = aclsOf(own, prefix);
      const missing = aclOf(user, RIGHTS.Create, topic, prefix);
      await broker.admin.createAcls({ acl });
      await broker.admin.deleteAcls({ filters: missing });
      const denied = `Kafka denies this principal Create on topic ${prefix}${topic}`;
      await eventually(() => expect(ensureTopics(connection, created[user])).rejects.toThrow(denied));
      await broker.admin.createAcls({ acl: missing });
      await eventually(() => ensureTopics(connection, created[user]));
    },
  );
});

it.each(['gateway', 'release-worker'] as const)(
  'Without it only replicas and partitions of topics are compared, with a warning that names it: %s',
  async (user) => {
    const names = CODE_TOPICS;
    const acl = names.flatMap((name) => aclOf(user, DESCRIBE_CONFIGS, name));
    const warnings = async () => (await checkTopics(connectionOf(user))).warnings;
    expect((await warnings())[0]).toContain('min.insync.replicas is 1, below 2');
    await broker.admin.deleteAcls({ filters: acl });
    const topics = names.map((name) => PREFIX + name);
    const differ = topics.map(
      (topic) => `kafka topic differs; ${topic}; its replication factor is 1, below 3`,
    );
    const expected = [`kafka access denied; topics ${topics.join(', ')}`, ...differ].sort();
    await eventually(async () => expect(await warnings()).toEqual(expected));
    await broker.admin.createAcls({ acl });
  },
);

it('wxa adopt check names each right on a topic that the credentials of an app lack', async () => {
  const module = new URL('../../apps/cli/dist/adopt/rights.js', import.meta.url);
  const { grantedTo, judged } = await import(module.href);
  const found = async (user: KafkaUser): Promise<string[]> =>
    judged(await grantedTo(connectionOf(user))).map((each: object) =>
      Object.values(each).slice(0, 2).join(' '),
    );
  const untilFound = (user: KafkaUser, line: string) =>
    eventually(async () => expect(await found(user)).toEqual([line]));
  const { events } = TOPICS;
  await eventually(() => ensureTopics(connectionOf('gateway'), Object.values(TOPICS)));
  for (const user of ['gateway', 'release-worker'] as const)
    await untilFound(user, `ok these credentials have the rights of a ${user}`);
  expect(await found('subscriber')).toEqual([expect.stringMatching(/^fail .* lack .*Write on /)]);
  const acl = aclOf('gateway', WRITE, events);
  await broker.admin.deleteAcls({ filters: acl });
  await untilFound('gateway', `fail as those of a gateway, these credentials lack Write on ${events}`);
  await broker.admin.createAcls({ acl });
});

it('wxa adopt check with the credentials of an app does not fail because they may not read the topic of events', async () => {
  const { watchTopic } = await import(new URL('../../apps/cli/dist/adopt/callback.js', import.meta.url).href);
  const { events } = TOPICS;
  await eventually(() => ensureTopics(connectionOf('gateway'), Object.values(TOPICS)));
  const found = async (user: KafkaUser) => {
    const arrived = await watchTopic(connectionOf(user));
    await write(events)('gateway');
    return arrived('it', () => true, 30_000);
  };
  const notSeen = (right: string) => ({
    result: 'warn',
    detail: expect.stringContaining(`was not seen: Kafka denies this principal ${right} on `),
  });
  expect(await found('gateway')).toMatchObject(notSeen('Read'));
  expect(await found('release-worker')).toMatchObject(notSeen('Describe'));
});

it('The fetch requests of consumers name the rack', async () => {
  const connection = connectionBy({ ...broker.settingsOf('release-worker'), KAFKA_RACK_ID: 'zone-b' });
  const fetches = await fetchRequests(connection, commands, 'wxa-release-worker');
  for (const fetch of fetches) expect(fetch.subarray(-8)).toEqual(Buffer.from('\0\x06zone-b'));
});

it('Missing topics are reported by name and not created', async () => {
  const brokers = (process.env.TEST_KAFKA_BROKERS ?? '').split(',');
  const topicPrefix = `t${randomUUID().slice(0, 8)}.`;
  const connection = connectKafka({ brokers, topicPrefix, clientId: 'test', logger: SILENT });
  const names = CODE_TOPICS.map((topic) => topicPrefix + topic);
  const message = `missing topics, which KAFKA_CREATE_TOPICS=off does not create: ${names.join(', ')}`;
  for (const _ of [1, 2]) await expect(ensureTopics(connection)).rejects.toThrow(message);
});

it('A connection after the client certificate was replaced has the new one; one from before keeps the old one', async () => {
  const { authority, brokers, security } = broker;
  const { cert, key } = await authority.issue('client', { cn: 'first' });
  const tls = watchTlsFiles({ ca: security.caFile, cert, key }, () => undefined, 20);
  const options = { topicPrefix: PREFIX, clientId: 'test', logger: SILENT };
  const connection = connectKafka({ brokers: [brokers.certificates], ...options, tls });
  const denied = `Kafka denies this principal Write on topic ${PREFIX}${commands}`;
  const open = new SerialProducer(connection);
  const send = (producer: SerialProducer) =>
    producer.send([{ topic: PREFIX + commands, message: { key: 'k', value: Buffer.from('v') } }]);
  await expect(send(open)).rejects.toThrow(denied);
  const changed = new Promise<void>((resolve) => tls.onChange(() => resolve()));
  // The broker lets only this subject write.
  await authority.issue('client', { cn: 'second' });
  await changed;
  await expect(send(open)).rejects.toThrow(denied);
  await writeTo(connection, commands);
  await open.disconnect();
  tls.stop();
});

/** A command that prints an unsigned token which is valid for some seconds, and counts its runs. */
function tokenCommand(runs: string, validS: number): string {
  const script = `
    const [file, seconds] = process.argv.slice(1);
    require('fs').appendFileSync(file, '.');
    const now = Math.floor(Date.now() / 1000), exp = now + Number(seconds);
    const part = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');
    const token = part({ alg: 'none' }) + '.' + part({ sub: 'gateway', iat: now - 100, exp }) + '.';
    console.log(JSON.stringify({ token, expiresAt: new Date(exp * 1000) }));`;
  return JSON.stringify([process.execPath, '-e', script, runs, String(validS)]);
}

describe('KAFKA_SASL_MECHANISM=oauthbearer', () => {
  const settings = (validS: number) => ({
    KAFKA_BROKERS: broker.brokers.tokens,
    KAFKA_TOPIC_PREFIX: PREFIX,
    KAFKA_TLS: 'on',
    KAFKA_TLS_CA_FILE: broker.security.caFile,
    KAFKA_SASL_MECHANISM: 'oauthbearer',
    KAFKA_SASL_TOKEN_COMMAND: tokenCommand(join(broker.folder, 'runs'), validS),
  });
  const runs = async () => (await readFile(join(broker.folder, 'runs'), 'utf8')).length;

  it('A producer and a follower continue with a new token when the first one has a minute left', async () => {
    const connection = connectionBy(settings(62));
    const warnings: string[] = [];
    const received: string[] = [];
    const logger = { ...SILENT, warn: (_fields: object, message: string) => warnings.push(message) };
    const onMessage = ({ value }: { value: Buffer }) => received.push(value.toString());
    const follower = new TailFollower(connection, outcomes, { logger, onMessage });
    await follower.ready;
    const producer = new SerialProducer(connection);
    const sent: string[] = [];
    const send = async () => {
      sent.push(String(sent.length));
      const message = { key: 'key', value: Buffer.from(sent.at(-1) ?? '') };
      await producer.send([{ topic: connection.topic(outcomes), message }]);
    };
    await send();
    const before = await runs();
    await eventually(async () => {
      await send();
      return (await runs()) > before;
    });
    await send();
    await eventually(() => received.length >= sent.length);
    expect([received.toSorted(), warnings]).toEqual([sent.toSorted(), []]);
    await follower.stop();
    await producer.disconnect();
  });

  it('A token that has expired is refused by an error that says so', async () => {
    await expect(ensureTopics(connectionBy(settings(-10)))).rejects.toThrow(
      'SASL OAUTHBEARER authentication failed: Kafka rejected the token: {"status":"invalid_token"}',
    );
  });
});
