import { describe, expect, it } from '@jest/globals';
import { CommitRequest } from '@wxa/contracts';
import { eventually } from '../eventually.js';
import { call, refusalOf } from '../gateway/calls.js';
import { useGateway } from '../gateway/use-gateway.js';

/** Not many more than fit: a request that waits for the lock fails after 5 s. */
const AT_ONCE = 60;
/** Each request is in memory twice: as the request of its operation and in its command. */
const REQUEST_BYTES = 700 * 1024;
const MOST_BYTES = 64 * 1024 ** 2;

const { gateway, database } = useGateway();

const APPIDS = { published: 'wx00000000000000e1', held: 'wx00000000000000e2' };

const commit = (appid: string, bytes: number) =>
  call(
    gateway.code,
    gateway.code.commit,
    CommitRequest.fromPartial({ appid, templateId: 1n, userVersion: 'V1', userDesc: 'x'.repeat(bytes) }),
    { deadlineMs: 50_000 },
  );

describe('large requests', () => {
  it('22 commands that together exceed a Kafka message are all published', async () => {
    const kilobytes = [767, 700, ...Array<number>(20).fill(200)];
    await Promise.all(kilobytes.map((size) => commit(APPIDS.published, size * 1024)));
    const waiting = () => database.rows('select event_id from outbox');
    await eventually(async () => (await waiting()).length === 0, 20_000);
    const counted = 'select count(*)::int as n from operations where appid = $1';
    expect(await database.rows(counted, [APPIDS.published])).toEqual([{ n: 22 }]);
  });

  it('A gateway whose outbox is locked holds at most 64 MiB of requests and rejects more with TOO_MANY_REQUESTS', async () => {
    const release = await database.hold('lock table outbox in share mode');
    const reasons: string[] = [];
    const calls = Array.from({ length: AT_ONCE }, async () => {
      const { code, reason } = await refusalOf(commit(APPIDS.held, REQUEST_BYTES));
      reasons.push(`${code} ${reason}`);
    });
    const held = Math.floor(MOST_BYTES / (2 * REQUEST_BYTES));
    await eventually(() => reasons.length >= AT_ONCE - held, 40_000);
    await release();
    const accepted = (await Promise.allSettled(calls)).filter(({ status }) => status === 'rejected').length;
    expect(new Set(reasons)).toEqual(new Set(['RESOURCE_EXHAUSTED TOO_MANY_REQUESTS']));
    expect(accepted).toBeLessThanOrEqual(held);
    expect(accepted).toBeGreaterThan(held - 5);
  }, 60_000);
});
