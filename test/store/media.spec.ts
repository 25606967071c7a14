import { randomBytes, randomUUID } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { accept, cancel, claim, claimed, settle } from './operation-steps.js';
import { newOperation } from './scratch-store.js';
import { column, gateway, sql, useStore, worker } from './use-store.js';

useStore();

const MOST = 2_000_000;
const stored = () => column('select operation_id from operation_attachments order by 1');

async function acceptWithFile(content = randomBytes(100), given = {}): Promise<string> {
  const operation = newOperation(given);
  expect(await gateway.attachments.keep(operation.id, content, MOST)).toBe(true);
  await gateway.operations.accept(operation);
  return operation.id;
}

describe('operation_attachments', () => {
  it('A file is read in slices until its operation ends and is deleted by the settlement', async () => {
    const content = randomBytes(1_200_000);
    const id = await acceptWithFile(content);
    const first = claimed(await claim(id));
    await settle(first, 'RETRYING');
    const media = await worker.attachments.open(id);
    const slices: Uint8Array[] = [];
    for await (const slice of media?.stream() ?? []) slices.push(slice);
    expect([media?.size, slices.length, Buffer.concat(slices).equals(content)]).toEqual([1_200_000, 5, true]);
    const second = claimed(await claim(id));
    await settle(first, 'FAILED');
    expect(await stored()).toEqual([id]);
    await settle(second, 'FAILED');
    expect(await stored()).toEqual([]);
    expect(await worker.attachments.open(id)).toBeUndefined();
  });

  it('keepMedia rejects a file if all pending files together would exceed the limit', async () => {
    await acceptWithFile();
    const id = randomUUID();
    expect(await gateway.attachments.keep(id, Buffer.alloc(MOST - 99), MOST)).toBe(false);
    expect(await gateway.attachments.keep(id, Buffer.alloc(MOST - 100), MOST)).toBe(true);
    await sql('delete from operation_attachments');
  });

  it('A file is deleted if its operation was cancelled or not accepted within 10 minutes', async () => {
    const [cancelled, waiting] = [await acceptWithFile(), await acceptWithFile()];
    const [before, justBefore] = [randomUUID(), randomUUID()];
    for (const id of [before, justBefore]) await gateway.attachments.keep(id, randomBytes(1), MOST);
    const aged = `update operation_attachments set kept_at = now() - interval '11 min' where operation_id <> $1`;
    await sql(aged, justBefore);
    await cancel(cancelled);
    await worker.attachments.deleteOld();
    expect(await stored()).toEqual([waiting, justBefore].toSorted());
    await sql('delete from operation_attachments');
  });
});

it('The usage of a caller counts its unfinished operations and the bytes of their files, until they end', async () => {
  const usage = async () => {
    await worker.callers.count();
    return (await gateway.callers.usage()).toSorted((a, b) => a.caller.localeCompare(b.caller));
  };
  const upload = await acceptWithFile(randomBytes(1000), {
    acceptedBy: 'shop',
    method: 'UploadAuditMedia',
  });
  await accept({ acceptedBy: 'shop' });
  await accept({ acceptedBy: 'audit' });
  expect(await usage()).toEqual([
    { caller: 'audit', unfinished: 1, uploadBytes: 0 },
    { caller: 'shop', unfinished: 2, uploadBytes: 1000 },
  ]);
  await settle(claimed(await claim(upload)), 'SUCCEEDED');
  await sql(`update operations set state = 'FAILED', ended_at = now() where accepted_by = 'audit'`);
  expect(await usage()).toEqual([{ caller: 'shop', unfinished: 1, uploadBytes: 0 }]);
});
