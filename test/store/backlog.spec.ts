import { randomUUID } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import type { BacklogOf } from '@wxa/operations/backlog';
import * as steps from './operation-steps.js';
import {
  accept,
  acceptAll,
  acceptQuery,
  cancel,
  claimed,
  resolve,
  settle,
  settlement,
} from './operation-steps.js';
import { NIL_UUID, newOperation } from './scratch-store.js';
import { gateway, newAppid, sql, useStore, value, worker } from './use-store.js';

useStore();

let partition = 0;
/** Changes of one mini-program, on a partition that no other test uses. */
async function accepted(count: number) {
  const appid = newAppid();
  partition += 1;
  const [first = '', second = '', third = ''] = await acceptAll(count, appid);
  return { appid, ids: [first, second, third].slice(0, count), first, second, third };
}

const claim = (id: string, given = {}) => steps.claim(id, { partition, ...given });
const begun = async (id: string) => claimed(await claim(id));
const load = async (count = 500, of = partition) =>
  (await worker.backlog.load('method', [{ of: 'Release', count }], [of])).map(({ id }) => id);
const delay = (id: string, appid: string, backlog: BacklogOf = 'method') =>
  worker.backlog.delay({ id, appid, partition, backlog });

/** Changes of one mini-program in the backlog. */
async function delayed(count: number, backlog?: BacklogOf) {
  const made = await accepted(count);
  for (const id of made.ids.toReversed()) expect(await delay(id, made.appid, backlog)).toBe('delayed');
  return made;
}

describe('backlog', () => {
  it('Delayed operations are loaded once, in the order of acceptance, by the owner of their partition', async () => {
    const { ids } = await delayed(3);
    expect(await load(500, partition + 1_000)).toEqual([]);
    expect(await load(2)).toEqual(ids.slice(0, 2));
    expect(await load()).toEqual(ids.slice(2));
    expect(await load()).toEqual([]);
  });

  it('Delayed operations are claimed in order, and a settlement releases the next', async () => {
    const { appid, first, second } = await delayed(2);
    expect(await claim(second)).toMatchObject({ kind: 'blocked' });
    const operation = await begun(first);
    expect(await value('select backlog from operations where id = $1', first)).toBe('loaded');
    const { released } = await settle(operation, 'SUCCEEDED');
    expect(released).toMatchObject([{ id: second, appid, partition, isRetry: false }]);
    await begun(second);
  });

  it('Loaded operations can be loaded again after their worker is lost', async () => {
    const { ids, second } = await delayed(2);
    expect(await load()).toEqual(ids);
    await worker.backlog.unloadAll([partition]);
    expect(await load()).toEqual(ids);
    expect((await worker.backlog.loadedIds([partition])).toSorted()).toEqual(ids);
    await worker.backlog.unload([second]);
    expect(await load()).toEqual([second]);
  });

  it('The next owner of a partition loads the operation that a lost worker had begun, and then the next', async () => {
    const { ids, first, second } = await delayed(2);
    expect(await load()).toEqual(ids);
    const lost = async () => {
      await worker.backlog.unloadAll([partition]);
      return load();
    };
    expect(await claim(second)).toMatchObject({ kind: 'blocked' });
    const operation = await begun(first);
    expect(await lost()).toEqual([first]);
    await settle(operation, 'RETRYING');
    expect(await lost()).toEqual([first]);
    const again = await begun(first);
    expect(await lost()).toEqual([first]);
    await settle(again, 'SUCCEEDED');
    await begun(second);
    expect(await lost()).toEqual([second]);
  });

  it('Operations delayed for their lane are found by their mini-program', async () => {
    const { appid, ids } = await delayed(3, 'lane');
    expect(await worker.backlog.lanesWithBacklog([partition])).toEqual([appid]);
    const loaded = await worker.backlog.load('lane', [{ of: appid, count: 2 }], [partition]);
    expect(loaded.map(({ id }) => id)).toEqual(ids.slice(0, 2));
  });

  it('delay returns not-needed for operations that ended, are in doubt or blocked, and unknown for unknown ones', async () => {
    const { appid, first, second, third } = await accepted(3);
    await settle(await begun(first), 'IN_DOUBT');
    expect(await claim(second)).toMatchObject({ kind: 'blocked' });
    const cancelled = await accept({ appid });
    await cancel(cancelled);
    for (const id of [first, second, cancelled]) expect(await delay(id, appid)).toBe('not-needed');
    expect(await delay(randomUUID(), appid)).toBe('unknown');
    expect(await delay(third, newAppid())).toBe('unknown');
  });

  it('A due operation is promoted once and loaded before operations accepted later', async () => {
    const { appid, first } = await accepted(1);
    await settle(await begun(first), 'RETRYING', { delayed: true, retryInMs: 60_000 });
    expect(await worker.backlog.promoteDue([partition], 500)).toBe(0);
    expect(await claim(first)).toMatchObject({ kind: 'delayed' });
    await sql('update operations set next_attempt_at = now() where id = $1', first);
    const later = await acceptAll(3, appid);
    for (const id of later) await delay(id, appid);
    const counts = [1, 2].map(() => worker.backlog.promoteDue([partition], 500));
    expect((await Promise.all(counts)).toSorted()).toEqual([0, 1]);
    expect(await load()).toEqual([first, ...later]);
    expect((await begun(first)).fence).toBe(2);
  });
});

