import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { newAppid } from '../appid.js';
import { claimed, OperationSteps, settlement } from './operation-steps.js';
import { newOperation, type ScratchStore, scratchStore } from './scratch-store.js';

let scratch: ScratchStore;
beforeAll(async () => {
  scratch = await scratchStore();
});
afterAll(() => scratch?.close());

const counts = async () => {
  await scratch.worker.callers.count();
  return (await scratch.gateway.callers.usage()).sort((a, b) => a.caller.localeCompare(b.caller));
};

describe('caller_usage', () => {
  it('The usage of a caller counts its unfinished operations and the bytes of their files, until they end', async () => {
    const { operations, attachments } = scratch.gateway;
    const upload = newOperation({ appid: newAppid(), acceptedBy: 'shop', method: 'UploadAuditMedia' });
    await attachments.keep(upload.id, randomBytes(1000), 10_000);
    await operations.accept(upload);
    await operations.accept(newOperation({ appid: newAppid(), acceptedBy: 'shop' }));
    await operations.accept(newOperation({ appid: newAppid(), acceptedBy: 'audit' }));
    await operations.accept(newOperation({ appid: newAppid() }));
    expect(await counts()).toEqual([
      { caller: 'audit', unfinished: 1, uploadBytes: 0 },
      { caller: 'shop', unfinished: 2, uploadBytes: 1000 },
    ]);
    const running = claimed(await new OperationSteps(scratch).claim(upload.id));
    await scratch.worker.operations.settle(settlement(running, 'SUCCEEDED'));
    await scratch.sql(`update operations set state = 'FAILED', ended_at = now() where accepted_by = 'audit'`);
    expect(await counts()).toEqual([{ caller: 'shop', unfinished: 1, uploadBytes: 0 }]);
  });

  it('An operation keeps the caller and the person of its first request', async () => {
    const first = newOperation({ appid: newAppid(), acceptedBy: 'shop', onBehalfOf: '王小明' });
    const repeated = newOperation({ ...first, acceptedBy: 'other', onBehalfOf: null });
    await scratch.gateway.operations.accept(first);
    expect(await scratch.gateway.operations.accept(repeated)).toEqual({ kind: 'repeated', id: first.id });
    expect((await scratch.gateway.operations.find(first.id))?.acceptedBy).toBe('shop');
    const [row] = await scratch.sql('select on_behalf_of from operations where id = $1', [first.id]);
    expect(row).toEqual({ on_behalf_of: '王小明' });
  });
});
