import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { CloudEvent } from '@wxa/contracts';
import type { ReceivedCallback, Store } from '@wxa/store';
import { event, observing, openStore } from './scratch-store.js';
import { column, gateway, newAppid, scratch, sql, useStore, value, whileLocked } from './use-store.js';

useStore();

let other: Store;
beforeAll(async () => {
  other = await openStore({ url: scratch.url, poolSize: 5 }, 'gateway');
});
afterAll(() => other?.close());

function received(given: Partial<ReceivedCallback> = {}): ReceivedCallback {
  const { key = randomUUID(), appid = newAppid() } = given;
  return { key, appid, signature: randomUUID(), event: event(appid, `${key}.platform-event`), ...given };
}

const recordAll = (callbacks: ReceivedCallback[], store = gateway) =>
  Promise.all(callbacks.map((callback) => store.callbacks.record(callback)));
const writtenOf = (appid: string) =>
  column<string>(
    `select event_id from outbox where writer = 'gateway-events' and appid = $1 order by id`,
    appid,
  );
const idOf = ({ event: { id } }: { event: CloudEvent }) => id;

describe('record', () => {
  it('200 callbacks recorded together take at most 3 transactions, and each has one event', async () => {
    const callbacks = Array.from({ length: 200 }, () => received());
    expect(await recordAll([...callbacks, ...callbacks])).toEqual([
      ...Array(200).fill('stored'),
      ...Array(200).fill('duplicate'),
    ]);
    for (const one of callbacks.slice(0, 3)) expect(await writtenOf(one.appid)).toEqual([idOf(one)]);
    const keys = callbacks.map(({ key }) => key);
    const transactions = await column(
      'select distinct xmin::text from callback_keys where key = any($1)',
      keys,
    );
    expect(transactions.length).toBeLessThanOrEqual(3);
  });

  it('A callback that two gateways receive at once becomes one event', async () => {
    const callbacks = Array.from({ length: 50 }, () => received());
    const again = callbacks.map((one) => ({ ...one, signature: randomUUID() })).reverse();
    const outcomes = (await Promise.all([recordAll(callbacks), recordAll(again, other)])).flat();
    expect(outcomes.filter((outcome) => outcome === 'stored')).toHaveLength(50);
    for (const one of callbacks) expect(await writtenOf(one.appid)).toEqual([idOf(one)]);
  });

  it('A copy at the URL of another mini-program is replayed and leaves nothing, and the original at its own URL is a duplicate', async () => {
    const original = received();
    const copy = received({ signature: original.signature });
    expect(await recordAll([original])).toEqual(['stored']);
    expect(await recordAll([copy, original], other)).toEqual(['replayed', 'duplicate']);
    expect(await writtenOf(copy.appid)).toEqual([]);
    expect(await value('select count(*)::int from callback_keys where key = $1', copy.key)).toBe(0);
  });

  it('A copy at the URL of another mini-program that arrives together with the original is replayed too', async () => {
    const original = received();
    const copy = received({ signature: original.signature });
    expect(await recordAll([original, copy, original])).toEqual(['stored', 'replayed', 'duplicate']);
    expect([await writtenOf(original.appid), await writtenOf(copy.appid)]).toEqual([[idOf(original)], []]);
    expect(await value('select count(*)::int from callback_keys where key = $1', copy.key)).toBe(0);
  });

  it('Callbacks of which some ask for a read and some are duplicates have the outcome of each', async () => {
    const known = received();
    await recordAll([known]);
    const [plain, asking] = [received(), received({ parts: ['INTERFACES'] })];
    const again = { ...known, signature: randomUUID() };
    expect(await recordAll([asking, again, plain])).toEqual(['stored', 'duplicate', 'stored']);
    for (const one of [known, plain, asking]) expect(await writtenOf(one.appid)).toEqual([idOf(one)]);
  });

  it('Redeliveries, signed again or not, take the one statement of new callbacks that arrive with them', async () => {
    const known = [received(), received({ signature: null })];
    await recordAll(known);
    const again = known.flatMap((one) => [one, { ...one, signature: randomUUID() }]);
    const names: (string | undefined)[] = [];
    const observer = observing((name) => names.push(name));
    const observed = await openStore({ url: scratch.url, poolSize: 5, observer }, 'gateway');
    const outcomes = await recordAll([...again, received()], observed);
    await observed.close();
    expect(outcomes).toEqual([...Array(4).fill('duplicate'), 'stored']);
    expect(names.filter((name) => name?.includes('callback'))).toEqual(['record-callbacks']);
  });

  it('Callbacks without a signature are distinguished by their keys only', async () => {
    const [one, two] = [received({ signature: null }), received({ signature: null })];
    expect(await recordAll([one, two, one])).toEqual(['stored', 'stored', 'duplicate']);
  });

  it('A redelivery after 15 minutes is an event again, under the same id, and old keys are deleted', async () => {
    const callback = received();
    await recordAll([callback]);
    await sql(`update callback_keys set received_at = now() - interval '16 minutes'`);
    await recordAll([received()]);
    const again = { ...callback, signature: randomUUID() };
    for (let tries = 0; (await recordAll([again]))[0] !== 'stored' && tries < 1_000; tries++)
      await recordAll([received()]);
    expect(await writtenOf(callback.appid)).toEqual([idOf(callback), idOf(callback)]);
  });

  it('A redelivery by which its own old keys are deleted is an event again, and no replay', async () => {
    const asking = received({ parts: ['INTERFACES'] });
    await sql('delete from callback_keys');
    await recordAll([asking]);
    await sql(`update callback_keys set received_at = now() - interval '16 minutes'`);
    expect(await recordAll([asking])).toEqual(['stored']);
    expect(await writtenOf(asking.appid)).toEqual([idOf(asking), idOf(asking)]);
  });

  it('The events of one mini-program have the order in which their callbacks were answered', async () => {
    const appid = newAppid();
    const callbacks = Array.from({ length: 20 }, () => received({ appid }));
    for (const [i, callback] of callbacks.entries())
      await recordAll([callback], i % 2 === 0 ? gateway : other);
    expect(await writtenOf(appid)).toEqual(callbacks.map(idOf));
  });

  it('A callback that asks for a read of its mini-program makes it due in the transaction of its event', async () => {
    const appid = newAppid();
    await sql(`insert into authorizers (appid, state) values ($1, 'AUTHORIZED')`, appid);
    await sql(`insert into mini_programs (appid, due_at) values ($1, now() + interval '1 day')`, appid);
    const callback = received({ appid, parts: ['INTERFACES'] });
    expect(await recordAll([callback])).toEqual(['stored']);
    const [program] = await sql<{ due: string[]; written: string }>(
      `select m.due_parts as due, m.xmin::text as written from mini_programs m where appid = $1`,
      appid,
    );
    expect(program?.due).toEqual(['INTERFACES']);
    expect(await column('select xmin::text from callback_keys where key = $1', callback.key)).toEqual([
      program?.written,
    ]);
  });

  it('A callback about an audit is stored while platform events wait for a lock', async () => {
    await whileLocked('lock table callback_keys in exclusive mode', [], async () => {
      const waiting = recordAll([received()]).catch((error: unknown) => error);
      const decision = {
        ...({ state: 'APPROVED', source: 'CALLBACK', decidedAt: new Date() } as const),
        ...{ reason: '', screenshots: [], originalId: '' },
      };
      const push = { key: randomUUID(), appid: newAppid(), signature: randomUUID(), decision };
      expect(await gateway.audits.recordPush(push)).toBe('unmatched');
      expect(await waiting).toBeInstanceOf(Error);
    });
  });
});

