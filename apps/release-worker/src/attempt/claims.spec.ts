import { describe, expect, it } from '@jest/globals';
import type { SettlementWithAudits } from '@wxa/store';
import { Permits } from '../throttle/permits.js';
import { CircuitBreaker } from '../wechat/circuit-breaker.js';
import { APPID, idleStore, RELEASE } from './fixtures/release.js';
import { runner } from './fixtures/runner.js';
import type { RunnerTools } from './runner-tools.js';

const ID = RELEASE.id;

describe('the lease of an attempt', () => {
  it('An attempt sends nothing if the claim took longer than the lease margin.', async () => {
    const { run, settled } = runner(async () => {
      await new Promise((resolve) => setTimeout(resolve, 80));
      return { kind: 'claimed', operation: RELEASE };
    });
    expect(await run()).toEqual({ kind: 'again', afterMs: 0 });
    expect(settled).toMatchObject([{ state: 'RETRYING', attempts: 0 }]);
  });

  /** A step that waits for its permit for longer than the lease margin after its claim. */
  async function afterWait(renewal: boolean, breaker: RunnerTools['breaker'] = new CircuitBreaker()) {
    const permits = new Permits(1);
    const settled: SettlementWithAudits[] = [];
    const renewals: unknown[] = [];
    const { run } = runner(() => ({ kind: 'unknown' }), {
      ...{ permits, breaker },
      store: idleStore({
        claim: async () => {
          void permits.take();
          setTimeout(() => permits.give(), 80);
          return { kind: 'claimed', operation: RELEASE };
        },
        snapshot: async (row) => {
          renewals.push(row);
          return renewal;
        },
        settle: async (row) => {
          settled.push(row);
          return { kind: 'settled', released: [], outboxId: null };
        },
      }),
    });
    expect(await run()).toMatchObject({ kind: 'again' });
    await permits.take();
    expect(settled).toMatchObject([{ state: 'RETRYING', attempts: 0 }]);
    return { error: settled[0]?.error, renewals };
  }

  it('An attempt renews its lease if it waited for its permit for longer than the lease margin.', async () => {
    const { error, renewals } = await afterWait(true);
    expect(renewals).toEqual([
      {
        id: ID,
        appid: APPID,
        fence: 1,
        claimKey: RELEASE.claimKey,
        values: null,
        audit: null,
        leaseMs: 1050,
      },
    ]);
    expect(error).toContain('no connection to WeChat');
  });

  it('An attempt sends nothing if its claim was lost while it waited for its permit.', async () => {
    expect((await afterWait(false)).error).toContain('lease margin exceeded');
  });

  it('An attempt sends nothing if the circuit breaker opened while it waited for its permit.', async () => {
    let reads = 0;
    const breaker = {
      get isOpen() {
        reads += 1;
        return reads > 1;
      },
      ...{ untilClosed: async () => true, openWithinMs: () => 0 },
    };
    const { error, renewals } = await afterWait(true, breaker);
    expect(renewals).toEqual([]);
    expect(error).toContain('WeChat is unavailable');
  });
});
