import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { newAppid } from '../appid.js';
import { claimed, OperationSteps, settlement } from './operation-steps.js';
import { newOperation, type ScratchStore, scratchStore } from './scratch-store.js';

let scratch: ScratchStore;
let steps: OperationSteps;
beforeAll(async () => {
  scratch = await scratchStore();
  steps = new OperationSteps(scratch);
});
afterAll(() => scratch?.close());

describe('claim', () => {
  it('claim gives an operation to one of 20 concurrent callers', async () => {
    const [id = ''] = await steps.accept(1, newAppid());
    const answers = await Promise.all(
      Array.from({ length: 20 }, () =>
        scratch.gateway.operations.claim({ id, leaseMs: 60_000, key: randomUUID() }),
      ),
    );
    expect(answers.filter(({ kind }) => kind === 'claimed')).toHaveLength(1);
    expect(answers.filter(({ kind }) => kind === 'wait')).toHaveLength(19);
  });

  it('claim with the same key claims again, because its response may have been lost', async () => {
    const [id = ''] = await steps.accept(1, newAppid());
    const key = randomUUID();
    expect(claimed(await steps.claim(id, 60_000, key)).fence).toBe(1);
    expect(claimed(await steps.claim(id, 60_000, key))).toMatchObject({ fence: 2, attempts: 0 });
  });

  it('claim changes nothing for an earlier request of the same key that arrives late', async () => {
    const [id = ''] = await steps.accept(1, newAppid());
    const key = randomUUID();
    const request = (number: number) => scratch.worker.operations.claim({ id, leaseMs: 60_000, key, number });
    const operation = claimed(await request(2));
    const before = await scratch.sql('select * from operations where id = $1', [id]);
    expect((await request(1)).kind).toBe('wait');
    expect(await scratch.sql('select * from operations where id = $1', [id])).toEqual(before);
    expect(await scratch.worker.operations.settle(settlement(operation, 'RETRYING'))).toMatchObject({
      kind: 'settled',
    });
    expect((await request(1)).kind).toBe('wait');
    expect(claimed(await request(3)).fence).toBe(operation.fence + 1);
  });

  it('claim returns lease-expired for a change with an expired lease and claims a query again', async () => {
    const appid = newAppid();
    const [change = ''] = await steps.accept(1, appid);
    const query = newOperation({ appid, method: 'ListPages', isChange: false });
    await scratch.gateway.operations.accept(query);
    for (const id of [change, query.id]) claimed(await steps.claim(id, 1));
    await scratch.sql('select pg_sleep(0.005)');
    expect((await steps.claim(change)).kind).toBe('lease-expired');
    expect(claimed(await steps.claim(query.id))).toMatchObject({ fence: 2, attempts: 1 });
  });

  it('claim never begins two changes of a mini-program at once, in whatever order they are requested', async () => {
    const appid = newAppid();
    const ids = await steps.accept(30, appid);
    const done: string[] = [];
    while (done.length < ids.length) {
      const shuffled = ids.filter((id) => !done.includes(id)).sort(() => Math.random() - 0.5);
      const answers = await Promise.all(
        shuffled.map((id, i) =>
          (i % 2 ? scratch.gateway : scratch.worker).operations.claim({
            id,
            leaseMs: 60_000,
            key: randomUUID(),
          }),
        ),
      );
      const begun = answers.flatMap((answer) => (answer.kind === 'claimed' ? [answer.operation] : []));
      expect(begun).toHaveLength(1);
      for (const operation of begun) {
        await scratch.worker.operations.settle(settlement(operation, 'SUCCEEDED'));
        done.push(operation.id);
      }
    }
    expect(done).toEqual(ids);
  });

  it('claim returns unknown for an unknown id and for an operation of another mini-program', async () => {
    expect(await steps.claim(randomUUID())).toEqual({ kind: 'unknown' });
    const [appid, other] = [newAppid(), newAppid()];
    const [id = ''] = await steps.accept(1, appid);
    const claimFor = (named: string) =>
      scratch.worker.operations.claim({ id, appid: named, leaseMs: 60_000, key: randomUUID() });
    const answers = await Promise.all([claimFor(other), claimFor(appid)]);
    expect(answers).toMatchObject([{ kind: 'unknown' }, { kind: 'claimed' }]);
  });
});
