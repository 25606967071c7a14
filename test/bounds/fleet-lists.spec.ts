import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { MiniProgramFilter } from '@wxa/fleet';
import type { Store } from '@wxa/store';
import { byLength } from '../length.js';
import { unasked } from '../store/fleet-steps.js';
import { openStore } from '../store/scratch-store.js';
import { PlanLog } from './logged-plans.js';
import { writeInventory } from './write-inventory.js';

const MINI_PROGRAMS = 100_000;
const SEARCHED_WITHIN_MS = byLength({ short: Number.POSITIVE_INFINITY, long: 300 });

let log: PlanLog;
let store: Store;
beforeAll(async () => {
  log = await PlanLog.start();
  await writeInventory(async (text) => (await log.pool.query(text)).rows, MINI_PROGRAMS);
  store = await openStore({ url: log.url });
});
afterAll(async () => {
  await store?.close();
  await log?.stop();
});

/** The pages that the statements of some work read, found in memory or not. */
const pagesOf = async (work: () => Promise<unknown>) =>
  (await log.plansOf(work)).reduce((sum, { pages }) => sum + pages, 0);

it.each<[string, Omit<MiniProgramFilter, 'limit'>]>([
  ['without a filter', {}],
  ['that have withdrawn their authorization', { state: 'UNAUTHORIZED' }],
  ['of a template', { liveTemplate: 3n }],
  ['of a version', { liveVersion: '1.3' }],
  ['without a live version', { notLive: true }],
  ['that wait for their owners', { notReady: 'FILING', acts: 'OWNER' }],
  ['that have drifted', { drifted: true }],
  ['with a label', { labels: ['pilot'] }],
  ['that a caller may see', { visible: { allow: ['wx000000000001*'], deny: [] } }],
])(
  'A page of the mini-programs %s reads no more than its rows and a few hundred others.',
  async (_, filter) => {
    let rows: unknown[] = [];
    const pages = await pagesOf(async () => {
      rows = await store.fleet.list({ ...filter, limit: 51 });
    });
    expect(rows).toHaveLength(51);
    // A scan of the two tables and a sort would read more than 4,000.
    expect(pages).toBeLessThan(2_000);
  },
);

it('A summary reads indexes and the rows without a live version, not every row for each of its counts.', async () => {
  expect(await pagesOf(() => store.fleet.count({}))).toBeLessThan(8_000);
});

it('A turn of the sweep reads only what is due.', async () => {
  await log.pool.query(
    `update mini_programs set due_at = now() where appid in (select appid from mini_programs limit 10)`,
  );
  const pages = await pagesOf(async () => {
    expect(await store.fleet.takeDue(10, unasked)).toHaveLength(10);
    expect(await store.fleet.lookForWork()).toMatchObject({
      isStale: false,
      isDue: false,
      areVersionsDue: false,
    });
    expect(await store.fleet.takeVersionsDue(10, unasked)).toEqual([]);
    expect(await store.fleet.computedBefore(100)).toEqual([]);
  });
  expect(pages).toBeLessThan(600);
});

describe('search', () => {
  beforeAll(() =>
    log.pool.query(`update authorizers set nick_name = '张记 Noodle 面馆' where appid like '%12fd1'`),
  );

  it.each<[string, string, number]>([
    ['a part of a name, whatever the case', 'NOODLE 面', 1],
    ['a Chinese part of a name', '记 noodle', 1],
    ['the end of an appid', '12fd1', 1],
    ['a part of a label', 'ilo', 51],
    ['a text that none has', '没有', 0],
    ['a wildcard of SQL', '%', 0],
  ])('A search for %s (%s) passes through the mini-programs once.', async (_, search, found) => {
    // A lookup of each row would read several pages for each of them.
    expect(await pagesOf(() => store.fleet.list({ search, limit: 51 }))).toBeLessThan(10_000);
    for (const list of [store.fleet.list, store.directory().listAuthorizers]) {
      const startedAt = performance.now();
      expect(await list({ search, limit: 51 })).toHaveLength(found);
      expect(performance.now() - startedAt).toBeLessThan(SEARCHED_WITHIN_MS);
    }
  });
});

it('A summary by label counts the versions of each label.', async () => {
  const { labels } = await store.fleet.count({ byLabel: true });
  expect(labels).toMatchObject([{ label: 'pilot', count: 1_000, notLive: 1_000, versions: [] }]);
  expect((await store.fleet.count({})).labels).toEqual([]);
});
