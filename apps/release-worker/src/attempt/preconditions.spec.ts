import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { WxaClient } from '@wxa/wxa-client';
import { UNLIMITED } from '../throttle/fixtures/unlimited.js';
import { RateLimits } from '../throttle/rate-limits.js';
import { APPID, RELEASE } from './fixtures/release.js';
import { runner } from './fixtures/runner.js';

/** The latest audits that WeChat returns, one after another; the last one again and again. */
let audits: number[];
const calls: string[] = [];
let server: Server;
let client: WxaClient;

beforeAll(async () => {
  server = createServer(({ url = '' }, answer) => {
    const path = url.replace(/\?.*/, '');
    calls.push(path);
    const auditid = audits.length > 1 ? audits.shift() : audits[0];
    answer.end(
      path.includes('auditstatus') ? `{"errcode":0,"auditid":${auditid},"status":0}` : '{"errcode":0}',
    );
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  client = new WxaClient({ baseUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}` });
});
afterAll(async () => {
  await client.close();
  server.close();
});

/** Runs the steps of a Release that expects audit 8; returns the pauses between them, its last settlement and its calls. */
async function run(latest: number[], given: object = {}) {
  audits = latest;
  calls.length = 0;
  const operation = { ...RELEASE, ...given, request: { appid: APPID, expectedAuditId: '8' } };
  const limits = new RateLimits({ perAppid: 0 }, UNLIMITED);
  const { run: step, settled } = runner(() => ({ kind: 'claimed', operation }), { client, limits });
  const pauses: number[] = [];
  for (let next = await step(); next.kind === 'again'; next = await step()) pauses.push(next.afterMs);
  return { pauses, last: settled.at(-1), released: calls.filter((path) => path === '/wxa/release').length };
}

const MISMATCH = expect.stringContaining('VERSION_MISMATCH');

describe('a precondition', () => {
  it('A mismatch is the result at its third read, 1 s and 2 s apart.', async () => {
    expect(await run([7])).toMatchObject({
      ...{ pauses: [1_000, 2_000], released: 0 },
      last: { state: 'FAILED', attempts: 0, error: MISMATCH },
    });
  });

  it('A mismatch that disappears by the third read is not the result.', async () => {
    expect(await run([7, 7, 8])).toMatchObject({
      ...{ pauses: [1_000, 2_000], released: 1 },
      last: { state: 'SUCCEEDED', attempts: 1 },
    });
  });

  it.each([0, 3])(
    'A mismatch after an attempt that may have been executed is IN_DOUBT, also after %i negative reads.',
    async (negativeReads) => {
      expect(await run([7], { mayHaveActed: true, negativeReads })).toMatchObject({
        ...{ released: 0, last: { state: 'IN_DOUBT', attempts: 0, error: MISMATCH } },
      });
    },
  );
});
