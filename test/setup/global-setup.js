import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { createDatabase, startKafka, startPostgres, stopOnSignal } from '@wxa/stack';
import { needsStack } from './selection.js';

const MIGRATE = fileURLToPath(new URL('../../libs/store/dist/migrate.js', import.meta.url));

/**
 * One PostgreSQL and one Kafka for the whole run, only where a test under `test/` is selected. Tests find them in
 * TEST_POSTGRES_URL (its database `wxa_template` has the schema, to be cloned) and TEST_KAFKA_BROKERS.
 */
export default async function globalSetup(globalConfig) {
  if (!needsStack(globalConfig)) return;
  const aborted = new AbortController();
  const parts = [];
  const stop = async () => {
    aborted.abort(new Error('The test run was ended.'));
    await Promise.allSettled(parts.map((part) => part.then(({ stop: stopPart }) => stopPart())));
  };
  stopOnSignal(stop);
  globalThis.stopTestStack = stop;

  const postgres = startPostgres({ durable: false, signal: aborted.signal });
  const kafka = startKafka({ signal: aborted.signal });
  parts.push(postgres, kafka);
  try {
    const [{ url }, { brokers }] = await Promise.all(parts);
    process.env.TEST_POSTGRES_URL = url;
    process.env.TEST_KAFKA_BROKERS = brokers;
    await migrate(await createDatabase(url, 'wxa_template'));
  } catch (error) {
    // Jest runs no teardown after a failed setup.
    await stop();
    throw error;
  }
}

async function migrate(url) {
  await promisify(execFile)(process.execPath, [MIGRATE], { env: { ...process.env, DATABASE_URL: url } });
}
