import { randomUUID } from 'node:crypto';
import { type CloudEvent, eventType, TOPICS } from '@wxa/contracts';
import type { NewOperation } from '@wxa/operations';
import type { DatabaseOptions } from '@wxa/postgres';
import type { AppName, Publisher } from '@wxa/postgres/outbox';
import { createDatabase, dropDatabase } from '@wxa/stack';
import { Store } from '@wxa/store';
import pg from 'pg';
import { newAppid } from '../appid.js';

/** Sorts before every id. */
export const NIL_UUID = '00000000-0000-0000-0000-000000000000';

/** The stores of two apps over one database, and direct access to its tables. */
export interface ScratchStore {
  gateway: Store;
  worker: Store;
  url: string;
  pool: pg.Pool;
  sql<T extends object>(text: string, values?: unknown[]): Promise<T[]>;
  close(): Promise<void>;
}

/** Whether rejections of audits wait for a query. */
export type Queries = Pick<Publisher, 'toStatusQuery'>;

/** A copy of the migrated database for one test file. */
export async function scratchStore(publisher: Queries = {}): Promise<ScratchStore> {
  const server = process.env.TEST_POSTGRES_URL ?? '';
  const name = `store_${randomUUID().replaceAll('-', '')}`;
  const url = await createDatabase(server, name, 'wxa_template');
  const stores = await storesOf(url, publisher);
  return {
    ...stores,
    async close() {
      await stores.close();
      await dropDatabase(server, name);
    },
  };
}

/** A store that its caller closes. */
export function openStore(
  options: DatabaseOptions,
  writer: AppName = 'release-worker',
  publisher: Queries = {},
) {
  return Store.open(options, { writer, toEvent: auditEvent, ...publisher });
}

/** Calls `statement` with the name and the failure of each statement. */
export const observing = (statement: (name?: string, failure?: string) => unknown) => ({
  statement: (name: string | undefined, _seconds: number, failure: string | undefined) =>
    statement(name, failure),
  notConnected: () => undefined,
  batch: () => undefined,
});

/** The same over a database that another test helper creates and drops. */
export async function storesOf(url: string, publisher: Queries = {}): Promise<ScratchStore> {
  const open = (writer: AppName) => openStore({ url, poolSize: 5 }, writer, publisher);
  const [gateway, worker] = await Promise.all([open('gateway'), open('release-worker')]);
  const pool = new pg.Pool({ connectionString: url, max: 4 });
  // Dropping the database terminates connections that are being closed.
  pool.on('error', () => undefined);
  pool.on('connect', (client) => client.on('error', () => undefined));
  return {
    gateway,
    worker,
    url,
    pool,
    async sql<T extends object>(text: string, values: unknown[] = []) {
      return (await pool.query<T>(text, values)).rows;
    },
    async close() {
      await Promise.all([gateway.close(), worker.close(), pool.end()]);
    },
  };
}

function auditEvent(appid: string, audit: unknown, decision: unknown, id: string): CloudEvent {
  return {
    ...event(appid, id),
    type: eventType('AuditCompleted'),
    value: JSON.stringify({ audit, decision }),
  };
}

export function event(appid: string, id: string): CloudEvent {
  const common = {
    topic: TOPICS.commands,
    type: eventType('CodeCommand'),
    source: '/test',
    traceparent: 'trace',
  };
  return { ...common, id, appid, time: new Date(), value: '{}' };
}

let counter = 0;

/** An operation to accept, by default a change of a mini-program of its own. */
export function newOperation(given: Partial<NewOperation> = {}): NewOperation {
  // Like a UUIDv7: sorts by the order of creation.
  counter += 1;
  const id = `01900000-0000-7000-8000-${String(counter).padStart(12, '0')}`;
  const appid = given.appid ?? newAppid();
  return {
    id,
    appid,
    requestId: randomUUID(),
    requestHash: Buffer.from('hash'),
    method: 'Release',
    isChange: true,
    request: '{}',
    createdAt: new Date(),
    traceparent: 'trace',
    command: event(appid, `${id}.command.0`),
    ...given,
  };
}
