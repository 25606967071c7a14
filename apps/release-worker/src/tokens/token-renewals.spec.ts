import { expect, it } from '@jest/globals';
import { TokenRenewals } from './token-renewals.js';

/** Renewals of mini-programs that are due, of which each ends when the test says so. */
function renewals({ isUnavailable = false } = {}) {
  const due: string[] = [];
  const running = new Map<string, () => void>();
  const failures: unknown[] = [];
  const under = new TokenRenewals({
    renewals: { claimRenewals: async (limit) => ({ appids: due.splice(0, limit), isPlatformWanted: false }) },
    tokens: {
      platform: { renewIfWanted: async () => undefined } as never,
      renew: (appid) =>
        new Promise((resolve, reject) => {
          running.set(appid, () => {
            running.delete(appid);
            if (appid === 'failing') reject(new Error('no token'));
            else resolve();
          });
        }),
    },
    isUnavailable: () => isUnavailable,
    onFailure: (error) => failures.push(error),
  });
  under.start();
  const settled = () => new Promise((resolve) => setImmediate(resolve));
  const wake = () => {
    under.wakeUp();
    return settled();
  };
  return { under, due, running, failures, wake, settled };
}

it('A wish is taken up at once, ten renewals run at once, more are claimed when three have ended, and one that hangs or fails delays no other', async () => {
  const { under, due, running, failures, wake, settled } = renewals();
  due.push('hanging', 'failing', ...Array.from({ length: 10 }, (_, i) => `appid ${i}`));
  await wake();
  expect(running.size).toBe(10);
  expect(due).toEqual(['appid 8', 'appid 9']);
  running.get('failing')?.();
  running.get('appid 0')?.();
  await settled();
  expect(due).toEqual(['appid 8', 'appid 9']);
  running.get('appid 1')?.();
  await settled();
  expect([...running.keys()]).toEqual(expect.arrayContaining(['hanging', 'appid 8', 'appid 9']));
  expect(failures).toEqual([new Error('no token')]);
  let isStopped = false;
  const stopping = under.stop().then(() => {
    isStopped = true;
  });
  for (const end of [...running.values()].slice(1)) end();
  await settled();
  expect(isStopped).toBe(false);
  running.get('hanging')?.();
  await stopping;
});

it('Nothing is claimed while WeChat is unavailable', async () => {
  const { under, due, wake } = renewals({ isUnavailable: true });
  due.push('one');
  await wake();
  expect(due).toEqual(['one']);
  await under.stop();
});
