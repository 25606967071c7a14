import { beforeAll, describe, expect, it } from '@jest/globals';
import { writeHistory } from '@wxa/bench';
import type { OperationFilter } from '@wxa/operations';
import { MAX_EXAMINED, type Visible } from '@wxa/postgres/lists';
import { byLength } from '../length.js';
import { column, gateway, scratch, secrets, sql, useStore } from '../store/use-store.js';
import { rowsRead } from './rows-read.js';
import { writeDelayed } from './write-delayed.js';

const ROWS = byLength({ short: 100_000, long: 1_000_000 });
const DELAYED = 10_000;
const PAGE = 50;
/** The number of filters that are measured together. */
const TOGETHER = 6;
const NOBODY: Visible = { allow: ['wxeeeeeeeeeeeeeeee'], deny: [] };
const STATES = ['QUEUED', 'RUNNING', 'RETRYING', 'IN_DOUBT', 'SUCCEEDED', 'FAILED', 'CANCELLED'];
/** A mini-program with a tenth of all operations. */
const BUSY = 'wx00000000000000ff';

useStore();
beforeAll(async () => {
  await writeHistory(scratch.sql, ROWS);
  await writeDelayed(scratch.sql, DELAYED);
  const busy = 'update operations set appid = $1 where ended_at is not null and appid < $2';
  await sql(busy, BUSY, 'wx00000000000001f4');
  await sql('vacuum analyze operations');
}, 600_000);

type Filter = Omit<OperationFilter, 'limit'>;

/** The ids that a filter returns over all pages, or over those that have `most`, and how many pages that takes. */
async function listed(filter: Filter, limit = PAGE, most = Number.POSITIVE_INFINITY) {
  const ids: string[] = [];
  for (let [pages, lastId] = [1, filter.lastId]; ; pages++) {
    const page = { ...filter, ...(lastId && { lastId }), limit };
    const { operations, examinedTo } = await gateway.operations.list(page);
    ids.push(...operations.map(({ id }) => id));
    lastId = operations.length === limit ? operations.at(-1)?.id : examinedTo;
    if (lastId === undefined || ids.length >= most) return { ids, pages };
  }
}

/** What a filter must return, without patterns in SQL. */
async function expected({ state, method, visible }: Filter): Promise<string[]> {
  const { allow, deny } = visible ?? { allow: 'all', deny: [] };
  const covers = (patterns: readonly string[], appid: string) =>
    patterns.some((pattern) =>
      pattern.endsWith('*') ? appid.startsWith(pattern.slice(0, -1)) : appid === pattern,
    );
  const all = await sql<{ id: string; appid: string }>(
    `select id, appid from operations where state = coalesce($1, state) and method = coalesce($2, method)
     order by id desc`,
    ...[state, method],
  );
  return all
    .filter(({ appid }) => (allow === 'all' || covers(allow, appid)) && !covers(deny, appid))
    .map(({ id }) => id);
}

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
    optional('method', ['Commit', 'GetTrialQrCode', 'RevertRelease']).map((method) => {
      return { ...appid, ...state, ...method };
    }),
  ),
);
const CHANGES: Filter[] = FIELDS.filter(({ method }) => method === undefined).map((fields) => ({
  ...fields,
  changesOnly: true,
}));
const FILTERS = [{}, RANGE, { oldestFirst: true }].flatMap((range) =>
  [...FIELDS, ...CHANGES].map((fields) => ({ ...fields, ...range })),
);

/** The number of rows read for one page of each filter. */
const rowsOf = (filters: Filter[], size = PAGE) =>
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
  600_000,
);

it('The pages of a list contain every operation that matches the filter once, in order', async () => {
  for (const filter of FILTERS) {
    const { appid, state, method, createdFrom, createdBefore, oldestFirst, changesOnly = false } = filter;
    const fit = await column(
      `select id from operations where appid = coalesce($1, appid) and state = coalesce($2, state)
        and method = coalesce($3, method) and (is_change or not $6)
        and created_at >= coalesce($4::timestamptz, created_at) and created_at < coalesce($5::timestamptz, 'infinity') order by id ${oldestFirst ? 'asc' : 'desc'} limit 1000`,
      ...[appid, state, method, createdFrom, createdBefore, changesOnly],
    );
    const { ids } = await listed(filter, 500, fit.length);
    expect(ids.slice(0, fit.length)).toEqual(fit);
  }
}, 600_000);

it('The changes of a mini-program are read without its 20,000 queries, those that wait included', async () => {
  const appid = 'wxab00000000000001';
  const insert = (isChange: boolean, count: number, from: number) =>
    sql(
      `insert into operations (id, appid, request_id, request_hash, method, is_change, request, state, created_at, ended_at,
         updated_at, traceparent)
       select ('ffff0000-0000-7000-8000-' || lpad(to_hex($3 + n), 12, '0'))::uuid, $1, ($3 + n)::text, '',
         case when $2 then 'Commit' else 'GetVersionInfo' end, $2, '{}', case when n > 3 then 'SUCCEEDED' else 'QUEUED' end, now(),
         case when n > 3 then now() end, now(), '' from generate_series(1, $4::int) n`,
      ...[appid, isChange, from, count],
    );
  await insert(true, 20, 0);
  await insert(false, 20_000, 1_000);
  await sql('vacuum analyze operations');
  const filter = { appid, changesOnly: true };
  const { operations } = await gateway.operations.list({ ...filter, limit: PAGE });
  expect(operations.map(({ requestId }) => Number(requestId))).toEqual(
    Array.from({ length: 20 }, (_, i) => 20 - i),
  );
  expect(await rowsOf([filter])).toBeLessThan(100);
  await sql('delete from operations where appid = $1', appid);
});

