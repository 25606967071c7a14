import { randomBytes, randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { NewOperation } from '@wxa/store';
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

describe('a file', () => {
  const MOST = 2_000_000;
  const kept = () => scratch.sql('select from operation_attachments');

  async function keptFor(operation: NewOperation, content = randomBytes(100)) {
    expect(await scratch.gateway.keepMedia(operation.id, content, MOST)).toBe(true);
    await scratch.gateway.accept(operation);
  }

  it('is read in slices while its operation is not done, and goes with its end', async () => {
    const [operation, content] = [newOperation({ appid: anAppid() }), randomBytes(1_200_000)];
    await keptFor(operation, content);
    const first = claimed(await steps.claim(operation.id));
    await scratch.worker.settle(settlement(first, 'RETRYING'));
    const media = await scratch.worker.openMedia(operation.id);
    const slices: Uint8Array[] = [];
    for await (const slice of media?.stream() ?? []) slices.push(slice);
    expect([media?.size, slices.length, Buffer.concat(slices).equals(content)]).toEqual([1_200_000, 5, true]);
    const second = claimed(await steps.claim(operation.id));
    await scratch.worker.settle(settlement(first, 'FAILED'));
    expect(await kept()).toHaveLength(1);
    await scratch.worker.settle(settlement(second, 'FAILED'));
    expect(await kept()).toEqual([]);
    expect(await scratch.worker.openMedia(operation.id)).toBeUndefined();
  });

  it('is not kept where all that wait would be too large', async () => {
    await keptFor(newOperation({ appid: anAppid() }));
    const id = randomUUID();
    expect(await scratch.gateway.keepMedia(id, Buffer.alloc(MOST - 99), MOST)).toBe(false);
    expect(await scratch.gateway.keepMedia(id, Buffer.alloc(MOST - 100), MOST)).toBe(true);
    await scratch.sql('delete from operation_attachments');
  });

  it('goes where its operation was cancelled, or never accepted', async () => {
    const [cancelled, waiting] = [newOperation({ appid: anAppid() }), newOperation({ appid: anAppid() })];
    await keptFor(cancelled);
    await keptFor(waiting);
    const [before, justBefore] = [randomUUID(), randomUUID()];
    for (const id of [before, justBefore]) await scratch.gateway.keepMedia(id, randomBytes(1), MOST);
    await scratch.sql(
      `update operation_attachments set kept_at = now() - interval '11 min' where operation_id <> $1`,
      [justBefore],
    );
    await scratch.gateway.cancel(cancelled.id, () => event(cancelled.appid, randomUUID()));
    await scratch.worker.deleteOldMedia();
    const left = await scratch.sql<{ operation_id: string }>(
      'select operation_id from operation_attachments',
    );
    expect(left.map(({ operation_id }) => operation_id).sort()).toEqual([waiting.id, justBefore].sort());
  });
});
