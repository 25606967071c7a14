import { describe, expect, it } from '@jest/globals';
import { ListOperationsRequest, ListOperationsResponse, type Operation } from '@wxa/contracts';
import { call } from './calls.js';
import { useGateway } from './use-gateway.js';

const MIB = 1024 * 1024;
const { gateway, database } = useGateway();

const INSERT = `
insert into operations (id, appid, request_id, request_hash, method, is_change, request, state, created_at, ended_at,
  updated_at, traceparent, result)
select gen_random_uuid(), $1, i::text, '', $2, false, '{}', 'SUCCEEDED', now(), now(), now(), '', $3::json
from generate_series(1, $4) i returning id`;

async function insert(appid: string, method: string, result: object, count = 1): Promise<unknown[]> {
  return database.rows(INSERT, [appid, method, JSON.stringify(result), count]);
}

const list = (appid: string, pageToken = ''): Promise<ListOperationsResponse> =>
  call(
    gateway.operations,
    gateway.operations.listOperations,
    ListOperationsRequest.fromPartial({ appid, pageSize: 500, pageToken }),
  );

describe('ListOperations', () => {
  it('A page of ListOperations has at most 3 MiB, and all pages together contain every operation once', async () => {
    const appid = 'wx00000000000000a1';
    await insert(appid, 'ListPages', { pages: ['p'.repeat(60_000)] }, 120);
    const pages: ListOperationsResponse[] = [];
    for (let token = ''; pages.length === 0 || token !== ''; token = pages.at(-1)?.nextPageToken ?? '')
      pages.push(await list(appid, token));
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
    const appid = `wx00000000000000${method === 'ListPages' ? 'b1' : 'b2'}`;
    await insert(appid, method, result);
    const [listed] = (await list(appid)).operations;
    expect([listed?.method, listed?.result?.$case]).toEqual([method, undefined]);
    const found: Operation = await call(gateway.operations, gateway.operations.getOperation, {
      id: listed?.id ?? '',
    });
    expect(found.result?.$case).toBe(method === 'ListPages' ? 'listPages' : 'getTrialQrCode');
  });
});
