import { afterAll, beforeAll, expect, it } from '@jest/globals';
import type { MiniProgramFilter } from '@wxa/fleet';
import type { Store } from '@wxa/store';
import { openStore } from '../store/scratch-store.js';
import { PlanLog } from './logged-plans.js';

const MINI_PROGRAMS = 100_000;
const appid = `'wx' || lpad(to_hex(i), 16, '0')`;
/** One in 50 waits for its filing and has no live version, one in 100 has the label, one in 200 has drifted. */
const FILL = [
  `insert into authorizers (appid, state, permission_sets, labels)
   select ${appid}, 'AUTHORIZED', '{18}', case when i % 100 = 0 then array['pilot'] else '{}' end
   from generate_series(1, ${MINI_PROGRAMS}) i`,
  `insert into mini_programs (appid, live_version, live_template, live_at, live_source, waits, drifted, versions_at,
     due_at, versions_due_at, computed_at)
   select ${appid}, case when i % 50 > 0 then '1.' || i % 7 end, case when i % 50 > 0 then i % 7 end, now(), 'OWN',
     case when i % 50 = 0 then array['FILING', 'OWNER', 'FILING:OWNER'] else '{}' end, i % 200 = 0, now(),
     now() + interval '1 day', now() + interval '1 day', now() from generate_series(1, ${MINI_PROGRAMS}) i`,
];

let log: PlanLog;
let store: Store;
beforeAll(async () => {
  log = await PlanLog.start();
  for (const text of FILL) await log.pool.query(text);
  await log.pool.query('vacuum analyze');
  store = await openStore({ url: log.url });
}, 120_000);
afterAll(async () => {
  await store?.close();
  await log?.stop();
});

/** The pages that the statements of some work read, found in memory or not. */
const pagesOf = async (work: () => Promise<unknown>) =>
  (await log.plansOf(work)).reduce((sum, { pages }) => sum + pages, 0);

it.each<[string, Omit<MiniProgramFilter, 'limit'>]>([
  ['without a filter', {}],
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
    expect(await store.fleet.takeDue(10)).toHaveLength(10);
    expect(await store.fleet.takeVersionsDue(10)).toEqual([]);
    expect(await store.fleet.computedBefore(new Date(0), 100)).toEqual([]);
  });
  expect(pages).toBeLessThan(600);
});
