import { randomBytes } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { CODE_TOPICS, TOPICS } from '@wxa/contracts';
import kafkajs, { type AclOperationTypes, type KafkaConfig } from 'kafkajs';
import { KAFKA_USERS, type KafkaUser } from '../plan/secrets.js';
import { readOrCreate } from '../processes/folders.js';
import { createAuthority } from './certificates.js';

/** TLS and SCRAM-SHA-512 of a broker. */
export type KafkaSecurity = {
  /** The path of the authority's certificate. */
  caFile: string;
  /** The broker's certificate, with its key, as one PEM file. */
  keystoreFile: string;
  passwords: Record<KafkaUser, string>;
  /** The path of a file with the password of each user. */
  passwordFiles: Record<KafkaUser, string>;
};

const { READ, WRITE, DESCRIBE, DESCRIBE_CONFIGS, CREATE, DELETE } = kafkajs.AclOperationTypes;
const { TOPIC, GROUP } = kafkajs.AclResourceTypes;

/** What a user may do with a topic, a group, or all groups of a prefix; names are without KAFKA_TOPIC_PREFIX. */
export type AccessRow = {
  user: Exclude<KafkaUser, 'admin'>;
  type: number;
  name: string;
  isPrefix?: boolean;
  operations: AclOperationTypes[];
};

const ALL = Object.values(TOPICS);
const topics = (user: AccessRow['user'], operations: AclOperationTypes[], ...names: string[]): AccessRow[] =>
  names.map((name) => ({ user, type: TOPIC, name, operations }));

/** The rights that docs/operations.md lists, and no others. */
export const ACCESS: readonly AccessRow[] = [
  ...topics('gateway', [DESCRIBE, DESCRIBE_CONFIGS, CREATE], ...ALL),
  ...topics('gateway', [WRITE], TOPICS.commands, TOPICS.outcomes, TOPICS.audits, TOPICS.fleet, TOPICS.events),
  ...topics('gateway', [READ], TOPICS.outcomes),
  { user: 'gateway', type: GROUP, name: 'wxa-gateway-', isPrefix: true, operations: [READ] },
  ...topics('release-worker', [DESCRIBE, DESCRIBE_CONFIGS, CREATE], ...CODE_TOPICS),
  ...topics('release-worker', [READ], TOPICS.commands, TOPICS.outcomes),
  ...topics('release-worker', [WRITE], ...CODE_TOPICS),
  { user: 'release-worker', type: GROUP, name: 'wxa-release-worker', operations: [READ] },
  { user: 'release-worker', type: GROUP, name: 'wxa-history-', isPrefix: true, operations: [READ, DELETE] },
  ...topics('operator', [DESCRIBE, DESCRIBE_CONFIGS, READ], ...CODE_TOPICS),
  ...topics('operator', [WRITE], TOPICS.commands, TOPICS.deadLetters),
  { user: 'operator', type: GROUP, name: 'wxa-cli-', isPrefix: true, operations: [READ, DELETE] },
  ...topics('subscriber', [READ, DESCRIBE], TOPICS.outcomes, TOPICS.audits, TOPICS.rollouts, TOPICS.fleet),
  { user: 'subscriber', type: GROUP, name: 'subscriber-', isPrefix: true, operations: [READ] },
];

/**
 * The security of a broker; its files are in `folder`. Passwords are kept, because the broker's data has them;
 * certificates are new at each start and valid for 30 days.
 */
export async function kafkaSecurity(folder: string): Promise<KafkaSecurity> {
  const authority = await createAuthority(folder);
  const names = ['IP:127.0.0.1', 'DNS:localhost'];
  const { cert, key } = await authority.issue('broker', { cn: 'kafka', names });
  const keystoreFile = join(folder, 'broker-keystore.pem');
  await writeFile(keystoreFile, (await readFile(key, 'utf8')) + (await readFile(cert, 'utf8')), {
    mode: 0o600,
  });
  const byUser = async <T>(value: (user: KafkaUser) => Promise<T>) =>
    Object.fromEntries(
      await Promise.all(KAFKA_USERS.map(async (user) => [user, await value(user)] as const)),
    ) as Record<KafkaUser, T>;
  const passwordFiles = await byUser(async (user) => join(folder, `${user}.password`));
  const passwords = await byUser((user) =>
    readOrCreate(passwordFiles[user], () => randomBytes(24).toString('base64url')),
  );
  return { caFile: authority.ca, keystoreFile, passwords, passwordFiles };
}

