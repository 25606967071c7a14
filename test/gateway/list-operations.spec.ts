import { createHash, randomUUID } from 'node:crypto';
import { expect, it } from '@jest/globals';
import { type ListOperationsRequest, ListOperationsResponse, type Operation } from '@wxa/contracts';
import { operationId } from '@wxa/operations';
import { newAppid } from '../appid.js';
import { BLOCKED } from '../blocked.js';
import { eventually } from '../eventually.js';
import { refusalOf } from './calls.js';
import { operationCalls } from './operation-calls.js';
import { useSharedGateway } from './use-gateway.js';

const MIB = 1024 * 1024;
const LISTED = newAppid();
const SLOW = 10;

const { gateway, database } = useSharedGateway();

const INSERT = `
insert into operations (id, appid, request_id, request_hash, method, is_change, request, state, created_at, ended_at,
  updated_at, traceparent, result)
select gen_random_uuid(), $1, $2 || i, '', $2, false, '{}', 'SUCCEEDED', now(), now(), now(), '', $3::json
from generate_series(1, $4) i returning id`;

const insert = (appid: string, method: string, result: object, count = 1) =>
  database.rows(INSERT, [appid, method, JSON.stringify(result), count]);

const { commit, get, list } = operationCalls(gateway);

async function commits(count: number): Promise<Operation[]> {
  const made: Operation[] = [];
  for (let i = 0; i < count; i += 1) made.unshift(await commit(LISTED));
  return made;
}

const ids = (operations: Operation[]) => operations.map(({ id }) => id);

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
  const all = pages.flatMap(({ operations }) => ids(operations));
  expect([all.length, new Set(all).size]).toEqual([120, 120]);
});

it.each([
  ['a result over 64 KB, even if it compresses well', 'ListPages', { pages: ['p'.repeat(70_000)] }],
  ['an image of any size', 'GetTrialQrCode', { image: 'AAAA', contentType: 'image/png' }],
  ['a screenshot of any size', 'GetAuditScreenshot', { content: 'AAAA', contentType: 'image/png' }],
])('ListOperations omits %s, which GetOperation returns', async (_name, method, result) => {
  const appid = newAppid();
  await insert(appid, method, result);
  const [listed] = (await list({ appid })).operations;
  expect([listed?.method, listed?.result?.$case]).toEqual([method, undefined]);
  const found = await get(listed?.id ?? '');
  expect(found.result?.$case).toBe(`${method[0]?.toLowerCase()}${method.slice(1)}`);
});

it('ListOperations returns the operations created from create_time_after until before create_time_before, page by page, the newest or the oldest first', async () => {
  const made = await commits(6);
  const [createTimeBefore, , , , createTimeAfter] = made.map(({ createTime }) => createTime);
  const inRange = ids(made.slice(1, 5));
  for (const oldestFirst of [false, true]) {
    const request = { appid: LISTED, pageSize: 3, createTimeBefore, createTimeAfter, oldestFirst };
    const first = await list(request);
    const second = await list({ ...request, pageToken: first.nextPageToken });
    const found = [ids(first.operations), ids(second.operations), second.nextPageToken];
    const expected = oldestFirst ? inRange.toReversed() : inRange;
    expect(found).toEqual([expected.slice(0, 3), expected.slice(3), '']);
    expect((await list({ ...request, method: 'Release' })).operations).toEqual([]);
    for (const other of [{ oldestFirst: !oldestFirst }, { createTimeAfter: undefined }]) {
      const misused = list({ ...request, ...other, pageToken: first.nextPageToken });
      expect((await refusalOf(misused)).fields).toEqual(['page_token']);
    }
  }
});

it('ListOperations accepts a page token of an earlier version that had no time filters', async () => {
  const [newest, ...older] = await commits(2);
  // As made by a gateway without time filters, for the filters below: SHA-256 of the list and the last id.
  const filters = ['operations', LISTED, 'OPERATION_STATE_UNSPECIFIED', '', newest?.id];
  const check = createHash('sha256').update(JSON.stringify(filters)).digest().subarray(0, 8);
  const pageToken = Buffer.concat([check, Buffer.from(newest?.id ?? '')]).toString('base64url');
  const { operations } = await list({ appid: LISTED, pageToken });
  expect(operations[0]?.id).toBe(older[0]?.id);
});

