import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { writeHistory } from '@wxa/bench';
import {
  type NewOperation,
  RETAINED,
  type ReceivedPush,
  type SettlementWithAudits,
  type Store,
} from '@wxa/store';
import { v7 as uuidv7 } from 'uuid';
import { event, newOperation, type ScratchStore, scratchStore } from '../store/scratch-store.js';
import { rowsRead } from './rows-read.js';
import { writeParked } from './write-parked.js';
import { writeWaiting } from './write-waiting.js';

const ROWS = 100_000;
/** So many wait for a change in doubt, one in a hundred, and as many for a quota. */
const PARKED = 10_000;
const FEW = 2_000;
const HOUR_MS = 3_600_000;
const KEPT = { queriesMs: 48 * HOUR_MS, changesMs: 48 * HOUR_MS };

let scratch: ScratchStore;
beforeAll(async () => {
  scratch = await scratchStore();
  await writeHistory(scratch.sql, ROWS);
  await writeParked(scratch.sql, PARKED);
  await scratch.sql(QUERIES, [appid(7), 2 * FEW]);
}, 60_000);
afterAll(() => scratch?.close());

/** Of one mini-program, finished since its last Commit. */
const QUERIES = `
insert into operations (id, appid, request_id, request_hash, method, is_change, request, state, created_at, ended_at,
  traceparent)
select gen_random_uuid(), $1, n::text, '', 'ListPages', false, '{}', 'SUCCEEDED', now(), now(), ''
from generate_series(1, $2::int) n`;

const appid = (n: number) => `wx${n.toString(16).padStart(16, '0')}`;
/** One batch. */
const newBatch = () => Array.from({ length: 200 }, (_, n) => newOperation({ id: uuidv7(), appid: appid(n) }));

function all<T, R>(items: T[], work: (item: T) => Promise<R>): Promise<R[]> {
  return Promise.all(items.map(work));
}

function succeeded(operation: { id: string; appid: string }): SettlementWithAudits {
  const kept = {
    retryInMs: null,
    parked: false,
    error: null,
    result: null,
    askInMs: null,
    auditEffect: null,
  };
  const { id } = operation;
  const outcome = event(operation.appid, `${id}.outcome`);
  return {
    ...kept,
    ...operation,
    fence: 1,
    state: 'SUCCEEDED',
    attempts: 1,
    endedAt: new Date(),
    mayHaveActed: false,
    negativeReads: 0,
    event: outcome,
  };
}

function pushed({ id, appid }: { id: string; appid: string }): ReceivedPush {
  const said: Omit<ReceivedPush['verdict'], 'state'> = {
    source: 'CALLBACK',
    decidedAt: new Date(),
    reason: '',
    screenshots: [],
    originalId: '',
  };
  return { key: id, signature: id, appid, verdict: { ...said, state: 'APPROVED' } };
}

const METHODS = ['Commit', 'Release', 'ListPages'].map((of) => ({ of, count: 500 }));
const NO_ID = '00000000-0000-0000-0000-000000000000';

type Statement = [string, (store: Store) => Promise<unknown>];

/** What happens to one batch, in this order. */
const ofBatch = (batch: NewOperation[]): Statement[] => [
  ['accept', (store) => all(batch, (operation) => store.accept(operation))],
  ['claim', (store) => all(batch, ({ id }) => store.claim({ id, leaseMs: HOUR_MS, key: randomUUID() }))],
  ['settle', (store) => all(batch, ({ id, appid }) => store.settle(succeeded({ id, appid })))],
  ['a repeat', (store) => all(batch, (operation) => store.accept({ ...operation, id: uuidv7() }))],
  ['recording pushes', (store) => all(batch, (operation) => store.recordPush(pushed(operation)))],
  ['finding a batch', (store) => store.findOperations(batch.map(({ id }) => id))],
];

const BATCH = newBatch();
const submitted = BATCH[7]?.id ?? '';

const STATEMENTS: Statement[] = [
  ...ofBatch(BATCH),
  ['promoting what is due', (store) => store.backlog.promoteDue([0], 500)],
  ['loading by method', (store) => store.backlog.load('method', METHODS, [0])],
  ['looking for lanes', (store) => store.backlog.lanesWithBacklog([0])],
  ['looking for missed blockers', (store) => store.backlog.releaseMissed(NO_ID, 250)],
  ['taking doubts', (store) => store.takeDoubts(20, HOUR_MS)],
  ['looking for old ones', (store) => all([...RETAINED], (what) => store.deleteOld(what, KEPT))],
  ['the version committed before', (store) => store.versionCommittedBefore(appid(7), submitted)],
  ['a page of unfinished', (store) => store.listUnfinished({ limit: 500 })],
  ['what changed lately', (store) => store.listUnfinished({ since: new Date(), limit: 500 })],
];

describe(`among ${ROWS} operations and ${2 * PARKED} that are parked`, () => {
  it.each(STATEMENTS)('%s reads few', async (_, work) => {
    expect(await rowsRead(scratch, work)).toBeLessThan(FEW);
  });
});

it('a batch reads few, claimed and settled by plans that were made while the table was empty', async () => {
  const young = await scratchStore();
  const run = async (store: Store) => {
    for (const [, work] of ofBatch(newBatch()).slice(0, 3)) await work(store);
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
}, 60_000);

it.each(['method', 'lane'] as const)(
  'loading by %s reads few where nearly all operations wait for that',
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
  60_000,
);
