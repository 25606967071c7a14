import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { newAppid } from '../appid.js';
import { claimed, OperationSteps, settlement } from './operation-steps.js';
import { event, NIL_UUID, newOperation, type ScratchStore, scratchStore } from './scratch-store.js';

let scratch: ScratchStore;
let steps: OperationSteps;
beforeAll(async () => {
  scratch = await scratchStore();
  steps = new OperationSteps(scratch);
});
afterAll(() => scratch?.close());

let lastPartition = 0;
/** Operations of one mini-program, with a partition that no other test uses. */
async function accepted(count: number) {
  const appid = newAppid();
  lastPartition += 1;
  return { appid, partition: lastPartition, ids: await steps.accept(count, appid) };
}

const load = async (partition: number, count = 500) =>
  (await scratch.worker.backlog.load('method', [{ of: 'Release', count }], [partition])).map(({ id }) => id);
const claimAt = (id: string, partition: number) =>
  scratch.worker.operations.claim({ id, partition, leaseMs: 60_000, key: randomUUID() });
const backlogOf = async (id: string) =>
  (await scratch.sql<{ backlog: string | null }>('select backlog from operations where id = $1', [id]))[0]
    ?.backlog;

describe('backlog', () => {
  it('Delayed operations are loaded once, in the order of acceptance, by the owner of their partition', async () => {
    const { appid, partition, ids } = await accepted(3);
    for (const id of ids.toReversed())
      expect(await scratch.worker.backlog.delay({ id, appid, partition, backlog: 'method' })).toBe('delayed');
    expect(await load(partition + 1_000)).toEqual([]);
    expect(await load(partition, 2)).toEqual(ids.slice(0, 2));
    expect(await load(partition)).toEqual(ids.slice(2));
    expect(await load(partition)).toEqual([]);
  });

  it('Delayed operations are claimed in order, and a settlement releases the next', async () => {
    const { appid, partition, ids } = await accepted(2);
    const [first = '', second = ''] = ids;
    for (const id of ids) await scratch.worker.backlog.delay({ id, appid, partition, backlog: 'method' });
    expect(await claimAt(second, partition)).toMatchObject({ kind: 'blocked' });
    const operation = claimed(await claimAt(first, partition));
    expect(await backlogOf(first)).toBe('loaded');
    const { released } = await scratch.worker.operations.settle(settlement(operation, 'SUCCEEDED'));
    expect(released).toMatchObject([{ id: second, appid, partition, isRetry: false }]);
    claimed(await claimAt(second, partition));
  });

  it('Loaded operations can be loaded again after their worker is lost', async () => {
    const { appid, partition, ids } = await accepted(2);
    for (const id of ids) await scratch.worker.backlog.delay({ id, appid, partition, backlog: 'method' });
    expect(await load(partition)).toEqual(ids);
    await scratch.worker.backlog.unloadAll([partition]);
    expect(await load(partition)).toEqual(ids);
    expect((await scratch.worker.backlog.loadedIds([partition])).toSorted()).toEqual(ids);
    await scratch.worker.backlog.unload(ids.slice(1));
    expect(await load(partition)).toEqual(ids.slice(1));
  });

  it('The next owner of a partition loads the operation that a lost worker had begun, and then the next', async () => {
    const { worker } = scratch;
    const { appid, partition, ids } = await accepted(2);
    const [first = '', second = ''] = ids;
    for (const id of ids) await worker.backlog.delay({ id, appid, partition, backlog: 'method' });
    expect(await load(partition)).toEqual(ids);
    const lost = async () => {
      await worker.backlog.unloadAll([partition]);
      return load(partition);
    };
    expect(await claimAt(second, partition)).toMatchObject({ kind: 'blocked' });
    const operation = claimed(await claimAt(first, partition));
    expect(await lost()).toEqual([first]);
    await worker.operations.settle(settlement(operation, 'RETRYING', { retryInMs: 0 }));
    expect(await lost()).toEqual([first]);
    const again = claimed(await claimAt(first, partition));
    expect(await lost()).toEqual([first]);
    await worker.operations.settle(settlement(again, 'SUCCEEDED'));
    claimed(await claimAt(second, partition));
    expect(await lost()).toEqual([second]);
  });

  it('Operations delayed for their lane are found by their mini-program', async () => {
    const { appid, partition, ids } = await accepted(3);
    for (const id of ids) await scratch.worker.backlog.delay({ id, appid, partition, backlog: 'lane' });
    expect(await scratch.worker.backlog.lanesWithBacklog([partition])).toEqual([appid]);
    const loaded = await scratch.worker.backlog.load('lane', [{ of: appid, count: 2 }], [partition]);
    expect(loaded.map(({ id }) => id)).toEqual(ids.slice(0, 2));
  });

  it('delay returns not-needed for operations that ended, are in doubt or blocked, and unknown for unknown ones', async () => {
    const { appid, partition, ids } = await accepted(3);
    const [inDoubt = '', blocked = ''] = ids;
    await scratch.worker.operations.settle(
      settlement(claimed(await claimAt(inDoubt, partition)), 'IN_DOUBT'),
    );
    expect(await claimAt(blocked, partition)).toMatchObject({ kind: 'blocked' });
    const cancelled = newOperation({ appid });
    await scratch.gateway.operations.accept(cancelled);
    await scratch.gateway.operations.cancel(cancelled.id, () => event(appid, `${cancelled.id}.cancelled`));
    const delay = (id: string, of = appid) =>
      scratch.worker.backlog.delay({ id, appid: of, partition, backlog: 'method' });
    for (const id of [inDoubt, blocked, cancelled.id]) expect(await delay(id)).toBe('not-needed');
    expect([await delay(randomUUID()), await delay(ids[2] ?? '', newAppid())]).toEqual([
      'unknown',
      'unknown',
    ]);
  });
});

