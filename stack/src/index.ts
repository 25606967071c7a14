export { createDatabase, databaseUrl, dropDatabase } from './database.js';
export { type Kafka, type KafkaOptions, startKafka } from './kafka.js';
export { type Postgres, type PostgresOptions, startPostgres } from './postgres.js';
export { endWithParent, stopOnSignal } from './signals.js';
export { describeError, StackError } from './stack-error.js';
