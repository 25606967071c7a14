import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { writeHistory } from '@wxa/bench';
import { MAX_EXAMINED, type OperationFilter, Secrets, type Visible } from '@wxa/store';
import { byLength } from '../length.js';
import { type ScratchStore, scratchStore } from '../store/scratch-store.js';
import { rowsRead } from './rows-read.js';

const ROWS = byLength({ short: 100_000, long: 1_000_000 });
const PAGE = 50;
const NOBODY: Visible = { allow: ['wxeeeeeeeeeeeeeeee'], deny: [] };

let scratch: ScratchStore;
beforeAll(async () => {
  scratch = await scratchStore();
  await writeHistory(scratch.sql, ROWS);
}, 600_000);
afterAll(() => scratch?.close());

/** The ids that a filter returns over all pages, and how many pages that takes. */
async function listed(filter: Omit<OperationFilter, 'limit'>): Promise<{ ids: string[]; pages: number }> {
  const ids: string[] = [];
  for (let [pages, lastId] = [1, filter.lastId]; ; pages++) {
    const { operations, examinedTo } = await scratch.gateway.operations.list({
      ...filter,
      ...(lastId && { lastId }),
      limit: PAGE,
    });
    ids.push(...operations.map(({ id }) => id));
    lastId = operations.length === PAGE ? operations.at(-1)?.id : examinedTo;
    if (lastId === undefined) return { ids, pages };
  }
}

/** What a filter must return, without patterns in SQL. */
async function expected({ state, method, visible }: Omit<OperationFilter, 'limit'>): Promise<string[]> {
  const { allow, deny } = visible ?? { allow: 'all', deny: [] };
  const covers = (patterns: readonly string[], appid: string) =>
    patterns.some((pattern) =>
      pattern.endsWith('*') ? appid.startsWith(pattern.slice(0, -1)) : appid === pattern,
    );
  const all = await scratch.sql<{ id: string; appid: string }>(
    `select id, appid from operations where state = coalesce($1, state) and method = coalesce($2, method)
     order by id desc`,
    [state, method],
  );
  return all
    .filter(({ appid }) => (allow === 'all' || covers(allow, appid)) && !covers(deny, appid))
    .map(({ id }) => id);
}

describe('listOperations with visible mini-programs', () => {
  it.each<[string, Visible]>([
    ['a prefix less one appid', { allow: ['wx00000000000001*'], deny: ['wx000000000000011f'] }],
    ['two appids', { allow: ['wx0000000000000fff', 'wx0000000000000100'], deny: [] }],
    ['all less a prefix', { allow: 'all', deny: ['wx0*'] }],
    ['a prefix with a wildcard of SQL', { allow: ['wx0_*', 'wx%*'], deny: [] }],
    ['no appid', { allow: [], deny: [] }],
  ])(
    'The pages of a caller that may see %s contain each operation that it may see once, newest first',
    async (_, visible) => {
      for (const fields of [
        {},
        { state: 'FAILED' },
        { method: 'Commit' },
        { state: 'SUCCEEDED', method: 'Release' },
      ]) {
        const filter = { ...fields, visible };
        const ids = await expected(filter);
        const found = await listed(filter);
        expect(found.ids).toEqual(ids);
        // Each page is full or has examined MAX_EXAMINED rows, or those of one state if it merges all states.
        expect(found.pages).toBeLessThanOrEqual(ids.length / PAGE + (7 * ROWS) / MAX_EXAMINED + 1);
      }
    },
    byLength({ short: 60_000, long: 600_000 }),
  );

  it.each<Omit<OperationFilter, 'limit'>>([{}, { method: 'Commit' }, { state: 'SUCCEEDED' }])(
    'An empty page over foreign operations (%j) examines 20,000 of them',
    async (fields) => {
      const filter = { ...fields, visible: NOBODY, limit: PAGE + 1 };
      const { operations, examinedTo, examined } = await scratch.gateway.operations.list(filter);
      expect([operations, examined]).toEqual([[], MAX_EXAMINED]);
      expect(examinedTo).toBeDefined();
      // Postgres also counts index entries of rows that it does not return.
      expect(await rowsRead(scratch, (store) => store.operations.list(filter))).toBeLessThan(
        1.01 * MAX_EXAMINED,
      );
    },
  );

  it('A page of a caller that may see most operations reads fewer than 10 rows per operation', async () => {
    const visible: Visible = { allow: ['wx*'], deny: ['wx0000000000000fff'] };
    const read = (store: ScratchStore['gateway']) => store.operations.list({ visible, limit: PAGE + 1 });
    expect((await read(scratch.gateway)).operations).toHaveLength(PAGE + 1);
    expect(await rowsRead(scratch, read)).toBeLessThan(10 * PAGE);
  });
});

describe('listUnfinished with visible mini-programs', () => {
  it('The pages of a snapshot contain each unfinished operation that the caller may see once, oldest first', async () => {
    const unfinished = await scratch.sql<{ id: string; appid: string }>(
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
      const page = await scratch.gateway.operations.listUnfinished({
        visible,
        limit: 10,
        ...(afterId && { afterId }),
      });
      ids.push(...page.operations.map(({ id }) => id));
      afterId = page.examinedTo;
    } while (afterId !== undefined);
    expect(ids).toEqual(wanted.map(({ id }) => id));
  });
});

describe('listAuthorizers with labels', () => {
  it('A page of 20 labelled mini-programs among 50,000 others reads fewer than 100 rows', async () => {
    await scratch.sql(
      `insert into authorizers (appid, state, labels) select 'wxe' || lpad(to_hex(n), 15, '0'), 'UNAUTHORIZED',
         case when n % 2500 = 0 then array['餐饮', 'rare'] else array['餐饮'] end from generate_series(1, 50000) n`,
    );
    await scratch.sql('vacuum analyze authorizers');
    const list = (store: ScratchStore['gateway']) =>
      store.tokens(new Secrets(Buffer.alloc(32))).listAuthorizers({ limit: PAGE, labels: ['rare', '餐饮'] });
    expect(await list(scratch.gateway)).toHaveLength(20);
    expect(await rowsRead(scratch, list, { table: 'authorizers' })).toBeLessThan(100);
    await scratch.sql('delete from authorizers');
  });
});

describe('listAuthorizers with visible mini-programs', () => {
  it('A page of authorizers contains those that the caller may see, in the order of appids', async () => {
    const appids = [1, 2, 3, 4].map((n) => `wx000000000000000${n}`);
    await scratch.sql(`insert into authorizers (appid, state) select unnest($1::text[]), 'UNAUTHORIZED'`, [
      appids,
    ]);
    const tokens = scratch.gateway.tokens(new Secrets(Buffer.alloc(32)));
    const visible: Visible = { allow: ['wx0*'], deny: ['wx0000000000000002'] };
    const page = await tokens.listAuthorizers({ limit: 2, visible });
    const rest = await tokens.listAuthorizers({ limit: 2, visible, afterAppid: page.at(-1)?.appid ?? '' });
    expect([page, rest].map((authorizers) => authorizers.map(({ appid }) => appid))).toEqual([
      [appids[0], appids[2]],
      [appids[3]],
    ]);
  });
});
