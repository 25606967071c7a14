import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { anAppid } from '../world.js';
import { claimed, OperationSteps, settlement } from './operation-steps.js';
import { event, type ScratchStore, scratchStore } from './scratch-store.js';

let scratch: ScratchStore;
let steps: OperationSteps;
beforeAll(async () => {
  scratch = await scratchStore();
  steps = new OperationSteps(scratch);
});
afterAll(() => scratch?.close());

describe('cancel', () => {
  const cancel = (id: string) => scratch.gateway.cancel(id, (o) => event(o.appid, `${o.id}.cancelled`));

  it('ends what was never sent, publishes that, and answers a repeat alike', async () => {
    const [id = ''] = await steps.accept(1, anAppid());
    expect(await cancel(id)).toMatchObject({ kind: 'cancelled', operation: { state: 'CANCELLED' } });
    expect(await cancel(id)).toMatchObject({ kind: 'already-cancelled' });
    expect((await steps.claim(id)).kind).toBe('finished');
    expect(await scratch.sql('select from outbox where event_id = $1', [`${id}.cancelled`])).toHaveLength(1);
  });

  it('is too late for what runs, was sent, or is final', async () => {
    const [id = ''] = await steps.accept(1, anAppid());
    const operation = claimed(await steps.claim(id));
    expect((await cancel(id)).kind).toBe('too-late');
    await scratch.worker.settle(settlement(operation, 'RETRYING'));
    expect((await cancel(id)).kind).toBe('too-late');
    expect((await cancel(randomUUID())).kind).toBe('unknown');
  });
});