describe('promoteDue', () => {
  it('A due operation is promoted once and loaded before operations accepted later', async () => {
    const { appid, partition, ids } = await accepted(1);
    const [id = ''] = ids;
    const row = settlement(claimed(await claimAt(id, partition)), 'RETRYING', {
      delayed: true,
      retryInMs: 60_000,
    });
    await scratch.worker.operations.settle(row);
    expect(await scratch.worker.backlog.promoteDue([partition], 500)).toBe(0);
    expect(await claimAt(id, partition)).toMatchObject({ kind: 'delayed' });
    await scratch.sql('update operations set next_attempt_at = now() where id = $1', [id]);
    const later = await steps.accept(3, appid);
    for (const one of later)
      await scratch.worker.backlog.delay({ id: one, appid, partition, backlog: 'method' });
    const counts = [1, 2].map(() => scratch.worker.backlog.promoteDue([partition], 500));
    expect((await Promise.all(counts)).reduce((a, b) => a + b)).toBe(1);
    expect(await load(partition)).toEqual([id, ...later]);
    expect(claimed(await claimAt(id, partition)).fence).toBe(2);
  });
});

describe('throttledMs', () => {
  it('throttledMs is the time from due to claim without the time that the circuit breaker was open', async () => {
    const { partition, ids } = await accepted(1);
    const [id = ''] = ids;
    const first = claimed(await claimAt(id, partition));
    expect(first.throttledMs).toBe(0);
    await scratch.worker.operations.settle(settlement(first, 'RETRYING', { retryInMs: 0 }));
    await scratch.sql(`update operations set next_attempt_at = now() - interval '40 s' where id = $1`, [id]);
    const openMs = 10_000;
    const claim = { id, partition, leaseMs: 60_000, key: randomUUID() };
    const second = claimed(await scratch.worker.operations.claim({ ...claim, openMs }));
    // Without the time that the circuit breaker was open.
    expect(second.throttledMs / 1_000).toBeCloseTo(30, 0);
  });

  it('throttledMs includes the time from the expired lease of a lost worker to the next claim', async () => {
    const { worker } = scratch;
    const expire = (id: string) =>
      scratch.sql(`update operations set lease_until = now() - interval '40 s' where id = $1`, [id]);
    const { partition, ids } = await accepted(1);
    const [change = ''] = ids;
    claimed(await claimAt(change, partition));
    await expire(change);
    const expired = await claimAt(change, partition);
    if (expired.kind !== 'lease-expired') throw new Error(`not expired but ${expired.kind}`);
    await worker.operations.settle(settlement(expired.operation, 'IN_DOUBT', { reconcileInMs: 0 }));
    const [taken] = (await worker.doubts.take(500, 60_000)).filter(({ id }) => id === change);
    expect(taken?.throttledMs).toBeGreaterThanOrEqual(40_000);
    const query = newOperation({ isChange: false });
    await scratch.gateway.operations.accept(query);
    claimed(await claimAt(query.id, partition));
    await expire(query.id);
    const { throttledMs } = claimed(await claimAt(query.id, partition));
    expect(throttledMs).toBeGreaterThanOrEqual(40_000);
  });
});

