import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createDataSource } from '@wxa/postgres/data-source';
import type { Store } from '@wxa/store';
import { attemptWithin } from '../attempt-within.js';
import { eventually } from '../eventually.js';
import { byLength } from '../length.js';
import { TcpProxy } from '../tcp-proxy.js';
import { push } from './audit-steps.js';
import { accept, cancel, settlement } from './operation-steps.js';
import { newOperation, observing, openStore } from './scratch-store.js';
import { newAppid, scratch, sql, useStore } from './use-store.js';

useStore();

/** The shortest limit of a statement here. */
const LIMIT_MS = 1_500;

describe('a connection that hangs', () => {
  let proxy: TcpProxy;
  let store: Store;
  beforeAll(async () => {
    const url = new URL(scratch.url);
    proxy = new TcpProxy(Number(url.port), url.hostname);
    url.host = `127.0.0.1:${await proxy.listen()}`;
    store = await openStore({ url: url.href, poolSize: 5 });
  });
  afterAll(async () => {
    // First: its other statements would wait for their limit.
    proxy?.close();
    await store?.close();
  });

  async function expectGivenUp(statements: (() => Promise<unknown>)[]): Promise<void> {
    const outcomes = async () =>
      (await Promise.allSettled(statements.map((statement) => statement()))).map(({ status }) => status);
    const all = (status: string) => statements.map(() => status);
    const succeed = async () => expect(await outcomes()).toEqual(all('fulfilled'));
    await eventually(succeed);
    proxy.hang();
    const { givenUp } = proxy;
    const startedAt = performance.now();
    expect(await outcomes()).toEqual(all('rejected'));
    // Any other statement is given up after 35 s.
    expect(performance.now() - startedAt).toBeLessThan(
      byLength({ short: Number.POSITIVE_INFINITY, long: 15_000 }),
    );
    // The pool itself closes idle connections, after 10 s.
    await eventually(() => proxy.givenUp >= givenUp + statements.length, 5_000);
    await attemptWithin(LIMIT_MS, succeed);
  }

  it('What is read every one or two seconds is given up within seconds if its connection hangs, and then read on another', async () => {
    const { limits, instances, callers } = store;
    await expectGivenUp([
      () => limits.clock(),
      () => limits.read(0),
      () => limits.stop('wxa/release', 85085, 'of a test'),
      () => instances.workers(),
      () => callers.usage(),
    ]);
  });

  it('Accepts, callbacks, claims and settlements are given up within 6 s if their connections hang, and then made on others', async () => {
    const { operations } = store;
    const appid = newAppid();
    const id = randomUUID();
    const claim = { id, leaseMs: 60_000, key: randomUUID() };
    const lost = settlement({ id, appid, fence: 1, claimKey: claim.key }, 'SUCCEEDED');
    await expectGivenUp([
      () => operations.accept(newOperation()),
      () => operations.claim(claim),
      () => operations.settleAndClaim({ settlement: lost, claim }),
      () => operations.settle({ ...lost, auditEffect: { kind: 'not-opened' } }),
      () => push(store, appid, 'APPROVED', Date.now()),
    ]);
  });
});

describe('a statement', () => {
  it('A connection that ends during a transaction fails that transaction only', async () => {
    const id = await accept();
    await sql(`create function wait_long() returns trigger language plpgsql
      as $$ begin perform pg_sleep(20); return new; end $$`);
    await sql('create trigger slow before insert on outbox for each row execute function wait_long()');
    const end = `select pg_terminate_backend(pid, 5000) from pg_stat_activity
      where datname = current_database() and wait_event = 'PgSleep'`;
    const failed = expect(cancel(id)).rejects.toThrow('terminating connection');
    await eventually(async () => (await sql(end)).length > 0);
    await failed;
    await sql('drop trigger slow on outbox');
    expect(await cancel(id)).toMatchObject({ kind: 'cancelled' });
  });

  it('A statement is cancelled after 30 s, and a transaction that stands still after 5 s, except in a migration', async () => {
    const limits = async (timeLimits?: boolean) => {
      const source = createDataSource({ url: scratch.url, ...(timeLimits !== undefined && { timeLimits }) });
      await source.initialize();
      const rows = await source.query(`select current_setting('statement_timeout') as statement,
        current_setting('idle_in_transaction_session_timeout') as idle`);
      await source.destroy();
      return rows;
    };
    expect(await limits()).toEqual([{ statement: '30s', idle: '5s' }]);
    expect(await limits(false)).toEqual([{ statement: '0', idle: '0' }]);
  });

  it('While nothing is written and no doubt is due, the outbox floor and a look for doubts are one statement each', async () => {
    await sql('delete from outbox');
    const names: (string | undefined)[] = [];
    const observer = observing((name) => names.push(name));
    const store = await openStore({ url: scratch.url, observer });
    // It does not look for transactions that insert events.
    await eventually(async () => expect(names.slice(-2)).toEqual(['outbox-floor', 'outbox-floor']));
    const before = names.length;
    expect(await store.doubts.take(20, 60_000)).toEqual([]);
    const others = names.slice(before).filter((name) => !name?.startsWith('outbox-'));
    expect(others).toEqual(['find-due-doubts']);
    await store.close();
  });

  it('The error of one that failed has its name, for the log', async () => {
    const seen: unknown[] = [];
    const observer = observing((name, failure) => failure !== undefined && seen.push([name, failure]));
    const store = await openStore({ url: scratch.url, poolSize: 1, observer });
    await sql('alter table leases rename to moved');
    const held = store.leases.hold('a', 'b', 1_000);
    await expect(held).rejects.toMatchObject({ statement: 'hold-lease', code: '42P01' });
    expect(seen).toEqual([['hold-lease', 'rejected']]);
    await store.close();
  });
});
