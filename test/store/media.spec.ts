import { randomBytes, randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { NewOperation } from '@wxa/store';
import { newAppid } from '../appid.js';
import { claimed, OperationSteps, settlement } from './operation-steps.js';
import { event, newOperation, type ScratchStore, scratchStore } from './scratch-store.js';

let scratch: ScratchStore;
let steps: OperationSteps;
beforeAll(async () => {
  scratch = await scratchStore();
  steps = new OperationSteps(scratch);
});
afterAll(() => scratch?.close());

describe('operation_attachments', () => {
  const MOST = 2_000_000;
  const stored = () => scratch.sql('select from operation_attachments');

  async function acceptWithFile(operation: NewOperation, content = randomBytes(100)) {
    expect(await scratch.gateway.attachments.keep(operation.id, content, MOST)).toBe(true);
    await scratch.gateway.operations.accept(operation);
  }

  it('A file is read in slices until its operation ends and is deleted by the settlement', async () => {
    const [operation, content] = [newOperation({ appid: newAppid() }), randomBytes(1_200_000)];
    await acceptWithFile(operation, content);
    const first = claimed(await steps.claim(operation.id));
    await scratch.worker.operations.settle(settlement(first, 'RETRYING'));
    const media = await scratch.worker.attachments.open(operation.id);
    const slices: Uint8Array[] = [];
    for await (const slice of media?.stream() ?? []) slices.push(slice);
    expect([media?.size, slices.length, Buffer.concat(slices).equals(content)]).toEqual([1_200_000, 5, true]);
    const second = claimed(await steps.claim(operation.id));
    await scratch.worker.operations.settle(settlement(first, 'FAILED'));
    expect(await stored()).toHaveLength(1);
    await scratch.worker.operations.settle(settlement(second, 'FAILED'));
    expect(await stored()).toEqual([]);
    expect(await scratch.worker.attachments.open(operation.id)).toBeUndefined();
  });

  it('keepMedia rejects a file if all pending files together would exceed the limit', async () => {
    await acceptWithFile(newOperation({ appid: newAppid() }));
    const id = randomUUID();
    expect(await scratch.gateway.attachments.keep(id, Buffer.alloc(MOST - 99), MOST)).toBe(false);
    expect(await scratch.gateway.attachments.keep(id, Buffer.alloc(MOST - 100), MOST)).toBe(true);
    await scratch.sql('delete from operation_attachments');
  });

  it('A file is deleted if its operation was cancelled or not accepted within 10 minutes', async () => {
    const [cancelled, waiting] = [newOperation({ appid: newAppid() }), newOperation({ appid: newAppid() })];
    await acceptWithFile(cancelled);
    await acceptWithFile(waiting);
    const [before, justBefore] = [randomUUID(), randomUUID()];
    for (const id of [before, justBefore]) await scratch.gateway.attachments.keep(id, randomBytes(1), MOST);
    await scratch.sql(
      `update operation_attachments set kept_at = now() - interval '11 min' where operation_id <> $1`,
      [justBefore],
    );
    await scratch.gateway.operations.cancel(cancelled.id, () => event(cancelled.appid, randomUUID()));
    await scratch.worker.attachments.deleteOld();
    const left = await scratch.sql<{ operation_id: string }>(
      'select operation_id from operation_attachments',
    );
    expect(left.map(({ operation_id }) => operation_id).sort()).toEqual([waiting.id, justBefore].sort());
  });
});
