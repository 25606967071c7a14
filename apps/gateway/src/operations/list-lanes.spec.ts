import { expect, it } from '@jest/globals';
import type { LaneFilter, Lane as StoredLane, StoredOperation } from '@wxa/operations';
import { listLanes, toLane } from './list-lanes.js';

const AT = new Date('2027-01-01T00:00:00Z');
const head = (fields: Partial<StoredOperation>) =>
  ({
    ...{ id: 'id', appid: 'wx1', method: 'Release', state: 'QUEUED', attempts: 0, createdAt: AT },
    ...{ nextAttemptAt: null, blockedBy: null, error: null, result: null },
    ...fields,
  }) as StoredOperation;
const lane = (fields: Partial<StoredOperation>, length = 2): StoredLane => ({
  oldestId: fields.id ?? 'id',
  waitingSince: AT,
  length,
  head: head(fields),
});

it.each<[string, StoredLane, string]>([
  ['its head if that is in doubt', lane({ state: 'IN_DOUBT' }), 'id'],
  ['its head if that waits for its next attempt', lane({ state: 'RETRYING', nextAttemptAt: AT }), 'id'],
  ['its head if that waits for an API', lane({ nextAttemptAt: AT }), 'id'],
  ['nothing if its head runs', lane({ state: 'RUNNING' }), ''],
  ['nothing if its head is the only change', lane({ state: 'IN_DOUBT' }, 1), ''],
])('A lane is blocked by %s', (_, stored, blockedBy) => {
  expect(toLane(stored)).toMatchObject({ appid: 'wx1', blockedBy, waitStartTime: AT, head: { id: 'id' } });
});

/** A store with lanes of the ids 1 to 5 of which a page ends at `examinedTo`. */
const storeOf = (examinedTo?: string) => ({
  operations: {
    listLanes: async ({ afterId = '0', limit }: LaneFilter) => ({
      lanes: ['1', '2', '3', '4', '5']
        .filter((id) => id > afterId)
        .slice(0, limit)
        .map((id) => lane({ id })),
      examinedTo,
    }),
  },
});
const page = (pageToken: string, pageSize: number, examinedTo?: string) =>
  listLanes(storeOf(examinedTo), { pageToken, pageSize }, new AbortController().signal);
const idsOf = ({ lanes }: Awaited<ReturnType<typeof page>>) => lanes.map((each) => each.head?.id);

it('The pages contain each lane once, and the last page has no token, also if it is full', async () => {
  const first = await page('', 3);
  const second = await page(first.nextPageToken, 3);
  expect([idsOf(first), idsOf(second), second.nextPageToken]).toEqual([['1', '2', '3'], ['4', '5'], '']);
  expect((await page('', 5)).nextPageToken).toBe('');
});

it('A page that ends because enough operations were examined has the token of the last one', async () => {
  const { nextPageToken } = await page('', 50, '4');
  expect(idsOf(await page(nextPageToken, 50))).toEqual(['5']);
});
