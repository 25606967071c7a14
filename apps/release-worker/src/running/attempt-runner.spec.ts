import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import type { ReceivedRecord } from '@wxa/kafka';
import type { Claim, ClaimedOperation, SettlementWithAudits } from '@wxa/store';
import { WxaClient, type WxaResult } from '@wxa/wxa-client';
import { laneEntry } from '../lanes/lane-entry.js';
import { Permits } from '../lanes/permits.js';
import { RateLimits } from '../pacing/rate-limits.js';
import { CircuitBreaker } from '../retrying/circuit-breaker.js';
import { StaticTokens } from '../tokens/static-tokens.js';
import { AttemptRunner, type RunnerTools } from './attempt-runner.js';
import { APPID, idleStore, idleTools, NOWHERE, RECORD, RELEASE, SETTLED } from './fixtures/release.js';

const ID = RELEASE.id;

/** A runner whose store answers as told and notes what is settled. */
function runner(claim: () => Promise<Claim> | Claim, given: Partial<RunnerTools> = {}) {
  const settled: SettlementWithAudits[] = [];
  const tools: RunnerTools = {
    ...idleTools(),
    store: {
      ...idleStore(),
      claim: async () => claim(),
      settle: async (row) => {
        settled.push(row);
        return SETTLED;
      },
    },
    ...given,
  };
  const entry = laneEntry(ID, APPID, 'Release', RECORD);
  const made = new AttemptRunner(tools);
  return { run: () => made.run(entry), settled, runner: made };
}

