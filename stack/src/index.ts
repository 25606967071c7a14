export { App } from './apps/app.js';
export type { StackOptions } from './plan/options.js';
export type { ServerProcess } from './plan/parts.js';
export { type KafkaUser, secretsIn } from './plan/secrets.js';
export { generatePlatform } from './plan/stack-env.js';
export { Child, type Exit } from './processes/child.js';
export { exists, type Folder, temporaryFolder } from './processes/folders.js';
export { freePort } from './processes/ports.js';
export { endWithParent, onStopSignal } from './processes/signals.js';
export { describeError, StackError } from './processes/stack-error.js';
export { waitUntil } from './processes/wait.js';
export { type Authority, type Certificate, createAuthority } from './servers/certificates.js';
export { createDatabase, databaseUrl, dropDatabase, takeBaseBackup } from './servers/database.js';
export { changeKafkaPassword, type Kafka, type KafkaOptions, startKafka } from './servers/kafka.js';
export { cacheFolder, kafkaJars } from './servers/kafka-jars.js';
export {
  ACCESS,
  type AccessRow,
  aclsOf,
  type KafkaSecurity,
  kafkaSecurity,
  kafkaSettingsOf,
  secureClient,
} from './servers/kafka-security.js';
export { type Postgres, type PostgresOptions, startPostgres } from './servers/postgres.js';
export { type PostgresSecurity, postgresSecurity } from './servers/postgres-security.js';
export { type Addresses, adminConnection, type Stack, startStack } from './stack.js';
export { type KafkaEvent, TopicReader } from './topic-reader.js';