/** How a user connects with kafkajs. */
export async function secureClient(
  { caFile, passwords }: KafkaSecurity,
  user: KafkaUser,
): Promise<Pick<KafkaConfig, 'ssl' | 'sasl'>> {
  return {
    ssl: { ca: await readFile(caFile, 'utf8') },
    sasl: { mechanism: 'scram-sha-512', username: user, password: passwords[user] },
  };
}

/** The settings by which an app or a command connects as a user. */
export function kafkaSettingsOf(
  { caFile, passwordFiles }: KafkaSecurity,
  user: KafkaUser,
): Record<string, string> {
  return {
    KAFKA_TLS: 'on',
    KAFKA_TLS_CA_FILE: caFile,
    KAFKA_SASL_MECHANISM: 'scram-sha-512',
    KAFKA_SASL_USERNAME: user,
    KAFKA_SASL_PASSWORD_FILE: passwordFiles[user],
  };
}

/** Lines that say how to read the events from a shell, and what a client needs for it. */
export function howToConsume(brokers: string, { caFile, passwordFiles }: KafkaSecurity): string {
  const { subscriber } = passwordFiles;
  return [
    'subscriber, who may read the events of Kafka, with groups whose names begin with subscriber-, by SASL_SSL and SCRAM-SHA-512:',
    `  KAFKA_TLS_CA_FILE=${caFile} KAFKA_SASL_USERNAME=subscriber KAFKA_SASL_PASSWORD_FILE=${subscriber}`,
    `  kcat -b ${brokers} -X security.protocol=SASL_SSL -X ssl.ca.location=${caFile} -X sasl.mechanism=SCRAM-SHA-512 ` +
      `-X sasl.username=subscriber -X sasl.password="$(cat ${subscriber})" -X auto.offset.reset=earliest -e -G subscriber-1 ${TOPICS.outcomes} ${TOPICS.audits}`,
  ].join('\n');
}

/** The properties of a broker that lets its clients in by SASL_SSL only and grants what its ACLs say. */
export function secureProperties({ caFile, keystoreFile, passwords }: KafkaSecurity): Record<string, string> {
  return {
    'listener.security.protocol.map': 'CLIENTS:SASL_SSL,CONTROLLER:PLAINTEXT',
    'inter.broker.listener.name': 'CLIENTS',
    'sasl.enabled.mechanisms': 'SCRAM-SHA-512',
    'sasl.mechanism.inter.broker.protocol': 'SCRAM-SHA-512',
    'listener.name.clients.scram-sha-512.sasl.jaas.config': scramLogin('admin', passwords.admin),
    'ssl.keystore.type': 'PEM',
    'ssl.keystore.location': keystoreFile,
    'ssl.truststore.type': 'PEM',
    'ssl.truststore.location': caFile,
    'authorizer.class.name': 'org.apache.kafka.metadata.authorizer.StandardAuthorizer',
    'allow.everyone.if.no.acl.found': 'false',
    // Only the controller's own listener, which has no clients, has no authentication.
    'super.users': 'User:admin;User:ANONYMOUS',
  };
}

/** How a Java program logs in by SCRAM. */
export function scramLogin(user: KafkaUser, password: string): string {
  return `org.apache.kafka.common.security.scram.ScramLoginModule required username="${user}" password="${password}";`;
}

/** The arguments of `kafka-storage format` that create the users. */
export function scramArguments({ passwords }: KafkaSecurity): string[] {
  return Object.entries(passwords).flatMap(([name, password]) => [
    '--add-scram',
    `SCRAM-SHA-512=[name=${name},password=${password}]`,
  ]);
}

/** The ACLs of rows, for kafkajs's `createAcls`. */
export function aclsOf(rows: readonly AccessRow[], prefix: string) {
  return rows.flatMap(({ user, type, name, isPrefix = false, operations }) =>
    operations.map((operation) => ({
      resourceType: type,
      resourceName: prefix + name,
      resourcePatternType: isPrefix
        ? kafkajs.ResourcePatternTypes.PREFIXED
        : kafkajs.ResourcePatternTypes.LITERAL,
      principal: `User:${user}`,
      host: '*',
      operation,
      permissionType: kafkajs.AclPermissionTypes.ALLOW,
    })),
  );
}