describe('a step', () => {
  it('tries again later where nothing was sent', async () => {
    const { run, settled } = runner(() => ({ kind: 'claimed', operation: RELEASE }));
    expect(await run()).toMatchObject({ kind: 'again' });
    expect(settled).toMatchObject([{ state: 'RETRYING', parked: false, event: null, fence: 1 }]);
  });

  it('waits with a retry until the budget lets it', async () => {
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

  it('waits for the budget no longer than for its deadline', async () => {
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

  it('claims nothing while WeChat can not be reached, and holds no slot', async () => {
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

  it('gives its slot back where WeChat went away while it waited for it', async () => {
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

  it('does not call when the process was held up while it claimed', async () => {
    const { run, settled } = runner(async () => {
      await new Promise((resolve) => setTimeout(resolve, 80));
      return { kind: 'claimed', operation: RELEASE };
    });
    expect(await run()).toEqual({ kind: 'again', afterMs: 0 });
    expect(settled).toMatchObject([{ state: 'RETRYING', attempts: 0 }]);
  });

  /** A step whose slot is taken from it while it claims, and comes free again after the margin of its lease. */
  async function afterWait(renewal: boolean, breaker: RunnerTools['breaker'] = new CircuitBreaker()) {
    const permits = new Permits(1);
    const settled: SettlementWithAudits[] = [];
    const notes: unknown[] = [];
    const { run } = runner(() => ({ kind: 'unknown' }), {
      ...{ permits, breaker },
      store: {
        ...idleStore(),
        claim: async () => {
          void permits.take();
          setTimeout(() => permits.give(), 80);
          return { kind: 'claimed', operation: RELEASE };
        },
        snapshot: async (note) => {
          notes.push(note);
          return renewal;
        },
        settle: async (row) => {
          settled.push(row);
          return { kind: 'settled', released: [], outboxId: null };
        },
      },
    });
    expect(await run()).toMatchObject({ kind: 'again' });
    await permits.take();
    expect(settled).toMatchObject([{ state: 'RETRYING', attempts: 0 }]);
    return { error: settled[0]?.error, notes };
  }

  it('renews the claim of a call that waited long for its slot', async () => {
    const { error, notes } = await afterWait(true);
    expect(notes).toEqual([{ id: ID, appid: APPID, fence: 1, noted: null, audit: null, leaseMs: 1050 }]);
    expect(error).toContain('no connection to WeChat');
  });

  it('does not call when its claim was lost while it waited for its slot', async () => {
    expect((await afterWait(false)).error).toContain('held up');
  });

  it('does not call when WeChat went away while it waited for its slot', async () => {
    let looks = 0;
    const breaker = {
      get isOpen() {
        looks += 1;
        return looks > 1;
      },
      ...{ untilClosed: async () => true, openWithinMs: () => 0 },
    };
    const { error, notes } = await afterWait(true, breaker);
    expect(notes).toEqual([]);
    expect(error).toContain('WeChat can not be reached');
  });

  it('publishes in doubt a change whose worker was lost, without calling', async () => {
    const { run, settled } = runner(() => ({ kind: 'lease-expired', operation: RELEASE }));
    expect(await run()).toEqual({ kind: 'done' });
    expect(settled).toMatchObject([
      { state: 'IN_DOUBT', attempts: 1, mayHaveActed: true, event: { type: 'wxa.code.v1.OperationInDoubt' } },
    ]);
  });

  it('tries again what was never sent because its worker was lost while it noted the state before', async () => {
    const { run, settled } = runner(() => ({
      kind: 'lease-expired',
      operation: { ...RELEASE, noted: null },
    }));
    expect(await run()).toEqual({ kind: 'again', afterMs: 0 });
    expect(settled).toMatchObject([{ state: 'RETRYING', attempts: 0, mayHaveActed: false }]);
  });

  it('looks again soon for a call of another worker, and needs one place for all its looks', async () => {
    let [places, looks] = [0, 0];
    const platform = {
      ...{ isLimited: () => true, isNear: () => true, isStopped: () => false },
      ...{ reopen: () => undefined, learn: () => undefined, use: async () => undefined },
      perSecond: () => undefined,
      reserve: async () => {
        places += 1;
        return performance.now();
      },
    };
    const claim = (): Claim => {
      looks += 1;
      const waitMs = looks < 3 ? 32_000 : 400;
      return looks > 3
        ? { kind: 'finished', operation: RELEASE }
        : { kind: 'wait', waitMs, operation: RELEASE };
    };
    const { run } = runner(claim, { limits: new RateLimits({ perAppid: 0 }, platform) });
    const soon = { kind: 'again', afterMs: 1_000 };
    expect([await run(), await run()]).toEqual([soon, soon]);
    expect(await run()).toEqual({ kind: 'again', afterMs: expect.closeTo(420, -3) });
    expect([await run(), looks, places]).toEqual([{ kind: 'done' }, 4, 1]);
  });

  it('waits for the time of a retry that another worker put down, without a look before', async () => {
    const operation: ClaimedOperation = { ...RELEASE, state: 'RETRYING' };
    const { run } = runner(() => ({ kind: 'wait', waitMs: 20_000, operation }));
    expect(await run()).toEqual({ kind: 'again', afterMs: expect.closeTo(20_020, -3) });
  });

  it('asks the guard of a release under the rate limits of what it asks', async () => {
    const places: string[] = [];
    const platform = {
      ...{ isLimited: () => false, isNear: () => true, isStopped: () => false },
      ...{ reopen: () => undefined, learn: () => undefined, perSecond: () => undefined },
      reserve: async () => performance.now(),
      use: async (api: string) => {
        places.push(api);
        return undefined;
      },
    };
    const operation = { ...RELEASE, request: { appid: APPID, expectedUserVersion: '1.0' } };
    const limits = new RateLimits({ perAppid: 0 }, platform);
    const { run, settled } = runner(() => ({ kind: 'claimed', operation }), { limits });
    await run();
    expect(places).toEqual(['wxa/getversioninfo', 'wxa/release', 'wxa/get_latest_auditstatus']);
    expect(settled).toMatchObject([{ state: 'RETRYING', attempts: 0 }]);
  });

  it('learns from the answer to a question as from that to the call', async () => {
    const server = createServer((_, answer) => answer.end('{"errcode":0,"release_info":{}}'));
    await once(server.listen(0, '127.0.0.1'), 'listening');
    const { port } = server.address() as AddressInfo;
    const client = new WxaClient({ baseUrl: `http://127.0.0.1:${port}` });
    const learned: string[] = [];
    const learn = (_: string, api: string, { kind }: WxaResult<unknown>) =>
      void learned.push(`${api} ${kind}`);
    const limits = Object.assign(new RateLimits({ perAppid: 0 }), { learn });
    const operation = { ...RELEASE, noted: null };
    const { run } = runner(() => ({ kind: 'claimed', operation }), { client, limits });
    expect(await run()).toEqual({ kind: 'done' });
    expect(learned).toEqual(['wxa/getversioninfo ok', 'wxa/release ok']);
    await client.close();
    server.close();
  });

  it('does not say that what may have been done has failed, where there is no token to ask with', async () => {
    const operation = { ...RELEASE, mayHaveActed: true };
    const { run, settled } = runner(() => ({ kind: 'claimed', operation }), { tokens: new StaticTokens({}) });
    await run();
    expect(settled).toMatchObject([
      { state: 'IN_DOUBT', attempts: 0, event: { type: 'wxa.code.v1.OperationInDoubt' } },
    ]);
  });

  it.each(['blocked', 'parked', 'finished'] as const)('is done with what is %s', async (kind) => {
    const { run, settled } = runner(() => ({ kind, operation: RELEASE }));
    expect(await run()).toEqual({ kind: 'done' });
    expect(settled).toEqual([]);
  });

  it('comes again where the store is away', async () => {
    const { run } = runner(() => {
      throw new Error('connect ECONNREFUSED');
    });
    expect(await run()).toEqual({ kind: 'again', afterMs: 1000 });
  });

  it('fails, rather than settling for ever, what Postgres refuses for good', async () => {
    const rows: SettlementWithAudits[] = [];
    const { run } = runner(() => ({ kind: 'claimed', operation: RELEASE }), {
      store: {
        ...idleStore(),
        settle: async (row) => {
          rows.push(row);
          if (rows.length === 1) throw Object.assign(new Error('value out of range'), { code: '22003' });
          return SETTLED;
        },
      },
    });
    expect(await run()).toEqual({ kind: 'done' });
    expect(rows.map((row) => row.state)).toEqual(['RETRYING', 'FAILED']);
  });

  it('tries again what was not sent because Postgres could not be read before the call', async () => {
    const operation = { ...RELEASE, noted: null };
    const { run, settled } = runner(() => ({ kind: 'claimed', operation }), {
      client: Object.assign(new WxaClient({ baseUrl: NOWHERE }), {
        getVersionInfo: () => Promise.reject(new Error('Postgres is away')),
      }),
    });
    expect(await run()).toEqual({ kind: 'again', afterMs: 1_000 });
    expect(settled).toMatchObject([{ state: 'RETRYING', attempts: 0, mayHaveActed: false }]);
  });

  it('takes no reservation, token or permit for a command whose operation has ended', async () => {
    const refuse = () => {
      throw new Error('it was asked for');
    };
    const { runner: made } = runner(refuse, {
      backlog: { lookUp: async () => ({ known: true, ended: true }), releaseIfEnded: async () => false },
      limits: Object.assign(new RateLimits({ perAppid: 0 }), {
        reserveForAppid: refuse,
        reserveForApi: refuse,
      }),
      tokens: { get: refuse, refresh: refuse },
      permits: Object.assign(new Permits(1), { takeFor: refuse }),
      onStoreFailure: (error) => {
        throw error;
      },
    });
    const record = { mayBeRepeated: true, isCurrent: () => true, done: () => undefined } as ReceivedRecord;
    expect(await made.run(laneEntry(ID, APPID, 'Release', record))).toEqual({ kind: 'done' });
  });

  it('claims again at once what was blocked by a change that ended at that moment', async () => {
    const { run } = runner(() => ({ kind: 'blocked', operation: RELEASE }), {
      backlog: { lookUp: async () => ({ known: true, ended: false }), releaseIfEnded: async () => true },
    });
    expect(await run()).toEqual({ kind: 'again', afterMs: 0 });
  });

  it('fails at once a mini-program without a token', async () => {
    const { run, settled } = runner(() => ({ kind: 'claimed', operation: RELEASE }), {
      tokens: new StaticTokens({}),
    });
    await run();
    expect(settled).toMatchObject([{ state: 'FAILED', attempts: 0 }]);
    expect(settled[0]?.error).toContain('NOT_AUTHORIZED');
  });

  /** A step that ends at once, with another operation behind it. */
  function withNext(given: Partial<RunnerTools> = {}, refused?: Error) {
    const second = { ...RELEASE, id: ID.replace(/.$/, '2') };
    const next = laneEntry(second.id, APPID, 'Release', RECORD);
    const wrote: string[] = [];
    const settle = async ({ id }: { id: string }) => {
      wrote.push(`settle ${id.at(-1)}`);
      return SETTLED;
    };
    const { runner: made } = runner(() => ({ kind: 'unknown' }), {
      tokens: new StaticTokens({}),
      store: {
        ...idleStore(),
        settle,
        claim: async ({ id }) => {
          wrote.push(`claim ${id.at(-1)}`);
          return { kind: 'claimed', operation: id === ID ? RELEASE : second };
        },
        settleAndClaim: async ({ settlement, claim: { id } }) => {
          if (refused !== undefined) throw refused;
          wrote.push(`settle ${settlement.id.at(-1)} and claim ${id.at(-1)}`);
          return { settled: SETTLED, claim: { kind: 'claimed', operation: second } };
        },
      },
      ...given,
    });
    const first = laneEntry(ID, APPID, 'Release', RECORD);
    const both = async () => {
      await made.run(first, () => next);
      await made.run(next);
      return wrote;
    };
    return { both };
  }

  it('claims the next of its lane with its own settlement', async () => {
    const permits = new Permits(1);
    const { both } = withNext({ permits });
    expect(await both()).toEqual(['claim 1', 'settle 1 and claim 2', 'settle 2']);
    await permits.take();
  });

  it('settles what it claimed with the one before where the token of that can not be read', async () => {
    const permits = new Permits(1);
    const tokens = {
      get: async () => {
        if (reads++ === 0) return { kind: 'not-authorized' } as const;
        throw new Error('Postgres is away');
      },
      refresh: () => Promise.reject(new Error('nothing is refused')),
    };
    let reads = 0;
    const { both } = withNext({ permits, tokens });
    expect(await both()).toEqual(['claim 1', 'settle 1 and claim 2', 'settle 2']);
    expect(permits.approachAlone()).toBe(true);
  });

  it('leaves the next to its turn where others wait for a slot', async () => {
    const permits = new Permits(1);
    const limits = new RateLimits({ perAppid: 0 });
    const learn = () => void permits.take();
    const { both } = withNext({ permits, limits: Object.assign(limits, { tryAcquire: () => false, learn }) });
    expect(await both()).toEqual(['claim 1', 'settle 1', 'claim 2', 'settle 2']);
  });

  it('settles by itself what could not be settled with the claim of the next', async () => {
    const [begun, permits] = [performance.now(), new Permits(1)];
    const { both } = withNext({ permits }, new Error('duplicate key value violates unique constraint'));
    expect(await both()).toEqual(['claim 1', 'settle 1', 'claim 2', 'settle 2']);
    expect(performance.now() - begun).toBeLessThan(900);
    await permits.take();
  });
});