describe('blocked operations', () => {
  it('Blocked operations are released by the settlement that ends the change and not by a retry of it', async () => {
    const { partition, ids } = await accepted(3);
    const [first = '', ...others] = ids;
    const operation = claimed(await claimAt(first, partition));
    for (const id of others) expect(await claimAt(id, partition)).toMatchObject({ kind: 'blocked' });
    const retried = await scratch.worker.operations.settle(settlement(operation, 'RETRYING'));
    expect(retried.released).toEqual([]);
    const again = claimed(await claimAt(first, partition));
    const { released } = await scratch.worker.operations.settle(settlement(again, 'FAILED'));
    expect(released.map(({ id }) => id).toSorted()).toEqual(others);
    expect(await load(partition)).toEqual(others);
  });

  it.each(['cancel', 'resolve', 'settle-doubt'] as const)(
    'A blocked operation is released by %s',
    async (how) => {
      const { appid, partition, ids } = await accepted(2);
      const [first = '', second = ''] = ids;
      const operation = claimed(await claimAt(first, partition));
      const outcome = () => event(appid, `${first}.ended`);
      if (how === 'cancel') {
        await scratch.worker.operations.settle(settlement(operation, 'RETRYING', { attempts: 0 }));
        expect(await claimAt(second, partition)).toMatchObject({ kind: 'blocked' });
        await scratch.gateway.operations.cancel(first, outcome);
      } else {
        await scratch.worker.operations.settle(settlement(operation, 'IN_DOUBT', { reconcileInMs: 0 }));
        expect(await claimAt(second, partition)).toMatchObject({ kind: 'blocked' });
        const { doubts } = scratch.worker;
        const by = { id: first, resolvedBy: 'operator', reason: 'looked' };
        const failed = { state: 'FAILED', error: '{}', result: null, auditEffect: null } as const;
        if (how === 'resolve') await scratch.gateway.doubts.resolve(by, () => failed, outcome);
        else await doubts.settle(settlement(operation, 'SUCCEEDED'), { checks: 0, throttledMs: 0 });
      }
      expect(await load(partition)).toEqual([second]);
    },
  );

  it('An operation that an operator resolves with RETRYING is loaded again without a command in the outbox', async () => {
    const { appid, partition, ids } = await accepted(1);
    const [id = ''] = ids;
    await scratch.worker.operations.settle(settlement(claimed(await claimAt(id, partition)), 'IN_DOUBT'));
    const retry = { state: 'RETRYING', error: null, result: null, auditEffect: null } as const;
    const by = { id, resolvedBy: 'operator', reason: 'looked' };
    await scratch.gateway.doubts.resolve(
      by,
      () => retry,
      () => event(appid, `${id}.again`),
    );
    await scratch.worker.backlog.promoteDue([partition], 500);
    expect(await load(partition)).toEqual([id]);
    expect(await scratch.sql('select from outbox where event_id = $1', [`${id}.again`])).toEqual([]);
  });

  it('A blocked operation is released by its own claim or by releaseMissed if the change ended in the meantime', async () => {
    const { partition, ids } = await accepted(2);
    const [first = '', second = ''] = ids;
    const operation = claimed(await claimAt(first, partition));
    expect(await claimAt(second, partition)).toMatchObject({ kind: 'blocked' });
    expect(await scratch.worker.backlog.releaseIfEnded(second)).toBe(false);
    await scratch.worker.operations.settle(settlement(operation, 'SUCCEEDED'));
    // Already released by the settlement.
    expect(await scratch.worker.backlog.releaseIfEnded(second)).toBe(true);
    const again = `update operations set blocked_by = $1, backlog = null where id = $2`;
    await scratch.sql(again, [first, second]);
    expect(await scratch.worker.backlog.releaseIfEnded(second)).toBe(true);
    // The safety net for a blocked operation that was not released.
    await scratch.sql(again, [first, second]);
    let after: string | undefined = NIL_UUID;
    let count = 0;
    while (after !== undefined) {
      const { next, released } = await scratch.worker.backlog.releaseMissed(after, 10);
      [after, count] = [next, count + released];
    }
    expect(count).toBe(1);
    claimed(await claimAt(second, partition));
  });
});

describe('findUntouched', () => {
  const untouched = async (appid: string) => {
    const found: string[] = [];
    let after: string | undefined = NIL_UUID;
    while (after !== undefined) {
      const page = await scratch.worker.backlog.findUntouched(after, 60_000);
      found.push(...page.untouched.filter((one) => one.appid === appid).map(({ id }) => id));
      after = page.next;
    }
    return found;
  };
  const age = (appid: string) =>
    scratch.sql(`update operations set updated_at = now() - interval '2 minutes' where appid = $1`, [appid]);

  it('findUntouched finds operations untouched for over a minute, and only the first change of a mini-program', async () => {
    const { appid, partition, ids } = await accepted(2);
    const [first = '', second = ''] = ids;
    const query = newOperation({ appid, method: 'ListPages', isChange: false });
    await scratch.gateway.operations.accept(query);
    expect(await untouched(appid)).toEqual([]);
    await age(appid);
    expect(await untouched(appid)).toEqual([first, query.id]);
    const lost = [first, query.id].map((id) => ({ id, partition }));
    expect(await scratch.worker.backlog.recover(lost, 60_000)).toBe(2);
    expect(await untouched(appid)).toEqual([]);
    expect(await load(partition)).toEqual([first]);
    await scratch.worker.operations.settle(settlement(claimed(await claimAt(first, partition)), 'SUCCEEDED'));
    expect(await untouched(appid)).toEqual([second]);
  });

  it('findUntouched finds no operations that are delayed, in doubt or still in the outbox', async () => {
    const { appid, partition, ids } = await accepted(2);
    const [inDoubt = '', blocked = ''] = ids;
    await scratch.worker.operations.settle(
      settlement(claimed(await claimAt(inDoubt, partition)), 'IN_DOUBT'),
    );
    await claimAt(blocked, partition);
    await age(appid);
    expect(await untouched(appid)).toEqual([]);
    const waiting = await accepted(1);
    await age(waiting.appid);
    expect(await untouched(waiting.appid)).toEqual(waiting.ids);
    await scratch.sql(`update outbox set time = now() - interval '2 minutes'`);
    expect(await untouched(waiting.appid)).toEqual([]);
  });
});
