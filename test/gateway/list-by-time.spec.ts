import { createHash } from 'node:crypto';
import { expect, it } from '@jest/globals';
import { CommitRequest, ListOperationsRequest, type Operation } from '@wxa/contracts';
import { call, refusalOf } from './calls.js';
import { useGateway } from './use-gateway.js';

const appid = 'wx00000000000000f1';

const { gateway } = useGateway();

const list = (fields: Partial<ListOperationsRequest>) =>
  call(
    gateway.operations,
    gateway.operations.listOperations,
    ListOperationsRequest.fromPartial({ pageSize: 3, ...fields }),
  );

async function commits(count: number): Promise<Operation[]> {
  const made: Operation[] = [];
  for (let i = 0; i < count; i += 1) {
    const request = CommitRequest.fromPartial({ appid, templateId: 1n, userVersion: 'V1' });
    made.unshift(await call(gateway.code, gateway.code.commit, request));
  }
  return made;
}

it('ListOperations returns the operations created from create_time_after until before create_time_before, page by page', async () => {
  const made = await commits(6);
  const [createTimeBefore, , , , createTimeAfter] = made.map(({ createTime }) => createTime);
  const range = { createTimeBefore, createTimeAfter };
  const inRange = made.slice(1, 5).map(({ id }) => id);
  for (const filter of [{ appid }, { appid, method: 'Commit' }, { method: 'Commit' }, {}]) {
    const first = await list({ ...filter, ...range });
    const second = await list({ ...filter, ...range, pageToken: first.nextPageToken });
    expect([...first.operations, ...second.operations].map(({ id }) => id)).toEqual(inRange);
    expect(second.nextPageToken).toBe('');
    const misused = list({ ...filter, createTimeBefore, pageToken: first.nextPageToken });
    expect((await refusalOf(misused)).violations).toMatchObject([{ field: 'page_token' }]);
  }
});

it('ListOperations accepts a page token of an earlier version that had no time filters', async () => {
  const [newest, ...older] = await commits(2);
  // As made by a gateway without time filters, for the filters below: SHA-256 of the list and the last id.
  const filters = ['operations', appid, 'OPERATION_STATE_UNSPECIFIED', '', newest?.id];
  const check = createHash('sha256').update(JSON.stringify(filters)).digest().subarray(0, 8);
  const pageToken = Buffer.concat([check, Buffer.from(newest?.id ?? '')]).toString('base64url');
  const { operations } = await list({ appid, pageToken });
  expect(operations[0]?.id).toBe(older[0]?.id);
});

it('ListOperations rejects a time range that is empty, reversed or outside the years 1 to 9999', async () => {
  const [early, late] = [new Date(1_000), new Date(2_000)];
  const refused = async (fields: Partial<ListOperationsRequest>) =>
    (await refusalOf(list(fields))).violations.map(({ field }) => field);
  expect(await refused({ createTimeAfter: late, createTimeBefore: early })).toEqual(['create_time_before']);
  expect(await refused({ createTimeAfter: early, createTimeBefore: early })).toEqual(['create_time_before']);
  expect(await refused({ createTimeAfter: new Date(Date.UTC(10_000, 0)) })).toEqual(['create_time_after']);
  expect((await list({ createTimeAfter: early, createTimeBefore: late })).operations).toEqual([]);
});
