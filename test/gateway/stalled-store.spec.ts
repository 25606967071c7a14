import { expect, it } from '@jest/globals';
import { CommitRequest } from '@wxa/contracts';
import { eventually } from '../eventually.js';
import { call, refusalOf } from './calls.js';
import { useGateway } from './use-gateway.js';

const AT_ONCE = 120;
/** Each request is in memory twice: as the request of its operation and in its command. */
const REQUEST_BYTES = 700 * 1024;
const MOST_BYTES = 64 * 1024 ** 2;

const { gateway, database } = useGateway();

const commit = () =>
  call(
    gateway.code,
    gateway.code.commit,
    CommitRequest.fromPartial({
      appid: 'wx00000000000000e1',
      templateId: 1n,
      userVersion: 'V1',
      userDesc: 'x'.repeat(REQUEST_BYTES),
    }),
    { deadlineMs: 50_000 },
  );

it('A gateway whose outbox is locked holds at most 64 MiB of requests and rejects more with TOO_MANY_REQUESTS', async () => {
  const release = await database.hold('lock table outbox in share mode');
  const reasons: string[] = [];
  const calls = Array.from({ length: AT_ONCE }, async () => {
    const { code, reason } = await refusalOf(commit());
    reasons.push(`${code} ${reason}`);
  });
  const held = Math.floor(MOST_BYTES / (2 * REQUEST_BYTES));
  await eventually(() => reasons.length >= AT_ONCE - held);
  await release();
  const accepted = (await Promise.allSettled(calls)).filter(({ status }) => status === 'rejected').length;
  expect(new Set(reasons)).toEqual(new Set(['RESOURCE_EXHAUSTED TOO_MANY_REQUESTS']));
  expect(accepted).toBeLessThanOrEqual(held);
  expect(accepted).toBeGreaterThan(held - 5);
}, 60_000);
