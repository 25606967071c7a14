import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import pg from 'pg';
import { eventually } from '../eventually.js';
import { type ScratchStore, scratchStore } from './scratch-store.js';

const CHANNELS = ['outbox-release-worker', 'codes', 'rollouts', 'wechat_probe'];

let scratch: ScratchStore;
beforeAll(async () => {
  scratch = await scratchStore();
});
afterAll(() => scratch?.close());

it('While four channels are listened to and the statement of one lease waits, another lease is held', async () => {
  const { leases } = scratch.worker;
  const unlisten = CHANNELS.map((channel) => leases.listen(channel, () => undefined));
  const lock = new pg.Client({ connectionString: scratch.url });
  await lock.connect();
  const listening =
    "select from pg_stat_activity where datname = current_database() and query like 'listen %'";
  await eventually(async () => (await lock.query(listening)).rowCount === CHANNELS.length);
  await leases.hold('locked', randomUUID(), 1_000);
  await lock.query("begin; select from leases where name = 'locked' for update");
  const waiting = leases.hold('locked', randomUUID(), 1_000);
  expect(await leases.hold('free', randomUUID(), 1_000)).toBe(true);
  await lock.end();
  await waiting;
  for (const stop of unlisten) stop();
});

it('A lease is of one holder, who renews and releases it, until it expires', async () => {
  const { leases } = scratch.worker;
  const [one, other] = [randomUUID(), randomUUID()];
  const hold = (holder: string, ms = 60_000) => leases.hold('of one', holder, ms);
  expect(await hold(one)).toBe(true);
  await leases.release('of one', other);
  expect([await hold(other), await hold(one)]).toEqual([false, true]);
  await leases.release('of one', one);
  expect(await hold(other, 1)).toBe(true);
  await eventually(() => hold(one));
});
