import { randomUUID } from 'node:crypto';
import { beforeAll, expect, it } from '@jest/globals';
import { writeHistory } from '@wxa/bench';
import type { NewOperation } from '@wxa/operations';
import { RETAINED, type Store } from '@wxa/store';
import { v7 as uuidv7 } from 'uuid';
import { HOUR_MS, push } from '../store/audit-steps.js';
import { settlement } from '../store/operation-steps.js';
import { NIL_UUID, newOperation, scratchStore } from '../store/scratch-store.js';
import { scratch, sql, useStore, value } from '../store/use-store.js';
import { rowsRead } from './rows-read.js';
import { writeDelayed } from './write-delayed.js';
import { writeWaiting } from './write-waiting.js';

const ROWS = 100_000;
/** The number of operations that wait for a change in doubt (one in a hundred), and of those that wait for a quota. */
const DELAYED = 10_000;
const FEW = 2_000;
const KEPT = { queriesMs: 48 * HOUR_MS, changesMs: 48 * HOUR_MS, trailMs: 1e10, rolloutsMs: 1e10 };

useStore();
beforeAll(async () => {
  await writeHistory(scratch.sql, ROWS);
  await writeDelayed(scratch.sql, DELAYED);
  await sql(QUERIES, appid(7), 2 * FEW);
}, 600_000);

/** Queries of one mini-program that finished since its last Commit. */
const QUERIES = `
insert into operations (id, appid, request_id, request_hash, method, is_change, request, state, created_at, ended_at,
  traceparent)
select gen_random_uuid(), $1, n::text, '', 'ListPages', false, '{}', 'SUCCEEDED', now(), now(), ''
from generate_series(1, $2::int) n`;

const appid = (n: number) => `wx${n.toString(16).padStart(16, '0')}`;
const newBatch = () => Array.from({ length: 200 }, (_, n) => newOperation({ id: uuidv7(), appid: appid(n) }));

function all<T, R>(items: T[], work: (item: T) => Promise<R>): Promise<R[]> {
  return Promise.all(items.map(work));
}

const CLAIM_KEY = randomUUID();

const succeeded = ({ id, appid }: NewOperation) =>
  settlement({ id, appid, fence: 1, claimKey: CLAIM_KEY }, 'SUCCEEDED');

const METHODS = ['Commit', 'Release', 'ListPages'].map((of) => ({ of, count: 500 }));

type Statement = [string, (store: Store) => Promise<unknown>];

/** The statements of one batch, in this order. */
const ofBatch = (batch: NewOperation[]): Statement[] => [
  ['Accepting a batch', (store) => all(batch, (operation) => store.operations.accept(operation))],
  [
    'Claiming a batch',
    (store) => all(batch, ({ id }) => store.operations.claim({ id, leaseMs: HOUR_MS, key: CLAIM_KEY })),
  ],
  ['Settling a batch', (store) => all(batch, (operation) => store.operations.settle(succeeded(operation)))],
  [
    'Accepting a repeated batch',
    (store) => all(batch, (operation) => store.operations.accept({ ...operation, id: uuidv7() })),
  ],
  [
    'Recording a batch of callbacks',
    (store) => all(batch, ({ appid }) => push(store, appid, 'APPROVED', Date.now())),
  ],
  ['Finding a batch', (store) => store.operations.findAll(batch.map(({ id }) => id))],
];

const BATCH = newBatch();
const submitted = BATCH[7]?.id ?? '';

const STATEMENTS: Statement[] = [
  ...ofBatch(BATCH),
  ['Promoting due operations', (store) => store.backlog.promoteDue([0], 500)],
  ['Loading the backlog by method', (store) => store.backlog.load('method', METHODS, [0])],
  ['Listing lanes with a backlog', (store) => store.backlog.lanesWithBacklog([0])],
  ['Releasing operations whose blocker ended', (store) => store.backlog.releaseMissed(NIL_UUID, 250)],
  ['Taking operations in doubt', (store) => store.doubts.take(20, HOUR_MS)],
  ['Deleting old rows', (store) => all([...RETAINED], (what) => store.deleteOld(what, KEPT))],
  [
    'Reading the version committed before',
    (store) => store.audits.versionCommittedBefore(appid(7), submitted),
  ],
  ['Listing a page of unfinished operations', (store) => store.operations.listUnfinished({ limit: 500 })],
  [
    'Listing a page of unfinished operations of others',
    (store) => store.operations.listUnfinished({ limit: 500, visible: { allow: ['wxe*'], deny: [] } }),
  ],
  ['Listing recent changes', (store) => store.operations.listChanged({ since: new Date(), limit: 500 })],
];

it.each(STATEMENTS)(
  `%s reads fewer than ${FEW} rows among ${ROWS} operations and ${2 * DELAYED} delayed ones`,
  async (_, work) => {
    expect(await rowsRead(scratch, work)).toBeLessThan(FEW);
  },
);

it('Twenty concurrent reads of the state of the platform read each unfinished operation twice, each delayed one four times, and no other', async () => {
  const unfinished = await value<number>('select count(*)::int from operations where ended_at is null');
  // The first call starts at once, the others share the next read.
  const most = 2 * ((unfinished ?? 0) + 2 * DELAYED + FEW);
  expect(most).toBeLessThan(2 * ROWS);
  const twenty = Array.from({ length: 20 }, () => ['wxa/release', 'wxa/commit']);
  const read = (store: Store) => all(twenty, (apis) => store.platformState(apis));
  expect(await rowsRead(scratch, read)).toBeLessThan(most);
});

it(`Accepting, claiming and settling a batch and looking for doubts read fewer than ${3 * FEW} rows with plans and statistics of an empty table`, async () => {
  const young = await scratchStore();
  const run = async (store: Store) => {
    for (const [, work] of ofBatch(newBatch()).slice(0, 3)) await work(store);
    await store.doubts.take(20, HOUR_MS);
  };
  const beginYoung = async (store: Store) => {
    await run(store);
    await writeHistory(young.sql, ROWS, false);
  };
  try {
    expect(await rowsRead(young, run, { prepare: beginYoung })).toBeLessThan(3 * FEW);
  } finally {
    await young.close();
  }
}, 600_000);

it.each(['method', 'lane'] as const)(
  `Loading the backlog by %s reads fewer than ${FEW} rows if 20,000 operations wait in it`,
  async (backlog) => {
    const full = await scratchStore();
    const room =
      backlog === 'method' ? METHODS : Array.from({ length: 20 }, (_, n) => ({ of: appid(n), count: 10 }));
    try {
      await writeWaiting(full.sql, { operations: 20_000, miniPrograms: 20, extJsonBytes: 10 });
      await full.sql('update operations set parked = true, backlog = $1, partition = 0', [backlog]);
      await full.sql('vacuum analyze operations');
      expect(await rowsRead(full, (store) => store.backlog.load(backlog, room, [0]))).toBeLessThan(FEW);
    } finally {
      await full.close();
    }
  },
  600_000,
);