it('countWaiting is at most the limit when that many wait or more, and never less than what waits', async () => {
  await sql(`delete from outbox where writer = 'gateway-events'`);
  expect(await gateway.callbacks.countWaiting(10)).toBe(0);
  await recordAll(Array.from({ length: 7 }, () => received()));
  // Other writers use the same sequence: the span of the ids is more than what waits.
  await sql(`select nextval('outbox_id_seq') from generate_series(1, 100)`);
  await recordAll([received()]);
  expect(await gateway.callbacks.countWaiting(8)).toBe(8);
  expect(await gateway.callbacks.countWaiting(9)).toBe(8);
  expect(await gateway.callbacks.countWaiting(5)).toBe(5);
  expect(await gateway.callbacks.countWaiting(1_000)).toBeGreaterThanOrEqual(8);
});

it('Names of callbacks are counted with their first and last time, and there are at most 500', async () => {
  const at = (ms: number) => new Date(1_700_000_000_000 + ms);
  const name = (of: string, ms: number, seen: number) => ({
    ...({ kind: 'EVENT', name: of, firstAt: at(ms), lastAt: at(ms + 5), seen } as const),
  });
  await gateway.callbacks.addNames([name('subscribe', 10, 2), name('b', 0, 1)]);
  await other.callbacks.addNames([name('subscribe', 0, 3)]);
  expect(await gateway.callbacks.names()).toEqual([
    { kind: 'EVENT', name: 'subscribe', firstAt: at(0), lastAt: at(15), seen: 5 },
    name('b', 0, 1),
  ]);
  await gateway.callbacks.addNames(Array.from({ length: 600 }, (_, i) => name(`n${i}`, 0, 1)));
  await gateway.callbacks.addNames([name('late', 0, 1), name('b', 20, 1)]);
  const names = await gateway.callbacks.names();
  expect(names).toHaveLength(500);
  expect(names.find((one) => one.name === 'b')?.seen).toBe(2);
});
