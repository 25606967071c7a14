import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connectKafka, type KafkaConnection } from '@wxa/kafka';
import { kafkaClientSettings, kafkaSettings, readConfig, withCrossChecks } from '@wxa/service';
import {
  ACCESS,
  type AccessRow,
  type Authority,
  aclsOf,
  createAuthority,
  freePort,
  type KafkaSecurity,
  type KafkaUser,
  kafkaSecurity,
  kafkaSettingsOf,
  secureClient,
  startKafka,
} from '@wxa/stack';
import kafkajs, { type Admin, type KafkaConfig } from 'kafkajs';
import { z } from 'zod';
import { SILENT } from './kafka-uses.js';

export const PREFIX = 'secure.';
/** In seconds; kafkajs authenticates again 10 s before the end of a session. */
const SESSION_S = 12;

/** A broker with the documented rights and three listeners for clients: SCRAM, client certificates, tokens. */
export interface SecureBroker {
  folder: string;
  admin: Admin;
  security: KafkaSecurity;
  /** Issues the certificates of clients. */
  authority: Authority;
  /** The address of each listener. */
  brokers: Record<'scram' | 'certificates' | 'tokens', string>;
  /** The settings of a user of SCRAM. */
  settingsOf(user: KafkaUser): Record<string, string>;
  stop(): Promise<void>;
}

/** @param superUser may do everything, as the subject of its certificate. */
export async function startSecureBroker(superUser: string): Promise<SecureBroker> {
  const folder = await mkdtemp(join(tmpdir(), 'wxa-secure-kafka-'));
  const security = await kafkaSecurity(await mkdtemp(join(folder, 'broker-')));
  const authority = await createAuthority(folder);
  const ports = { CERTIFICATES: await freePort(), TOKENS: await freePort() };
  const server = await startKafka({
    secure: { security, access: ACCESS, prefix: PREFIX },
    further: { ports, properties: furtherProperties(authority, superUser) },
  });
  const admin = await connectAdmin(server.brokers, await secureClient(security, 'admin'));
  return {
    folder,
    admin,
    security,
    authority,
    brokers: {
      scram: server.brokers,
      certificates: `127.0.0.1:${ports.CERTIFICATES}`,
      tokens: `127.0.0.1:${ports.TOKENS}`,
    },
    settingsOf: (user) => ({
      ...kafkaSettingsOf(security, user),
      KAFKA_BROKERS: server.brokers,
      KAFKA_TOPIC_PREFIX: PREFIX,
      KAFKA_TOPIC_PARTITIONS: '2',
    }),
    stop: async () => {
      await admin.disconnect();
      await server.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

function furtherProperties({ ca }: Authority, superUser: string): Record<string, string> {
  const login = 'org.apache.kafka.common.security.oauthbearer.OAuthBearerLoginModule';
  return {
    'listener.security.protocol.map':
      'CLIENTS:SASL_SSL,CERTIFICATES:SSL,TOKENS:SASL_SSL,CONTROLLER:PLAINTEXT',
    'super.users': `User:admin;User:ANONYMOUS;User:${superUser}`,
    'listener.name.certificates.ssl.client.auth': 'required',
    'listener.name.certificates.ssl.truststore.type': 'PEM',
    'listener.name.certificates.ssl.truststore.location': ca,
    'listener.name.tokens.sasl.enabled.mechanisms': 'OAUTHBEARER',
    // Without further settings Kafka takes unsigned tokens.
    'listener.name.tokens.oauthbearer.sasl.jaas.config': `${login} required unsecuredLoginStringClaim_sub="broker";`,
    'listener.name.tokens.oauthbearer.connections.max.reauth.ms': String(SESSION_S * 1000),
  };
}

/** A client with all rights. */
export async function connectAdmin(
  brokers: string,
  client: Pick<KafkaConfig, 'ssl' | 'sasl'>,
): Promise<Admin> {
  const config = { brokers: [brokers], ...client, logLevel: kafkajs.logLevel.NOTHING };
  const admin = new kafkajs.Kafka(config).admin();
  await admin.connect();
  return admin;
}

/** A connection by settings, as in the apps. */
export function connectionBy(settings: Record<string, string>): KafkaConnection {
  const parsed = readConfig(withCrossChecks(z.object(kafkaSettings)), settings);
  // The files are gone at the end.
  const client = kafkaClientSettings(parsed, () => undefined);
  return connectKafka({ ...client, clientId: 'test', logger: SILENT });
}

/** The ACL of one right of a user, for `createAcls` and `deleteAcls`. Throws unless there is exactly one. */
export function aclOf(user: AccessRow['user'], operation: number, name: string, prefix = PREFIX) {
  const rows = ACCESS.filter(
    (row) => row.user === user && row.name === name && row.operations.includes(operation),
  );
  if (rows.length !== 1) throw new Error(`${user} has ${rows.length} rows with this right on ${name}`);
  return aclsOf(
    rows.map((row) => ({ ...row, operations: [operation] })),
    prefix,
  );
}
