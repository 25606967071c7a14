import { randomUUID } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { eventually } from '../eventually.js';
import { newOperation } from './scratch-store.js';
import { gateway, pool, sql, useStore, whileLocked, worker } from './use-store.js';

useStore();

describe('leases', () => {
  it('While four channels are listened to and the statement of one lease waits, another lease is held', async () => {
    const { leases } = worker;
    const channels = ['outbox-release-worker', 'codes', 'rollouts', 'wechat_probe'];
    const unlisten = channels.map((channel) => leases.listen(channel, () => undefined));
    const listening =
      "select from pg_stat_activity where datname = current_database() and query like 'listen %'";
    await eventually(async () => (await sql(listening)).length === channels.length);
    await leases.hold('locked', randomUUID(), 1_000);
    let waiting: Promise<boolean> | undefined;
    await whileLocked("select from leases where name = 'locked' for update", [], async () => {
      waiting = leases.hold('locked', randomUUID(), 1_000);
      expect(await leases.hold('free', randomUUID(), 1_000)).toBe(true);
    });
    await waiting;
    for (const stop of unlisten) stop();
  });

  it('A lease is of one holder, who renews and releases it, until it expires', async () => {
    const { leases } = worker;
    const [one, other] = [randomUUID(), randomUUID()];
    const hold = (holder: string, ms = 60_000) => leases.hold('of one', holder, ms);
    expect(await hold(one)).toBe(true);
    await leases.release('of one', other);
    expect([await hold(other), await hold(one)]).toEqual([false, true]);
    await leases.release('of one', one);
    expect(await hold(other, 1)).toBe(true);
    await eventually(() => hold(one));
  });
});

/** A UUIDv8, as holders of relays are. */
const ofThisVersion = () => randomUUID().replace(/^(.{14})4/, '$18');

it('A relay takes the lease from a relay of 0.2.0, which does not get it back, and from no other', async () => {
  const { leases } = worker;
  const [old, relay, other] = [randomUUID(), ofThisVersion(), ofThisVersion()];
  const hold = (holder: string) => leases.hold('of a relay', holder, 60_000);
  expect([await hold(old), await hold(relay), await hold(relay)]).toEqual([true, true, true]);
  expect([await hold(old), await hold(other)]).toEqual([false, false]);
  await leases.release('of a relay', relay);
  expect(await hold(old)).toBe(true);
});

describe('outbox floor', () => {
  async function raise(): Promise<void> {
    for (let i = 0; i < 5; i += 1) await gateway.outbox.raiseFloor();
  }

  /** Publishes and deletes all pending events as the relay does; returns their ids. */
  async function relay(): Promise<string[]> {
    const { rows } = await gateway.outbox.advance([], 500);
    await gateway.outbox.advance(rows, 0);
    return rows.map(({ id }) => id);
  }

  async function acceptOne(): Promise<string> {
    const operation = newOperation();
    await gateway.operations.accept(operation);
    return operation.command.id;
  }

  it('The outbox floor stays below a row that is committed long after rows with higher ids were published', async () => {
    await acceptOne();
    await relay();
    await raise();
    const late = await pool.connect();
    await late.query('begin');
    await late.query(
      `insert into outbox (writer, topic, event_id, type, source, appid, time, traceparent, value)
       values ('gateway', 'topic', 'late', 'CodeCommand', '/test', 'wx', now(), '', '{}')`,
    );
    for (let i = 0; i < 10; i += 1) {
      const later = await acceptOne();
      expect(await relay()).toEqual([later]);
      await raise();
    }
    await late.query('commit');
    late.release();
    expect(await relay()).toEqual(['late']);
  });

  it('The outbox floor stays below a row that waits while rows with higher ids are deleted', async () => {
    const first = await acceptOne();
    await acceptOne();
    await sql('delete from outbox where event_id <> $1', first);
    await raise();
    expect(await relay()).toEqual([first]);
  });

  it('The outbox floor falls if a failover makes the sequence reuse ids', async () => {
    for (let i = 0; i < 10; i += 1) await acceptOne();
    await relay();
    await raise();
    await sql('alter sequence outbox_id_seq restart with 1');
    const again = await acceptOne();
    await raise();
    expect(await relay()).toEqual([again]);
  });
});
