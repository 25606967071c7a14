import { afterEach, beforeEach, expect, it, jest } from '@jest/globals';
import type { SettlementWithAudits } from '@wxa/operations';
import { Permits } from '../throttle/permits.js';
import { APPID, CLOSED, claimed, idleStore, RELEASE, SETTLED } from './fixtures/release.js';
import { runner } from './fixtures/runner.js';
import type { RunnerTools } from './runner-tools.js';

const { id, fence, claimKey } = RELEASE;
const leaseMarginMs = 200;

/** The clock of the process, which only `pause` moves: no stall of the machine uses up a lease. */
let clock = 0;
beforeEach(() => void jest.spyOn(performance, 'now').mockImplementation(() => clock));
afterEach(() => void jest.restoreAllMocks());
const pause = () =>
  new Promise<void>((resolve) => {
    setImmediate(() => {
      clock += leaseMarginMs + 1;
      resolve();
    });
  });

it('An attempt sends nothing if the claim took longer than the lease margin.', async () => {
  const { run, settled } = runner(() => pause().then(() => claimed()), { leaseMarginMs });
  expect(await run()).toEqual({ kind: 'again', afterMs: 0 });
  expect(settled).toMatchObject([{ state: 'RETRYING', attempts: 0 }]);
});

/** A breaker that opens after it was read once. */
function opening(): RunnerTools['breaker'] {
  let reads = 0;
  return Object.defineProperty({ ...CLOSED }, 'isOpen', { get: () => ++reads > 1 });
}

const renewed = { id, appid: APPID, fence, claimKey, values: null, audit: null, leaseMs: 1_200 };

it.each<[string, { isRenewed?: true; breaker: RunnerTools['breaker'] }, object[], string]>([
  ['renews its lease', { isRenewed: true, breaker: CLOSED }, [renewed], 'no connection to WeChat'],
  ['sends nothing if its claim was lost', { breaker: CLOSED }, [renewed], 'lease margin exceeded'],
  ['sends nothing if the breaker opened', { breaker: opening() }, [], 'WeChat is unavailable'],
])(
  'An attempt that waited for its permit for longer than the lease margin %s.',
  async (_, { isRenewed, breaker }, renewals, error) => {
    const permits = new Permits(1);
    const settled: SettlementWithAudits[] = [];
    const renewing: unknown[] = [];
    const store = idleStore({
      claim: async () => {
        void permits.take();
        void pause().then(() => permits.give());
        return claimed();
      },
      snapshot: async (row) => renewing.push(row) > 0 && isRenewed === true,
      settle: async (row) => {
        settled.push(row);
        return SETTLED;
      },
    });
    const { run } = runner({ kind: 'unknown' }, { permits, breaker, store, leaseMarginMs });
    expect(await run()).toMatchObject({ kind: 'again' });
    await permits.take();
    expect(settled).toMatchObject([
      { state: 'RETRYING', attempts: 0, error: expect.stringContaining(error) },
    ]);
    expect(renewing).toEqual(renewals);
  },
);
