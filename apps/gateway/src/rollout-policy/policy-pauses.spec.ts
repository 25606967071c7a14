import { afterEach, expect, it, jest } from '@jest/globals';
import type { Policy } from '@wxa/policy';
import { PolicyPauses } from './policy-pauses.js';

afterEach(() => void jest.useRealTimers());

it('The RUNNING rollouts are examined at the start, and at once after a change of the policy', async () => {
  // No interval passes.
  jest.useFakeTimers();
  const policy = {} as Policy;
  const pauses = new PolicyPauses({ warn: () => undefined });
  let examined = 0;
  pauses.use(policy);
  await new Promise<void>((resolve) => {
    const running = async () => {
      examined += 1;
      if (examined === 1) pauses.use(policy);
      else resolve();
      return [];
    };
    pauses.start({ rollouts: { running } } as never);
  });
  pauses.stop();
  expect(examined).toBe(2);
});