describe('throttledMs', () => {
  it('throttledMs is the time from due to claim without the time that the circuit breaker was open', async () => {
    const { first: id } = await accepted(1);
    const first = await begun(id);
    expect(first.throttledMs).toBe(0);
    await settle(first, 'RETRYING');
    const startedAt = performance.now();
    await sql(`update operations set next_attempt_at = now() - interval '40 s' where id = $1`, id);
    const second = claimed(await claim(id, { openMs: 10_000 }));
    const tookMs = performance.now() - startedAt;
    expect(second.throttledMs).toBeGreaterThanOrEqual(30_000);
    expect(second.throttledMs).toBeLessThanOrEqual(30_000 + tookMs + 1);
  });

  it('throttledMs includes the time from the expired lease of a lost worker to the next claim', async () => {
    const expired = async (id: string) => {
      await begun(id);
      await sql(`update operations set lease_until = now() - interval '40 s' where id = $1`, id);
      return claim(id);
    };
    const change = await expired(await accept());
    if (change.kind !== 'lease-expired') throw new Error(`not expired but ${change.kind}`);
    await settle(change.operation, 'IN_DOUBT');
    const [taken] = (await worker.doubts.take(500, 60_000)).filter(({ id }) => id === change.operation.id);
    expect(taken?.throttledMs).toBeGreaterThanOrEqual(40_000);
    const query = claimed(await expired(await acceptQuery()));
    expect(query.throttledMs).toBeGreaterThanOrEqual(40_000);
  });
});

