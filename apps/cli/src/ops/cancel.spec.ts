import { expect, it } from '@jest/globals';
import type { Gateway } from '../gateway/gateway.js';
import { cancelAll } from './cancel.js';

it('cancelAll rejects with the first error when no call is in progress any more, and begins no further one.', async () => {
  const waiting = Array.from({ length: 50 }, (_, n) => ({ id: String(n), appid: 'wx1' }));
  const begun: string[] = [];
  let inProgress = 0;
  const call = async (_rpc: unknown, { id }: { id: string }) => {
    begun.push(id);
    inProgress += 1;
    for (let turn = 0; turn < Number(id); turn += 1) await undefined;
    inProgress -= 1;
    if (id === '3') throw new Error('of a test');
  };
  let done = 0;
  const cancelling = cancelAll({ call } as unknown as Pick<Gateway, 'call'>, waiting, 'reason', (now) => {
    done = now.cancelled;
  });
  await expect(cancelling).rejects.toThrow('of a test');
  expect(inProgress).toBe(0);
  expect(begun.length).toBeLessThan(20);
  expect(done).toBe(begun.length - 1);
});