describe('listOperations with visible mini-programs', () => {
  it.each<[string, Visible]>([
    ['a prefix less one appid', { allow: ['wx00000000000002*'], deny: ['wx000000000000021f'] }],
    ['two appids', { allow: ['wx0000000000000fff', 'wx0000000000000200'], deny: [] }],
    ['all less a prefix', { allow: 'all', deny: ['wx0*'] }],
    ['a prefix with a wildcard of SQL', { allow: ['wx0_*', 'wx%*'], deny: [] }],
    ['no appid', { allow: [], deny: [] }],
  ])(
    'The pages of a caller that may see %s contain each operation that it may see once, newest first',
    async (_, visible) => {
      const both = { state: 'SUCCEEDED', method: 'Release' };
      for (const fields of [{}, { state: 'FAILED' }, { method: 'Commit' }, both]) {
        const filter = { ...fields, visible };
        const ids = await expected(filter);
        const found = await listed(filter);
        expect(found.ids).toEqual(ids);
        // Each page is full or has examined MAX_EXAMINED rows, or those of one state if it merges all states.
        expect(found.pages).toBeLessThanOrEqual(ids.length / PAGE + (7 * ROWS) / MAX_EXAMINED + 1);
      }
    },
    600_000,
  );

  it.each<[number, Filter]>([
    [MAX_EXAMINED, { visible: NOBODY }],
    [MAX_EXAMINED, { visible: NOBODY, method: 'Commit' }],
    [MAX_EXAMINED, { visible: NOBODY, state: 'SUCCEEDED' }],
    [MAX_EXAMINED, { onBehalfOf: 'nobody' }],
    [MAX_EXAMINED, { rolloutId: '00000000-0000-0000-0000-000000000000', changesOnly: true }],
    [4_000, { userVersion: 'none' }],
    [4_000, { userVersion: 'none', appid: BUSY }],
  ])('An empty page examines at most %i operations for %j', async (most, filter) => {
    const { operations, ...page } = await gateway.operations.list({ ...filter, limit: PAGE + 1 });
    expect(operations).toEqual([]);
    expect(page).toMatchObject({ examined: most, examinedTo: expect.anything() });
    // Postgres also counts index entries of rows that it does not return.
    expect(await rowsOf([filter])).toBeLessThan(1.01 * most);
  });

  it('A page of a caller that may see most operations reads fewer than 10 rows per operation', async () => {
    const visible: Visible = { allow: ['wx*'], deny: ['wx0000000000000fff'] };
    const { operations } = await gateway.operations.list({ visible, limit: PAGE + 1 });
    expect(operations).toHaveLength(PAGE + 1);
    expect(await rowsOf([{ visible }])).toBeLessThan(10 * PAGE);
  });
});

it('The pages of a snapshot contain each unfinished operation that the caller may see once, oldest first', async () => {
  const unfinished = await sql<{ id: string; appid: string }>(
    'select id, appid from operations where ended_at is null order by id',
  );
  const denied = unfinished.at(unfinished.length / 2)?.appid ?? '';
  const prefix = denied.slice(0, -1);
  const wanted = unfinished.filter(({ appid }) => appid.startsWith(prefix) && appid !== denied);
  expect(wanted.length).toBeGreaterThan(2);
  expect(wanted.length).toBeLessThan(unfinished.length / 4);
  const visible: Visible = { allow: [`${prefix}*`], deny: [denied] };
  const ids: string[] = [];
  let afterId: string | undefined;
  do {
    const filter = { visible, limit: 10, ...(afterId && { afterId }) };
    const page = await gateway.operations.listUnfinished(filter);
    ids.push(...page.operations.map(({ id }) => id));
    afterId = page.examinedTo;
  } while (afterId !== undefined);
  expect(ids).toEqual(wanted.map(({ id }) => id));
});

it('A page of 20 labelled mini-programs among 50,000 others reads fewer than 100 rows', async () => {
  await sql(
    `insert into authorizers (appid, state, labels) select 'wxe' || lpad(to_hex(n), 15, '0'), 'UNAUTHORIZED',
         case when n % 2500 = 0 then array['餐饮', 'rare'] else array['餐饮'] end from generate_series(1, 50000) n`,
  );
  await sql('vacuum analyze authorizers');
  const list = (store: typeof gateway) =>
    store.tokens(secrets).listAuthorizers({ limit: PAGE, labels: ['rare', '餐饮'] });
  expect(await list(gateway)).toHaveLength(20);
  expect(await rowsRead(scratch, list, { table: 'authorizers' })).toBeLessThan(100);
  await sql('delete from authorizers');
});
