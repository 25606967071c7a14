import { afterAll, beforeAll, expect, it } from '@jest/globals';
import type { Store } from '@wxa/store';
import pg from 'pg';
import { claimed, settlement } from '../store/operation-steps.js';
import { newOperation, storesOf } from '../store/scratch-store.js';
import { PlanLog } from './logged-plans.js';

const DELETED = 200_000;
const UPDATES = 10_000;

let postgres: PlanLog;
let gateway: Store;
let worker: Store;
let snapshot: pg.Client;
beforeAll(async () => {
  postgres = await PlanLog.start();
  ({ gateway, worker } = await storesOf(postgres.url));
  snapshot = new pg.Client({ connectionString: postgres.url });
  await snapshot.connect();
});
afterAll(async () => {
  await snapshot?.end();
  await Promise.all([gateway?.close(), worker?.close()]);
  await postgres?.stop();
});

/** The number of pages that each statement reads. */
async function pages(): Promise<Record<string, number>> {
  const operation = newOperation();
  const works: Record<string, [RegExp, () => Promise<unknown>]> = {
    accept: [/insert into operations/, () => gateway.operations.accept(operation)],
    settle: [
      /delete from operation_attachments/,
      async () => {
        const { id, requestId: key } = operation;
        const claim = await worker.operations.claim({ id, leaseMs: 60_000, key });
        await worker.operations.settle(settlement(claimed(claim), 'SUCCEEDED'));
      },
    ],
    'read the outbox': [/delete from outbox/, () => gateway.outbox.advance([], 500)],
    'take places': [/update api_/, () => worker.limits.takeReservations('wxa/release', 10, 100)],
  };
  // The first call after a pause also looks the row up by its name.
  await worker.limits.takeReservations('wxa/release', 10, 100);
  const counts: Record<string, number> = {};
  for (const [name, [text, work]] of Object.entries(works)) {
    const plans = await postgres.plansOf(work);
    counts[name] = plans.find((plan) => text.test(plan.text))?.pages ?? Number.NaN;
  }
  return counts;
}

async function writeEvents(writer: string): Promise<void> {
  await postgres.pool.query(
    `insert into outbox (writer, topic, event_id, type, source, appid, time, traceparent, value)
     select $1, 'topic', n::text, 'CodeCommand', '/test', 'wx', now(), '', '{}' from generate_series(1, $2::int) n`,
    [writer, DELETED],
  );
}

it(`accept, settle, the relay and the rate limit read at most twice as many pages behind a snapshot older than ${DELETED} deleted events`, async () => {
  // Each read of an index then passes as many of its levels before as after.
  await writeEvents('nobody');
  // The first run of each statement also reads the catalogs.
  await pages();
  const before = await pages();
  await snapshot.query('begin isolation level repeatable read');
  await snapshot.query('select from outbox limit 1');
  for (const writer of ['gateway', 'gateway-commands', 'release-worker']) await writeEvents(writer);
  await postgres.pool.query(`delete from outbox where writer <> 'nobody'`);
  await postgres.pool.query(
    `do $$ begin for i in 1..${UPDATES} loop update api_places set period = 1; end loop; end $$`,
  );
  for (const store of [gateway, worker]) {
    await store.outbox.raiseFloor();
    await store.outbox.raiseFloor();
  }
  // Again, because so many rows make Postgres forget what it knows of their table.
  await pages();
  const after = await pages();
  for (const [name, count] of Object.entries(before)) expect(after[name]).toBeLessThanOrEqual(2 * count);
});
