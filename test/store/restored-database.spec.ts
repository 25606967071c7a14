import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { UnverifiedServerError } from '@wxa/postgres';
import { createDatabase, dropDatabase } from '@wxa/stack';
import { Store } from '@wxa/store';
import pg from 'pg';
import { event } from './scratch-store.js';

const server = process.env.TEST_POSTGRES_URL ?? '';
const name = `restored_${randomUUID().replaceAll('-', '')}`;
const COPY = `${name}_copy`;
let url: string;
/** A worker's store. */
let store: Store;

async function open(): Promise<void> {
  const publisher = { writer: 'release-worker', toEvent: () => event('', '') } as const;
  store = await Store.open({ url }, publisher, { claimsAreChecked: true });
  await look();
}

const look = async () => store.history.follow(await store.probe.check());
const RETENTION = { queriesMs: 86_400_000, changesMs: 90 * 86_400_000 };
const check = () =>
  store.history.check({ published: [], server: store.history.server ?? '', retention: RETENTION });

beforeEach(async () => {
  url = await createDatabase(server, name, 'wxa_template');
  await open();
  await check();
  await look();
  expect(store.history.isVerified).toBe(true);
});
afterEach(async () => {
  await store.close();
  for (const each of [name, COPY]) await dropDatabase(server, each);
});

it('A database that is replaced by a copy of itself in the running server is not verified, and no change is claimed there', async () => {
  await store.close();
  await createDatabase(server, COPY, name);
  await dropDatabase(server, name);
  await createDatabase(server, name, COPY);
  await open();
  const { history, operations } = store;
  expect([history.isVerified, history.mayHaveLostTime]).toEqual([false, true]);
  const claim = { id: randomUUID(), leaseMs: 60_000, key: randomUUID(), isChange: true };
  await expect(operations.claim(claim)).rejects.toBeInstanceOf(UnverifiedServerError);
  await check();
  expect([history.isVerified, history.mayHaveLostTime]).toEqual([true, false]);
});

it('Postgres is behind while a dump is restored into the running database, and is not verified afterwards', async () => {
  const { history } = store;
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  await client.query(`create table dumped as table history_state; drop table history_state;
    create table history_state (like dumped)`);
  await look();
  expect([history.isVerified, history.isBehind]).toEqual([false, true]);
  await client.query('insert into history_state table dumped');
  await client.end();
  await look();
  expect([history.isVerified, history.isBehind]).toEqual([false, false]);
  await check();
  expect(history.isVerified).toBe(true);
});
