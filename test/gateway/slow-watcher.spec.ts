import { randomUUID } from 'node:crypto';
import { afterAll, expect, it } from '@jest/globals';
import type { Operation } from '@wxa/contracts';
import { eventually } from '../eventually.js';
import { readRefusal } from './calls.js';
import { useSharedGateway } from './use-gateway.js';

const { gateway, database } = useSharedGateway('limited');

const INSERT = `
insert into operations (id, appid, request_id, request_hash, method, is_change, request, created_at, traceparent, updated_at)
select gen_random_uuid(), 'wx' || lpad(to_hex(i), 16, '0'), $2 || i, '', 'Commit', true, '{}', now(), $3, clock_timestamp()
from generate_series(1, $1) i`;
// Long, so that the unread messages of a client do not fit the socket buffers.
const FILLING = 'r'.repeat(1000);
const insert = (count: number) => database.rows(INSERT, [count, `${randomUUID()}${FILLING}`, 't']);
afterAll(() => database.rows('delete from operations where request_id like $1', [`%${FILLING}%`]));

function watch() {
  const stream = gateway.operations.watchOperations({ appid: '' });
  const ended = new Promise<Parameters<typeof readRefusal>[0]>((resolve) => stream.on('error', resolve));
  return { stream, ended };
}

async function gauge(): Promise<number> {
  const metrics = await (await fetch(`${gateway.admin}/metrics`)).text();
  return Number(/^wxa_watch_streams (\d+)$/m.exec(metrics)?.[1]);
}

it('WatchOperations streams 9,000 operations to one client while another that does not read fails with WATCHER_TOO_SLOW', async () => {
  await insert(3000);
  const reader = watch();
  const seen = new Set<string>();
  reader.stream.on('data', ({ id, requestId }: Operation) => {
    if (requestId.includes(FILLING)) seen.add(id);
  });
  await eventually(() => seen.size === 3000);
  const stalled = watch();
  await new Promise<void>((resolve) => {
    stalled.stream.on('data', () => {
      stalled.stream.pause();
      resolve();
    });
  });
  await insert(6000);
  await eventually(() => seen.size === 9000, 20_000);
  const insertAndCount = async () => {
    await insert(10);
    return gauge();
  };
  await eventually(async () => (await insertAndCount()) === 1);
  stalled.stream.removeAllListeners('data');
  stalled.stream.resume();
  expect(readRefusal(await stalled.ended)).toMatchObject({
    code: 'RESOURCE_EXHAUSTED',
    reason: 'WATCHER_TOO_SLOW',
  });
  reader.stream.cancel();
  await eventually(async () => (await gauge()) === 0);
}, 60_000);
