import { createHash } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import {
  CommitRequest,
  ListOperationsRequest,
  ListOperationsResponse,
  type Operation,
  OperationState,
} from '@wxa/contracts';
import { newAppid } from '../appid.js';
import { eventually } from '../eventually.js';
import { call, refusalOf } from './calls.js';
import { useSharedGateway } from './use-gateway.js';

const MIB = 1024 * 1024;
const LISTED = newAppid();
const SLOW = 10;

const { gateway, database } = useSharedGateway();

const INSERT = `
insert into operations (id, appid, request_id, request_hash, method, is_change, request, state, created_at, ended_at,
  updated_at, traceparent, result)
select gen_random_uuid(), $1, i::text, '', $2, false, '{}', 'SUCCEEDED', now(), now(), now(), '', $3::json
from generate_series(1, $4) i returning id`;

async function insert(appid: string, method: string, result: object, count = 1): Promise<unknown[]> {
  return database.rows(INSERT, [appid, method, JSON.stringify(result), count]);
}

const list = (fields: Partial<ListOperationsRequest>): Promise<ListOperationsResponse> =>
  call(gateway.operations, gateway.operations.listOperations, ListOperationsRequest.fromPartial(fields));

async function commits(count: number): Promise<Operation[]> {
  const made: Operation[] = [];
  for (let i = 0; i < count; i += 1) {
    const request = CommitRequest.fromPartial({ appid: LISTED, templateId: 1n, userVersion: 'V1' });
    made.unshift(await call(gateway.code, gateway.code.commit, request));
  }
  return made;
}

/** That the operations of `commits` match. */
const FILTERS: Partial<ListOperationsRequest>[] = [
  { appid: LISTED },
  { appid: LISTED, method: 'Commit' },
  { appid: LISTED, state: OperationState.OPERATION_STATE_QUEUED },
  { method: 'Commit' },
  {},
];

const page = (fields: Partial<ListOperationsRequest>) => list({ pageSize: 3, ...fields });

