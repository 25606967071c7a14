import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { createDatabase, dropDatabase, onStopSignal, startKafka, startPostgres } from '@wxa/stack';
import { isMentioned } from './selection.js';

const CLI = fileURLToPath(new URL('../../apps/cli/dist/main.js', import.meta.url));

/**
 * Provides one PostgreSQL and one Kafka for the whole run, each if a selected test uses it: those of DATABASE_URL
 * and KAFKA_BROKERS, else new ones. Tests find them in TEST_POSTGRES_URL, whose migrated database `wxa_template` they
 * clone, and TEST_KAFKA_BROKERS.
 */
export default async function globalSetup(globalConfig) {
  const [needsPostgres, needsKafka] = ['TEST_POSTGRES_URL', 'TEST_KAFKA_BROKERS'].map((name) =>
    isMentioned(name, globalConfig),
  );
  if (!needsPostgres && !needsKafka) return;
  const aborted = new AbortController();
  const options = { signal: aborted.signal };
  const { DATABASE_URL: url, KAFKA_BROKERS: brokers } = process.env;
  const parts = [
    !needsPostgres || url ? { url } : startPostgres({ ...options, durable: false }),
    !needsKafka || brokers ? { brokers } : startKafka(options),
  ];
  const stop = async () => {
    aborted.abort(new Error('The test run was ended.'));
    const started = await Promise.allSettled(parts);
    await Promise.all(started.map(({ value }) => value?.stop?.()));
  };
  onStopSignal(stop);
  globalThis.stopTestStack = stop;
  // Jest runs no teardown after a failed setup.
  await prepare(parts).catch((error) => stop().then(() => Promise.reject(error)));
}

async function prepare(parts) {
  const [postgres, kafka] = await Promise.all(parts);
  if (kafka.brokers) process.env.TEST_KAFKA_BROKERS = kafka.brokers;
  if (!postgres.url) return;
  process.env.TEST_POSTGRES_URL = postgres.url;
  await dropDatabase(postgres.url, 'wxa_template');
  await migrate(await createDatabase(postgres.url, 'wxa_template'));
}

async function migrate(url) {
  await promisify(execFile)(process.execPath, [CLI, 'migrate'], {
    env: { ...process.env, DATABASE_URL: url },
  });
}
