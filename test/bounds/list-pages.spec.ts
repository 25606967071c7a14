import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { writeHistory } from '@wxa/bench';
import type { OperationFilter } from '@wxa/store';
import { type ScratchStore, scratchStore } from '../store/scratch-store.js';
import { rowsRead } from './rows-read.js';
import { writeDelayed } from './write-delayed.js';

const ROWS = 100_000;
const DELAYED = 10_000;
/** The number of filters that are measured together. */
const TOGETHER = 6;
const STATES = ['QUEUED', 'RUNNING', 'RETRYING', 'IN_DOUBT', 'SUCCEEDED', 'FAILED', 'CANCELLED'];
/** A mini-program with a tenth of all operations. */
const BUSY = 'wx00000000000000ff';

let scratch: ScratchStore;
beforeAll(async () => {
  scratch = await scratchStore();
  await writeHistory(scratch.sql, ROWS);
  await writeDelayed(scratch.sql, DELAYED);
  await scratch.sql('update operations set appid = $1 where ended_at is not null and appid < $2', [
    BUSY,
    'wx00000000000001f4',
  ]);
  await scratch.sql('vacuum analyze operations');
}, 60_000);
afterAll(() => scratch?.close());

type Filter = Omit<OperationFilter, 'limit'>;

const optional = <K extends keyof Filter>(key: K, values: string[]): Filter[] => [
  {},
  ...values.map((value) => ({ [key]: value })),
];

/** An hour in the middle of the day on which the operations were accepted; most lie outside it. */
const RANGE: Filter = {
  createdFrom: new Date(Date.now() - 12 * 3_600_000),
  createdBefore: new Date(Date.now() - 11 * 3_600_000),
};

/** Every combination; GetTrialQrCode operations are all final, and there is no RevertRelease. */
const FIELDS: Filter[] = optional('appid', [BUSY, 'wx0000000000000fff']).flatMap((appid) =>
  optional('state', STATES).flatMap((state) =>
    optional('method', ['Commit', 'GetTrialQrCode', 'RevertRelease']).map((method) => ({
      ...appid,
      ...state,
      ...method,
    })),
  ),
);
const FILTERS = [{}, RANGE, { oldestFirst: true }].flatMap((range) =>
  FIELDS.map((fields) => ({ ...fields, ...range })),
);

/** The number of rows read for one page of each filter. */
const rowsOf = (filters: Filter[], size: number) =>
  rowsRead(scratch, async (store) => {
    for (const filter of filters) await store.operations.list({ ...filter, limit: size + 1 });
  });

it.each([50, 500])(
  'A page of %i operations reads fewer than 10 rows per operation for every combination of filters',
  async (size) => {
    const excessive: [Filter, number][] = [];
    for (let i = 0; i < FILTERS.length; i += TOGETHER) {
      const some = FILTERS.slice(i, i + TOGETHER);
      // A measurement takes 0.1 s: one by one only if all together read too many.
      for (const filter of (await rowsOf(some, size)) >= 10 * size ? some : []) {
        const rows = await rowsOf([filter], size);
        if (rows >= 10 * size) excessive.push([filter, rows]);
      }
    }
    expect(excessive).toEqual([]);
  },
  120_000,
);

it('The pages of a list contain every operation that matches the filter once, in order', async () => {
  for (const filter of FILTERS) {
    const { appid, state, method, createdFrom, createdBefore, oldestFirst } = filter;
    const fit = await scratch.sql<{ id: string }>(
      `select id from operations where appid = coalesce($1, appid) and state = coalesce($2, state)
        and method = coalesce($3, method)
        and created_at >= coalesce($4::timestamptz, created_at) and created_at < coalesce($5::timestamptz, 'infinity') order by id ${oldestFirst ? 'asc' : 'desc'} limit 1000`,
      [appid, state, method, createdFrom, createdBefore],
    );
    const listed: string[] = [];
    let lastId: string | undefined;
    do {
      const after = lastId === undefined ? {} : { lastId };
      const { operations, examinedTo } = await scratch.gateway.operations.list({
        ...filter,
        ...after,
        limit: 500,
      });
      listed.push(...operations.map(({ id }) => id));
      lastId = operations.length === 500 ? listed.at(-1) : examinedTo;
    } while (lastId !== undefined && listed.length < fit.length);
    expect(listed.slice(0, fit.length)).toEqual(fit.map(({ id }) => id));
  }
}, 60_000);