it('ListOperations rejects a time range that is empty, reversed or outside the years 1 to 9999', async () => {
  const [early, late] = [new Date(1_000), new Date(2_000)];
  for (const [range, field] of [
    [{ createTimeAfter: late, createTimeBefore: early }, 'create_time_before'],
    [{ createTimeAfter: early, createTimeBefore: early }, 'create_time_before'],
    [{ createTimeAfter: new Date(Date.UTC(10_000, 0)) }, 'create_time_after'],
  ] as const)
    expect((await refusalOf(list(range))).fields).toEqual([field]);
  expect((await list({ createTimeAfter: early, createTimeBefore: late })).operations).toEqual([]);
});

it('Ten blocked ListOperations calls leave the gateway ready, because lists have their own connections', async () => {
  const release = await database.hold('lock table operations in access exclusive mode');
  const lists = Promise.allSettled(Array.from({ length: SLOW }, () => list({})));
  await eventually(async () => (await database.rows(BLOCKED)).length >= 3);
  const probes = new Set<number>();
  const lastProbe = `select max(extract(epoch from query_start))::float8 as at from pg_stat_activity
      where datname = current_database() and query like '%as "isWritable"%' and state = 'idle'`;
  await eventually(async () => {
    const [row] = await database.rows(lastProbe);
    probes.add(Number(row?.at));
    const { status } = await fetch(`${gateway.http}/readyz`);
    // One probe may be late on a busy machine; 5 in a row must succeed.
    if (status !== 200) probes.clear();
    return probes.size > 4;
  });
  await release();
  const answered = (await lists).filter(({ status }) => status === 'fulfilled');
  expect(answered.length).toBeGreaterThanOrEqual(3);
});

it('ListOperations finds operations by person, version and rollout, alone and together, page by page', async () => {
  const appid = newAppid();
  const [rollout, person, version] = [randomUUID(), `张三 ${appid}`, `9.9.9-${appid.slice(2, 12)}`];
  const rows = [
    { method: 'Commit', request: { userVersion: version }, of: [person, rollout] },
    { method: 'Release', request: { expectedUserVersion: version }, of: [person, null] },
    { method: 'RevertRelease', request: { expectedUserVersion: 'another' }, of: [person, rollout] },
    { method: 'GetVersionInfo', request: { userVersion: version }, of: [null, rollout] },
    // As requests could be before the gateway refused U+0000.
    { method: 'UndoAudit', request: { reason: 'a\u0000' }, of: [null, null] },
  ];
  for (const [i, { method, request, of }] of rows.entries())
    await database.rows(
      `insert into operations (id, appid, request_id, request_hash, method, is_change, request, state, created_at, ended_at,
         updated_at, traceparent, on_behalf_of, rollout_id)
       values ($1, $2, $3, '', $4, $5, $6::json, 'SUCCEEDED', now(), now(), now(), '', $7, $8)`,
      [
        ...[operationId(new Date(Date.now() + i)), appid, String(i), method],
        ...[method !== 'GetVersionInfo', JSON.stringify(request), ...of],
      ],
    );
  const found = async (fields: Partial<ListOperationsRequest>) =>
    (await list({ pageSize: 10, ...fields })).operations.map(({ method }) => method);
  expect(await found({ onBehalfOf: person })).toEqual(['RevertRelease', 'Release', 'Commit']);
  expect(await found({ rolloutId: rollout })).toEqual(['GetVersionInfo', 'RevertRelease', 'Commit']);
  expect(await found({ userVersion: version, appid })).toEqual(['Release', 'Commit']);
  expect(await found({ userVersion: version, rolloutId: rollout, changesOnly: true })).toEqual(['Commit']);
  expect(await found({ onBehalfOf: person, method: 'Release' })).toEqual(['Release']);
  expect(await found({ rolloutId: 'no UUID' })).toEqual([]);
  const first = await list({ onBehalfOf: person, pageSize: 2, oldestFirst: true });
  const rest = { onBehalfOf: person, oldestFirst: true, pageToken: first.nextPageToken };
  expect((await list(rest)).operations.map(({ method }) => method)).toEqual(['RevertRelease']);
  for (const other of [{ onBehalfOf: 'another' }, { changesOnly: true }])
    expect((await refusalOf(list({ ...rest, ...other }))).fields).toEqual(['page_token']);
});
