import { beforeAll, expect, it } from '@jest/globals';
import { writeHistory } from '@wxa/bench';
import type { Lane, LaneFilter } from '@wxa/operations';
import { MAX_EXAMINED, type Visible } from '@wxa/postgres/lists';
import { gateway, scratch, sql, useStore, value } from '../store/use-store.js';
import { rowsRead } from './rows-read.js';
import { writeDelayed } from './write-delayed.js';

const ROWS = 100_000;
const DELAYED = 12_000;
const PAGE = 50;
/** Those of which 99 of 100 changes wait for one in doubt. */
const BLOCKED: Visible = { allow: ['wxd*'], deny: ['wxd000000000000001'] };

useStore();
beforeAll(async () => {
  await writeHistory(scratch.sql, ROWS);
  await writeDelayed(scratch.sql, DELAYED);
  // A change that has begun although an earlier one has not.
  await sql(`update operations set state = 'QUEUED' where appid = '${BEGUN}' and state = 'IN_DOUBT'`);
  await sql(`update operations set state = 'RUNNING' where request_id = 'blocked-250'`);
}, 600_000);

/** Its first change is blocked-201. */
const BEGUN = 'wxd000000000000002';

async function listed(filter: Omit<LaneFilter, 'limit'>): Promise<{ lanes: Lane[]; pages: number }> {
  const lanes: Lane[] = [];
  for (let [pages, afterId] = [1, filter.afterId]; ; pages++) {
    const more = { ...filter, ...(afterId && { afterId }), limit: PAGE };
    const page = await gateway.operations.listLanes(more);
    lanes.push(...page.lanes);
    afterId = page.lanes.length === PAGE ? page.lanes.at(-1)?.oldestId : page.examinedTo;
    if (afterId === undefined) return { lanes, pages };
  }
}

type Expected = { oldestId: string; length: number; head: string };

/** The lanes, computed without SQL's help. */
async function expected(sees: (appid: string) => boolean): Promise<Expected[]> {
  const changes = await sql<{ id: string; appid: string; state: string }>(
    'select id, appid, state from operations where is_change and ended_at is null order by seq',
  );
  const lanes = new Map<string, Expected>();
  for (const { id, appid, state } of changes.filter((each) => sees(each.appid))) {
    const lane = lanes.get(appid) ?? { oldestId: id, length: 0, head: id };
    lane.length += 1;
    if (state !== 'QUEUED') lane.head = id;
    lanes.set(appid, lane);
  }
  return [...lanes.values()].sort((a, b) => (a.oldestId < b.oldestId ? -1 : 1));
}

const summary = ({ oldestId, length, head }: Lane): Expected => ({ oldestId, length, head: head.id });

const rowsReadFor = (filter: LaneFilter) => rowsRead(scratch, (store) => store.operations.listLanes(filter));

it.each<[string, Visible | undefined, (appid: string) => boolean]>([
  ['all', undefined, () => true],
  ['a prefix less one appid', BLOCKED, (appid) => appid.startsWith('wxd') && !BLOCKED.deny.includes(appid)],
  ['no', { allow: [], deny: [] }, () => false],
])(
  'The pages of a caller that may see %s mini-programs have each of their lanes once, oldest first',
  async (_, visible, sees) => {
    const { lanes, pages } = await listed(visible === undefined ? {} : { visible });
    const all = await expected(sees);
    expect(lanes.map(summary)).toEqual(all);
    // Each page is full or has examined MAX_EXAMINED operations.
    expect(pages).toBeLessThanOrEqual(all.length / PAGE + (2 * DELAYED + ROWS / 10) / MAX_EXAMINED + 1);
  },
);

it('The head of a lane is the change that has begun, and the oldest one if none has', async () => {
  const { lanes } = await listed({ visible: { allow: [BEGUN], deny: [] } });
  const idOf = (requestId: string) => value('select id from operations where request_id = $1', requestId);
  const [oldestId, head] = [await idOf('blocked-201'), await idOf('blocked-250')];
  expect(lanes.map(summary)).toEqual([{ oldestId, length: 100, head }]);
});

it('A page of lanes with one change each reads fewer than 10 rows per lane', async () => {
  const last = `select max(id::text) from operations where request_id like 'blocked-%'`;
  const filter = { limit: PAGE + 1, afterId: (await value<string>(last)) ?? '' };
  expect((await gateway.operations.listLanes(filter)).lanes).toHaveLength(PAGE + 1);
  expect(await rowsReadFor(filter)).toBeLessThan(10 * PAGE);
});

it('A page of lanes with 100 changes each reads fewer than 4 rows per change', async () => {
  const most = 4 * 100 * (PAGE + 10);
  expect(await rowsReadFor({ limit: PAGE + 1, visible: BLOCKED })).toBeLessThan(most);
});

it('A page without a visible lane examines 20,000 unfinished operations and says where it ended', async () => {
  const filter = { limit: PAGE, visible: { allow: ['wxeeeeeeeeeeeeeeee'], deny: [] } };
  const { lanes, examinedTo } = await gateway.operations.listLanes(filter);
  expect([lanes, typeof examinedTo]).toEqual([[], 'string']);
  expect(await rowsReadFor(filter)).toBeLessThan(1.05 * MAX_EXAMINED);
});
