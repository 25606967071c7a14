import { describe, expect, it } from '@jest/globals';
import { CommitRequest } from '@wxa/contracts';
import { eventually } from '../eventually.js';
import { call, refusalOf } from '../gateway/calls.js';
import { beginUpload, chunk, info, MIB, mp4 } from '../gateway/uploads.js';
import { useGateway } from '../gateway/use-gateway.js';

const AT_ONCE = 60;
/** So many requests at most are in one statement, which gives up a lock after 5 s; later ones then take their place. */
const BATCH = 5;
const [FULL, TIMED_OUT] = ['RESOURCE_EXHAUSTED TOO_MANY_REQUESTS', 'UNAVAILABLE STORE_UNAVAILABLE'];
/** Each request is in memory twice: as the request of its operation and in its command. */
const REQUEST_BYTES = 700 * 1024;
const MOST_MIB = 64;

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
    await eventually(async () => (await waiting()).length === 0);
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
    const held = Math.floor((MOST_MIB * MIB) / (2 * REQUEST_BYTES));
    let most = 0;
    await eventually(async () => {
      most = Math.max(most, await metric('wxa_postgres_batch_queue_length\\{batch="accept"\\}'));
      return reasons.includes(FULL) && reasons.length >= AT_ONCE - held;
    });
    await release();
    await Promise.allSettled(calls);
    expect(reasons.filter((reason) => reason !== FULL && reason !== TIMED_OUT)).toEqual([]);
    expect(most).toBeLessThanOrEqual(held);
    expect(most).toBeGreaterThanOrEqual(held - 2 * BATCH);
  });
});

const VIDEO = { appid: 'wx0123456789abcdef', contentType: 'video/mp4' };

/** @param name a regular expression. */
async function metric(name: string): Promise<number> {
  const metrics = await (await fetch(`${gateway.http}/metrics`)).text();
  return Number(new RegExp(`^${name} (\\S+)$`, 'm').exec(metrics)?.[1]);
}

const bufferedMib = async () => (await metric('wxa_upload_buffer_bytes')) / MIB;

it(`30 concurrent uploads of 9 MiB hold at most ${MOST_MIB} MiB, and those beyond fail with TOO_MANY_REQUESTS`, async () => {
  const rss = () => metric('process_resident_memory_bytes');
  const [count, mib, before] = [30, 9, await rss()];
  const file = mp4(mib * MIB);
  const chunks = Array.from({ length: mib }, (_, n) => chunk(file.subarray(n * MIB, (n + 1) * MIB)));
  const uploads = Array.from({ length: count }, () => beginUpload(gateway.code, [info(VIDEO), ...chunks]));
  const reasons: unknown[] = [];
  for (const { answer } of uploads) void refusalOf(answer).then(({ reason }) => reasons.push(reason));
  let most = 0;
  await eventually(async () => {
    most = Math.max(most, await bufferedMib());
    return reasons.length >= count - MOST_MIB / mib;
  }, 90_000);
  expect(new Set(reasons)).toEqual(new Set(['TOO_MANY_REQUESTS']));
  expect(most).toBeLessThanOrEqual(MOST_MIB);
  expect(((await rss()) - before) / MIB).toBeLessThan(count * mib);
  for (const { stream } of uploads) stream.cancel();
  await eventually(async () => (await bufferedMib()) === 0);
});
