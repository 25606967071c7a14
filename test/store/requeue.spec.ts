import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { anAppid } from '../world.js';
import { claimed, OperationSteps, settlement } from './operation-steps.js';
import { event, newOperation, type ScratchStore, scratchStore } from './scratch-store.js';

let scratch: ScratchStore;
let steps: OperationSteps;
beforeAll(async () => {
  scratch = await scratchStore();
  steps = new OperationSteps(scratch);
});
afterAll(() => scratch?.close());

describe('parked operations', () => {
  it('come back when they are due, once', async () => {
    const appid = anAppid();
    const [id = ''] = await steps.accept(1, appid);
    const operation = claimed(await steps.claim(id));
    await scratch.worker.settle(settlement(operation, 'RETRYING', { parked: true }));
    expect((await steps.claim(id)).kind).toBe('parked');
    const requeue = () => scratch.worker.requeue((o) => event(o.appid, `${o.id}.command.${o.attempt}`));
    const counts = await Promise.all([requeue(), requeue()]);
    expect(counts.reduce((a, b) => a + b)).toBe(1);
    expect(await scratch.sql('select from outbox where event_id = $1', [`${id}.command.1`])).toHaveLength(1);
    expect(claimed(await steps.claim(id)).attempt).toBe(2);
  });

  it('wait for the change in doubt before them, by name, and come back in order when it ends', async () => {
    const appid = anAppid();
    const [doubtful = '', second = '', third = ''] = await steps.accept(3, appid);
    await scratch.worker.settle(settlement(claimed(await steps.claim(doubtful)), 'IN_DOUBT'));
    for (const id of [third, second]) {
      expect(await steps.claim(id)).toMatchObject({ kind: 'blocked' });
      expect(await scratch.gateway.findOperation(id)).toMatchObject({ state: 'QUEUED', blockedBy: doubtful });
    }
    expect(await scratch.worker.requeue((o) => event(o.appid, o.id))).toBe(0);
    const query = newOperation({ appid, method: 'ListPages', isChange: false });
    await scratch.gateway.accept(query);
    claimed(await steps.claim(query.id));
    const resolved = await scratch.gateway.resolve(
      { id: doubtful, resolvedBy: 'a person', reason: 'looked' },
      () => ({ state: 'FAILED', error: '{}', result: null, auditEffect: null }),
      (o) => event(o.appid, `${o.id}.completed`),
    );
    expect(resolved).toMatchObject({ kind: 'resolved', operation: { state: 'FAILED' } });
    const order: string[] = [];
    expect(
      await scratch.worker.requeue((o) => {
        order.push(o.id);
        return event(o.appid, o.id);
      }),
    ).toBe(2);
    expect(order).toEqual([second, third]);
    expect((await steps.claim(third)).kind).toBe('blocked');
    claimed(await steps.claim(second));
  });

  it('are told to the one who ends what they wait for', async () => {
    const [first = '', second = ''] = await steps.accept(2, anAppid());
    const operation = claimed(await steps.claim(first));
    expect((await steps.claim(second)).kind).toBe('blocked');
    expect(await scratch.worker.settle(settlement(operation, 'FAILED'))).toMatchObject({
      kind: 'settled',
      awaited: true,
    });
  });
});

describe('operations whose command was lost', () => {
  it('are published again once nobody has touched them for long, the first change of a mini-program only', async () => {
    const appid = anAppid();
    const [first = '', second = ''] = await steps.accept(2, appid);
    const query = newOperation({ appid, method: 'ListPages', isChange: false });
    await scratch.gateway.accept(query);
    const found: string[] = [];
    const look = () =>
      scratch.worker.requeueLost((o) => {
        if (o.appid === appid) found.push(o.id);
        return event(o.appid, o.id);
      }, 60_000);
    await look();
    expect(found).toEqual([]);
    await scratch.sql(`update operations set updated_at = now() - interval '2 minutes' where appid = $1`, [
      appid,
    ]);
    await look();
    expect(found).toEqual([first, query.id]);
    await look();
    expect(found).toHaveLength(2);
    await scratch.worker.settle(settlement(claimed(await steps.claim(first)), 'SUCCEEDED'));
    await look();
    expect(found.at(-1)).toBe(second);
  });

  it('are left alone while they are parked or in doubt', async () => {
    const appid = anAppid();
    const [doubtful = '', blocked = ''] = await steps.accept(2, appid);
    await scratch.worker.settle(settlement(claimed(await steps.claim(doubtful)), 'IN_DOUBT'));
    await steps.claim(blocked);
    await scratch.sql(`update operations set updated_at = now() - interval '2 minutes' where appid = $1`, [
      appid,
    ]);
    const found: string[] = [];
    await scratch.worker.requeueLost((o) => {
      found.push(o.id);
      return event(o.appid, o.id);
    }, 60_000);
    expect(found).not.toContain(doubtful);
    expect(found).not.toContain(blocked);
  });
});
