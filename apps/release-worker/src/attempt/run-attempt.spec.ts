import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import type { ReceivedRecord } from '@wxa/kafka';
import type { Claim, ClaimedOperation, SettlementWithAudits } from '@wxa/store';
import { WxaClient, type WxaResult } from '@wxa/wxa-client';
import { laneEntry } from '../lanes/lane-entry.js';
import { UNLIMITED } from '../throttle/fixtures/unlimited.js';
import { Permits } from '../throttle/permits.js';
import { RateLimits } from '../throttle/rate-limits.js';
import { StaticTokens } from '../tokens/token-source.js';
import { CircuitBreaker } from '../wechat/circuit-breaker.js';
import { APPID, idleStore, NOWHERE, RELEASE, SETTLED } from './fixtures/release.js';
import { runner } from './fixtures/runner.js';

const ID = RELEASE.id;

describe('AttemptRunner', () => {
  it('An attempt that sent nothing is settled as RETRYING.', async () => {
    const { run, settled } = runner(() => ({ kind: 'claimed', operation: RELEASE }));
    expect(await run()).toMatchObject({ kind: 'again' });
    expect(settled).toMatchObject([{ state: 'RETRYING', delayed: false, event: null, fence: 1 }]);
  });

  it('A retry is claimed only once the retry budget grants it.', async () => {
    let waitMs = 500;
    let claims = 0;
    const claim = (): Claim => {
      claims += 1;
      return { kind: 'claimed', operation: { ...RELEASE, startedAt: new Date() } };
    };
    const { run } = runner(claim, { budget: { take: () => waitMs } });
    await run();
    expect([await run(), claims]).toEqual([{ kind: 'again', afterMs: 500 }, 1]);
    waitMs = 0;
    await run();
    expect(claims).toBe(2);
  });

  it('A retry waits for the retry budget until its deadline at most.', async () => {
    let claims = 0;
    const startedAt = new Date();
    const claim = (): Claim => {
      claims += 1;
      return { kind: 'claimed', operation: { ...RELEASE, startedAt } };
    };
    const { run } = runner(claim, { budget: { take: () => 500 }, deadlineMs: 1_000 });
    for (let step = await run(); claims === 1; step = await run()) {
      if (step.kind === 'again') await delay(step.afterMs);
    }
    expect(Date.now() - startedAt.getTime()).toBeGreaterThanOrEqual(990);
  });

  it('A step claims nothing and holds no permit while the circuit breaker is open.', async () => {
    const breaker = new CircuitBreaker();
    const lost = { kind: 'ambiguous', cause: 'reset', error: {} } as WxaResult<unknown>;
    for (let i = 0; i < 20; i++) breaker.record(lost);
    const permits = new Permits(1);
    let claims = 0;
    const claim = (): Claim => {
      claims += 1;
      return { kind: 'claimed', operation: RELEASE };
    };
    const { run } = runner(claim, { breaker, permits });
    const step = run();
    await permits.take();
    expect([claims, breaker.waiting]).toEqual([0, 1]);
    permits.give();
    breaker.close();
    await step;
    expect(claims).toBe(1);
  });

  it('A step returns its permit if the circuit breaker opens while it waits for the permit.', async () => {
    const permits = new Permits(1);
    await permits.take();
    const breaker = { isOpen: false, untilClosed: async () => true, openWithinMs: () => 0 };
    const { run } = runner(() => ({ kind: 'unknown' }), {
      breaker,
      permits,
      onUnknown: () => Promise.reject(),
    });
    const step = run();
    breaker.isOpen = true;
    permits.give();
    expect(await step).toEqual({ kind: 'again', afterMs: 1 });
    await permits.take();
  });

  it('A change whose worker was lost is settled and published as IN_DOUBT without another call.', async () => {
    const { run, settled } = runner(() => ({ kind: 'lease-expired', operation: RELEASE }));
    expect(await run()).toEqual({ kind: 'done' });
    expect(settled).toMatchObject([
      { state: 'IN_DOUBT', attempts: 1, mayHaveActed: true, event: { type: 'wxa.code.v1.OperationInDoubt' } },
    ]);
  });

  it('A change whose worker was lost before it stored the snapshot is retried.', async () => {
    const { run, settled } = runner(() => ({
      kind: 'lease-expired',
      operation: { ...RELEASE, snapshot: null },
    }));
    expect(await run()).toEqual({ kind: 'again', afterMs: 0 });
    expect(settled).toMatchObject([{ state: 'RETRYING', attempts: 0, mayHaveActed: false }]);
  });

  it("Another worker's call is rechecked every second at most, with one reservation for all checks.", async () => {
    let [reservations, claims] = [0, 0];
    const platform = {
      ...{ isLimited: () => true, isNear: () => true, stoppedBy: () => undefined },
      ...{ reopen: () => undefined, learn: () => undefined, use: async () => undefined },
      storeStop: async () => undefined,
      perSecond: () => undefined,
      reserve: async () => {
        reservations += 1;
        return performance.now();
      },
    };
    const claim = (): Claim => {
      claims += 1;
      const waitMs = claims < 3 ? 32_000 : 400;
      return claims > 3
        ? { kind: 'finished', operation: RELEASE }
        : { kind: 'wait', waitMs, operation: RELEASE };
    };
    const { run } = runner(claim, { limits: new RateLimits({ perAppid: 0 }, platform) });
    const soon = { kind: 'again', afterMs: 1_000 };
    expect([await run(), await run()]).toEqual([soon, soon]);
    expect(await run()).toEqual({ kind: 'again', afterMs: expect.closeTo(420, -3) });
    expect([await run(), claims, reservations]).toEqual([{ kind: 'done' }, 4, 1]);
  });

  it("Another worker's retry is claimed when it is due, without a recheck before.", async () => {
    const operation: ClaimedOperation = { ...RELEASE, state: 'RETRYING' };
    const { run } = runner(() => ({ kind: 'wait', waitMs: 20_000, operation }));
    expect(await run()).toEqual({ kind: 'again', afterMs: expect.closeTo(20_020, -3) });
  });

  it("A release's precondition reads are subject to the rate limits of the APIs they read.", async () => {
    const apis: string[] = [];
    const platform = {
      ...{ isLimited: () => false, isNear: () => true, stoppedBy: () => undefined },
      ...{ reopen: () => undefined, learn: () => undefined, storeStop: async () => undefined },
      perSecond: () => undefined,
      reserve: async () => performance.now(),
      use: async (api: string) => {
        apis.push(api);
        return undefined;
      },
    };
    const operation = { ...RELEASE, request: { appid: APPID, expectedUserVersion: '1.0' } };
    const limits = new RateLimits({ perAppid: 0 }, platform);
    const { run, settled } = runner(() => ({ kind: 'claimed', operation }), { limits });
    await run();
    expect(apis).toEqual(['wxa/getversioninfo', 'wxa/release', 'wxa/get_latest_auditstatus']);
    expect(settled).toMatchObject([{ state: 'RETRYING', attempts: 0 }]);
  });

  it.each([
    ['wxa/getversioninfo', { mayHaveActed: false }, 'RETRYING'],
    ['wxa/release', { mayHaveActed: false }, 'RETRYING'],
    ['wxa/release', { mayHaveActed: true, negativeReads: 3 }, 'RETRYING'],
    ['wxa/release', { mayHaveActed: true, negativeReads: 2 }, 'IN_DOUBT'],
  ])(
    'A change whose API is stopped while it waits for its reservation of %s, with %j, is not sent.',
    async (waitsFor, given, state) => {
      let stoppedBy: 'operator' | undefined;
      const platform = {
        ...UNLIMITED,
        stoppedBy: () => stoppedBy,
        use: async (api: string) => {
          if (api === waitsFor) stoppedBy = 'operator';
          return undefined;
        },
      };
      const operation = { ...RELEASE, ...given };
      const limits = new RateLimits({ perAppid: 0 }, platform);
      const { run, settled } = runner(() => ({ kind: 'claimed', operation }), { limits });
      await run();
      expect(settled).toMatchObject([{ state, attempts: 0, error: expect.stringContaining('API_STOPPED') }]);
    },
  );

  it("The rate limits learn from a snapshot read's response as from the call's.", async () => {
    const server = createServer((_, answer) => answer.end('{"errcode":0,"release_info":{}}'));
    await once(server.listen(0, '127.0.0.1'), 'listening');
    const { port } = server.address() as AddressInfo;
    const client = new WxaClient({ baseUrl: `http://127.0.0.1:${port}` });
    const learned: string[] = [];
    const learn = (_: string, api: string, { kind }: WxaResult<unknown>) =>
      void learned.push(`${api} ${kind}`);
    const limits = Object.assign(new RateLimits({ perAppid: 0 }, UNLIMITED), { learn });
    const operation = { ...RELEASE, snapshot: null };
    const { run } = runner(() => ({ kind: 'claimed', operation }), { client, limits });
    expect(await run()).toEqual({ kind: 'done' });
    expect(learned).toEqual(['wxa/getversioninfo ok', 'wxa/release ok']);
    await client.close();
    server.close();
  });

  it('A change that may have been executed is settled as IN_DOUBT, not FAILED, if there is no token.', async () => {
    const operation = { ...RELEASE, mayHaveActed: true };
    const { run, settled } = runner(() => ({ kind: 'claimed', operation }), { tokens: new StaticTokens({}) });
    await run();
    expect(settled).toMatchObject([
      { state: 'IN_DOUBT', attempts: 0, event: { type: 'wxa.code.v1.OperationInDoubt' } },
    ]);
  });

  it.each(['blocked', 'delayed', 'finished'] as const)('A claim of kind %s ends the entry.', async (kind) => {
    const { run, settled } = runner(() => ({ kind, operation: RELEASE }));
    expect(await run()).toEqual({ kind: 'done' });
    expect(settled).toEqual([]);
  });

  it('A step is repeated after 1 s if the store is unavailable.', async () => {
    const { run } = runner(() => {
      throw new Error('connect ECONNREFUSED');
    });
    expect(await run()).toEqual({ kind: 'again', afterMs: 1000 });
  });

  it('A settlement whose values Postgres rejects is replaced by FAILED.', async () => {
    const rows: SettlementWithAudits[] = [];
    const { run } = runner(() => ({ kind: 'claimed', operation: RELEASE }), {
      store: idleStore({
        settle: async (row) => {
          rows.push(row);
          if (rows.length === 1) throw Object.assign(new Error('value out of range'), { code: '22003' });
          return SETTLED;
        },
      }),
    });
    expect(await run()).toEqual({ kind: 'done' });
    expect(rows.map((row) => row.state)).toEqual(['RETRYING', 'FAILED']);
  });

  it('An attempt that sent nothing because Postgres could not be read is retried.', async () => {
    const operation = { ...RELEASE, snapshot: null };
    const { run, settled } = runner(() => ({ kind: 'claimed', operation }), {
      client: Object.assign(new WxaClient({ baseUrl: NOWHERE }), {
        getVersionInfo: () => Promise.reject(new Error('Postgres is unavailable')),
      }),
    });
    expect(await run()).toEqual({ kind: 'again', afterMs: 1_000 });
    expect(settled).toMatchObject([{ state: 'RETRYING', attempts: 0, mayHaveActed: false }]);
  });

  it('A command whose operation has ended takes no reservation, token or permit.', async () => {
    const unexpected = () => {
      throw new Error('unexpected call');
    };
    const { runner: made } = runner(unexpected, {
      backlog: { lookUp: async () => ({ known: true, ended: true }), releaseIfEnded: async () => false },
      limits: Object.assign(new RateLimits({ perAppid: 0 }, UNLIMITED), {
        reserveForAppid: unexpected,
        reserveForApi: unexpected,
      }),
      tokens: { get: unexpected, refresh: unexpected },
      permits: Object.assign(new Permits(1), { takeFor: unexpected }),
      onStoreFailure: (error) => {
        throw error;
      },
    });
    const record = { mayBeRepeated: true, isCurrent: () => true, done: () => undefined } as ReceivedRecord;
    expect(await made.run(laneEntry(ID, APPID, 'Release', record))).toEqual({ kind: 'done' });
  });

  it('A blocked operation is claimed again at once if its blocker has just ended.', async () => {
    const { run } = runner(() => ({ kind: 'blocked', operation: RELEASE }), {
      backlog: { lookUp: async () => ({ known: true, ended: false }), releaseIfEnded: async () => true },
    });
    expect(await run()).toEqual({ kind: 'again', afterMs: 0 });
  });

  it('An operation of a mini-program without a token fails at once with NOT_AUTHORIZED.', async () => {
    const { run, settled } = runner(() => ({ kind: 'claimed', operation: RELEASE }), {
      tokens: new StaticTokens({}),
    });
    await run();
    expect(settled).toMatchObject([{ state: 'FAILED', attempts: 0 }]);
    expect(settled[0]?.error).toContain('NOT_AUTHORIZED');
  });
});