describe('blocked operations', () => {
  it('Blocked operations are released by the settlement that ends the change and not by a retry of it', async () => {
    const { first, second, third } = await accepted(3);
    const operation = await begun(first);
    for (const id of [second, third]) expect(await claim(id)).toMatchObject({ kind: 'blocked' });
    expect((await settle(operation, 'RETRYING')).released).toEqual([]);
    const { released } = await settle(await begun(first), 'FAILED');
    expect(released.map(({ id }) => id).toSorted()).toEqual([second, third]);
    expect(await load()).toEqual([second, third]);
  });

  it('A listed call that a settlement releases has its path, by which a stop holds it', async () => {
    const { appid, first } = await accepted(1);
    const operation = await begun(first);
    const call = newOperation({ appid, method: 'ChangeWechat' });
    await gateway.operations.acceptCall(call, '/p');
    expect(await claim(call.id)).toMatchObject({ kind: 'blocked' });
    const { released } = await settle(operation, 'SUCCEEDED');
    expect(released).toMatchObject([{ id: call.id, api: '/p' }]);
  });

  it.each(['cancel', 'resolve', 'settle-doubt'] as const)(
    'A blocked operation is released by %s',
    async (how) => {
      const { first, second } = await accepted(2);
      const operation = await begun(first);
      if (how === 'cancel') await settle(operation, 'RETRYING', { attempts: 0 });
      else await settle(operation, 'IN_DOUBT');
      expect(await claim(second)).toMatchObject({ kind: 'blocked' });
      if (how === 'cancel') await cancel(first);
      else if (how === 'resolve') await resolve(first, 'FAILED');
      else await worker.doubts.settle(settlement(operation, 'SUCCEEDED'), { checks: 0, throttledMs: 0 });
      expect(await load()).toEqual([second]);
    },
  );

  it('An operation that an operator resolves with RETRYING is loaded again without an event in the outbox', async () => {
    const { first } = await accepted(1);
    await settle(await begun(first), 'IN_DOUBT', { event: null });
    await resolve(first, 'RETRYING');
    await worker.backlog.promoteDue([partition], 500);
    expect(await load()).toEqual([first]);
    expect(await sql('select from outbox where event_id = $1', `${first}.completed`)).toEqual([]);
  });

  it('A blocked operation is released by its own claim or by releaseMissed if the change ended in the meantime', async () => {
    const { first, second } = await accepted(2);
    const operation = await begun(first);
    expect(await claim(second)).toMatchObject({ kind: 'blocked' });
    expect(await worker.backlog.releaseIfEnded(second)).toBe(false);
    await settle(operation, 'SUCCEEDED');
    // Already released by the settlement.
    expect(await worker.backlog.releaseIfEnded(second)).toBe(true);
    const blockAgain = () =>
      sql('update operations set blocked_by = $1, backlog = null where id = $2', first, second);
    await blockAgain();
    expect(await worker.backlog.releaseIfEnded(second)).toBe(true);
    // The safety net for a blocked operation that was not released.
    await blockAgain();
    let count = 0;
    for (let after: string | undefined = NIL_UUID; after !== undefined; ) {
      const page: { next?: string; released: number } = await worker.backlog.releaseMissed(after, 10);
      after = page.next;
      count += page.released;
    }
    expect(count).toBe(1);
    await begun(second);
  });
});

describe('findUntouched', () => {
  const untouched = async (appid: string) => {
    const found: string[] = [];
    for (let after: string | undefined = NIL_UUID; after !== undefined; ) {
      const page: Awaited<ReturnType<typeof worker.backlog.findUntouched>> =
        await worker.backlog.findUntouched(after, 60_000);
      found.push(...page.untouched.filter((one) => one.appid === appid).map(({ id }) => id));
      after = page.next;
    }
    return found;
  };
  const age = (appid: string) =>
    sql(`update operations set updated_at = now() - interval '2 minutes' where appid = $1`, appid);

  it('findUntouched finds operations untouched for over a minute, and only the first change of a mini-program', async () => {
    const { appid, first, second } = await accepted(2);
    const query = await acceptQuery(appid);
    expect(await untouched(appid)).toEqual([]);
    await age(appid);
    expect(await untouched(appid)).toEqual([first, query]);
    const lost = [first, query].map((id) => ({ id, partition }));
    expect(await worker.backlog.recover(lost, 60_000)).toBe(2);
    expect(await untouched(appid)).toEqual([]);
    expect(await load()).toEqual([first]);
    await settle(await begun(first), 'SUCCEEDED');
    expect(await untouched(appid)).toEqual([second]);
  });

  it('findUntouched finds no operations that are delayed, in doubt or still in the outbox', async () => {
    const { appid, first, second } = await accepted(2);
    await settle(await begun(first), 'IN_DOUBT');
    await claim(second);
    await age(appid);
    expect(await untouched(appid)).toEqual([]);
    const waiting = await accepted(1);
    await age(waiting.appid);
    expect(await untouched(waiting.appid)).toEqual(waiting.ids);
    await sql(`update outbox set time = now() - interval '2 minutes'`);
    expect(await untouched(waiting.appid)).toEqual([]);
  });
});