describe('ListOperations', () => {
  it('A page of ListOperations has at most 3 MiB, and all pages together contain every operation once', async () => {
    const appid = newAppid();
    await insert(appid, 'ListPages', { pages: ['p'.repeat(60_000)] }, 120);
    const pages: ListOperationsResponse[] = [];
    for (let token = ''; pages.length === 0 || token !== ''; token = pages.at(-1)?.nextPageToken ?? '')
      pages.push(await list({ appid, pageSize: 500, pageToken: token }));
    const bytes = pages.map((page) => ListOperationsResponse.encode(page).finish().length);
    expect(Math.max(...bytes)).toBeLessThanOrEqual(3 * MIB);
    // All pages but the last are as full as possible.
    for (const size of bytes.slice(0, -1)) expect(size).toBeGreaterThan(3 * MIB - 64 * 1024);
    const ids = pages.flatMap(({ operations }) => operations.map(({ id }) => id));
    expect([ids.length, new Set(ids).size]).toEqual([120, 120]);
  });

  it.each([
    ['a result over 64 KB, even if it compresses well', 'ListPages', { pages: ['p'.repeat(70_000)] }],
    ['an image of any size', 'GetTrialQrCode', { image: 'AAAA', contentType: 'image/png' }],
  ])('ListOperations omits %s, which GetOperation returns', async (_name, method, result) => {
    const appid = newAppid();
    await insert(appid, method, result);
    const [listed] = (await list({ appid })).operations;
    expect([listed?.method, listed?.result?.$case]).toEqual([method, undefined]);
    const found: Operation = await call(gateway.operations, gateway.operations.getOperation, {
      id: listed?.id ?? '',
    });
    expect(found.result?.$case).toBe(method === 'ListPages' ? 'listPages' : 'getTrialQrCode');
  });

  it('ListOperations returns the operations created from create_time_after until before create_time_before, page by page', async () => {
    const made = await commits(6);
    const [createTimeBefore, , , , createTimeAfter] = made.map(({ createTime }) => createTime);
    const range = { createTimeBefore, createTimeAfter };
    const inRange = made.slice(1, 5).map(({ id }) => id);
    for (const filter of FILTERS) {
      const first = await page({ ...filter, ...range });
      const second = await page({ ...filter, ...range, pageToken: first.nextPageToken });
      expect([...first.operations, ...second.operations].map(({ id }) => id)).toEqual(inRange);
      expect(second.nextPageToken).toBe('');
      expect((await page({ ...filter, ...range, method: 'Release' })).operations).toEqual([]);
      const misused = page({ ...filter, createTimeBefore, pageToken: first.nextPageToken });
      expect((await refusalOf(misused)).violations).toMatchObject([{ field: 'page_token' }]);
    }
  });

  it('ListOperations with oldest_first returns the oldest operations first, page by page', async () => {
    const oldest = (await commits(5)).reverse();
    const range = { createTimeAfter: oldest[0]?.createTime };
    for (const filter of [{ appid: LISTED }, { appid: LISTED, method: 'Commit' }, { method: 'Commit' }]) {
      const request = { ...filter, ...range, oldestFirst: true };
      const first = await page(request);
      const second = await page({ ...request, pageToken: first.nextPageToken });
      const ids = [...first.operations, ...second.operations].map(({ id }) => id);
      expect(ids).toEqual(oldest.map(({ id }) => id));
      expect([first.operations.length, second.nextPageToken]).toEqual([3, '']);
      const misused = page({ ...request, oldestFirst: false, pageToken: first.nextPageToken });
      expect((await refusalOf(misused)).violations).toMatchObject([{ field: 'page_token' }]);
    }
  });

  it('ListOperations accepts a page token of an earlier version that had no time filters', async () => {
    const [newest, ...older] = await commits(2);
    // As made by a gateway without time filters, for the filters below: SHA-256 of the list and the last id.
    const filters = ['operations', LISTED, 'OPERATION_STATE_UNSPECIFIED', '', newest?.id];
    const check = createHash('sha256').update(JSON.stringify(filters)).digest().subarray(0, 8);
    const pageToken = Buffer.concat([check, Buffer.from(newest?.id ?? '')]).toString('base64url');
    const { operations } = await page({ appid: LISTED, pageToken });
    expect(operations[0]?.id).toBe(older[0]?.id);
  });

  it('ListOperations rejects a time range that is empty, reversed or outside the years 1 to 9999', async () => {
    const [early, late] = [new Date(1_000), new Date(2_000)];
    const refused = async (fields: Partial<ListOperationsRequest>) =>
      (await refusalOf(page(fields))).violations.map(({ field }) => field);
    expect(await refused({ createTimeAfter: late, createTimeBefore: early })).toEqual(['create_time_before']);
    expect(await refused({ createTimeAfter: early, createTimeBefore: early })).toEqual([
      'create_time_before',
    ]);
    expect(await refused({ createTimeAfter: new Date(Date.UTC(10_000, 0)) })).toEqual(['create_time_after']);
    expect((await page({ createTimeAfter: early, createTimeBefore: late })).operations).toEqual([]);
  });

  it('Ten blocked ListOperations calls leave the gateway ready, because lists have their own connections', async () => {
    const release = await database.hold('lock table operations in access exclusive mode');
    const request = ListOperationsRequest.fromPartial({});
    const lists = Promise.allSettled(
      Array.from({ length: SLOW }, () =>
        call(gateway.operations, gateway.operations.listOperations, request),
      ),
    );
    const blocked = `select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`;
    await eventually(async () => (await database.rows(blocked)).length >= 3);
    const probes = new Set<number>();
    const statuses = new Set<number>();
    const lastProbe = `select max(extract(epoch from query_start))::float8 as at from pg_stat_activity
      where datname = current_database() and query like '%as "isWritable"%' and state = 'idle'`;
    await eventually(async () => {
      const [row] = await database.rows(lastProbe);
      probes.add(Number(row?.at));
      statuses.add((await fetch(`${gateway.http}/readyz`)).status);
      return probes.size > 4;
    });
    expect([...statuses]).toEqual([200]);
    await release();
    const answered = (await lists).filter(({ status }) => status === 'fulfilled');
    expect(answered.length).toBeGreaterThanOrEqual(3);
  }, 60_000);
});
