import { afterEach, beforeEach, expect, it, jest } from '@jest/globals';
import { Conductor } from './conductor.js';

let conductor: Conductor;
beforeEach(() => void jest.useFakeTimers());
afterEach(async () => {
  await conductor.stop();
  jest.useRealTimers();
});

/** Starts a conductor over rollouts of which none is due, and counts its polls. */
function polling(isAnyLive: boolean) {
  const found = { polls: 0, isAnyLive, isVerified: true, announce: (): void => undefined };
  const store = {
    rollouts: {
      turn: async () => {
        found.polls += 1;
        return { id: undefined, isAnyLive: found.isAnyLive };
      },
    },
    leases: {
      listen: (_: string, onNotify: () => void) => {
        found.announce = onNotify;
        return () => undefined;
      },
    },
  };
  conductor = new Conductor(store, {
    ...{ waits: { privacyWaitMs: 0, verifyDelaysMs: [0] }, platform: '', checksAuthorization: false },
    mayRun: () => found.isVerified,
    onTurn: () => undefined,
    onFailure: () => undefined,
  });
  conductor.start();
  const pollsIn = async (ms: number): Promise<number> => {
    const before = found.polls;
    await jest.advanceTimersByTimeAsync(ms);
    return found.polls - before;
  };
  return { found, pollsIn };
}

it('A conductor polls every 100 ms while a rollout is live, and once a second while none is', async () => {
  const { found, pollsIn } = polling(true);
  expect(await pollsIn(10_000)).toBe(100);
  found.isAnyLive = false;
  await pollsIn(100);
  expect(await pollsIn(10_000)).toBe(10);
  found.isAnyLive = true;
  await pollsIn(1_000);
  expect(await pollsIn(10_000)).toBe(100);
});

it('A conductor runs no turn while Postgres is not verified, because what a turn accepts may have been accepted before', async () => {
  const { found, pollsIn } = polling(true);
  found.isVerified = false;
  expect(await pollsIn(10_000)).toBe(0);
  found.isVerified = true;
  expect(await pollsIn(100)).toBe(1);
});

it('A conductor polls at once when a start is announced', async () => {
  const { found, pollsIn } = polling(false);
  await pollsIn(500);
  const { polls } = found;
  found.announce();
  expect(found.polls).toBe(polls + 1);
});
