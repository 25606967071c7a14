import { setTimeout as delay } from 'node:timers/promises';
import { expect, it } from '@jest/globals';
import type { ReceivedRecord } from '@wxa/kafka';
import type { Claim, ClaimedOperation } from '@wxa/operations';
import type { WxaResult } from '@wxa/wxa-client';
import { laneEntry } from '../lanes/lane-entry.js';
import { limitsOf } from '../throttle/fixtures/unlimited.js';
import { Permits } from '../throttle/permits.js';
import { StaticTokens } from '../tokens/token-source.js';
import { CircuitBreaker } from '../wechat/circuit-breaker.js';
import { APPID, CLOSED, claimed, idleTools, RELEASE, releaseWith } from './fixtures/release.js';
import { runner } from './fixtures/runner.js';
import { wechatServer } from './fixtures/wechat-server.js';
import type { RunnerTools } from './runner-tools.js';

const DONE = { kind: 'done' };
const again = (afterMs: unknown) => ({ kind: 'again', afterMs });
const lost = (given: Partial<ClaimedOperation> = {}): Claim => ({
  ...{ kind: 'lease-expired', operation: releaseWith(given) },
});
const retrying: Claim = { kind: 'wait', waitMs: 20_000, operation: { ...RELEASE, state: 'RETRYING' } };
const [blocked, delayed, finished] = (['blocked', 'delayed', 'finished'] as const).map(
  (kind): Claim => ({ kind, operation: RELEASE }),
) as [Claim, Claim, Claim];
const noTokens = { tokens: new StaticTokens({}) };
const inDoubt = { state: 'IN_DOUBT', attempts: 0, event: { type: 'wxa.code.v1.OperationInDoubt' } };
const unsent = { state: 'RETRYING', attempts: 0, mayHaveActed: false, delayed: false, event: null, fence: 1 };
const failed = { state: 'FAILED', attempts: 0, error: expect.stringContaining('NOT_AUTHORIZED') };
const stalled = { ...inDoubt, attempts: 1, mayHaveActed: true };
const getVersionInfo = () => Promise.reject(new Error('Postgres is unavailable'));
const unreadable = { client: Object.assign(idleTools().client, { getVersionInfo }) };
const unblocked = { backlog: { ...idleTools().backlog, releaseIfEnded: async () => true } };
const unavailable = () => Promise.reject(new Error('connect ECONNREFUSED'));
const [early, acted] = [{ snapshot: null }, { mayHaveActed: true }];

it.each<[string, Claim | (() => Promise<Claim>), Partial<RunnerTools>, object, object[]]>([
  ['An attempt that sent nothing is settled as RETRYING.', claimed(), {}, { kind: 'again' }, [unsent]],
  ['A change whose worker was lost is IN_DOUBT without another call.', lost(), {}, DONE, [stalled]],
  ['A change whose worker was lost before its snapshot is retried.', lost(early), {}, again(0), [unsent]],
  ['A change that may have acted is IN_DOUBT without a token.', claimed(acted), noTokens, DONE, [inDoubt]],
  ['A mini-program without a token fails with NOT_AUTHORIZED.', claimed(), noTokens, DONE, [failed]],
  ['A failed read of Postgres is retried.', claimed(early), unreadable, again(1_000), [unsent]],
  ['A blocked operation ends its entry.', blocked, {}, DONE, []],
  ['A delayed operation ends its entry.', delayed, {}, DONE, []],
  ['A finished operation ends its entry.', finished, {}, DONE, []],
  ['A blocked operation whose blocker has ended is claimed again.', blocked, unblocked, again(0), []],
  ["Another worker's retry is claimed when due.", retrying, {}, again(expect.closeTo(20_020, -3)), []],
  ['A step is repeated after 1 s if the store is unavailable.', unavailable, {}, again(1_000), []],
])('%s', async (_title, claim, given, step, rows) => {
  const { run, settled } = runner(claim, given);
  expect(await run()).toMatchObject(step);
  expect(settled).toMatchObject(rows);
});

it('A retry is claimed only once the retry budget grants it.', async () => {
  let waitMs = 500;
  const { run, claims } = runner(() => claimed(), { budget: { take: () => waitMs } });
  await run();
  expect([await run(), claims.length]).toEqual([again(500), 1]);
  waitMs = 0;
  await run();
  expect(claims).toHaveLength(2);
});

it('A retry waits for the retry budget until its deadline at most.', async () => {
  const startedAt = new Date();
  const budget = { take: () => 500 };
  const { run, claims } = runner(claimed({ startedAt }), { budget, deadlineMs: 1_000 });
  for (let step = await run(); claims.length === 1; step = await run()) {
    if (step.kind === 'again') await delay(step.afterMs);
  }
  expect(Date.now() - startedAt.getTime()).toBeGreaterThanOrEqual(990);
});

it('A step claims nothing and holds no permit while the circuit breaker is open.', async () => {
  const breaker = new CircuitBreaker();
  const lost = { kind: 'ambiguous', cause: 'reset', error: {} } as WxaResult<unknown>;
  for (let i = 0; i < 20; i++) breaker.record(lost);
  const permits = new Permits(1);
  const { run, claims } = runner(claimed(), { breaker, permits });
  const step = run();
  await permits.take();
  expect([claims, breaker.waiting]).toEqual([[], 1]);
  permits.give();
  breaker.close();
  await step;
  expect(claims).toHaveLength(1);
});

it('A step returns its permit if the circuit breaker opens while it waits for the permit.', async () => {
  const permits = new Permits(1);
  await permits.take();
  const breaker = { ...CLOSED };
  const { run } = runner({ kind: 'unknown' }, { breaker, permits, onUnknown: () => Promise.reject() });
  const step = run();
  breaker.isOpen = true;
  permits.give();
  expect(await step).toEqual(again(1));
  await permits.take();
});

it("Another worker's call is rechecked every second at most, with one reservation for all checks.", async () => {
  let reservations = 0;
  const reserve = async () => {
    reservations += 1;
    return performance.now();
  };
  const answers: Claim[] = [32_000, 32_000, 400].map((waitMs) => ({
    ...{ kind: 'wait', waitMs, operation: RELEASE },
  }));
  const { run, claims } = runner(() => answers.shift() ?? { kind: 'finished', operation: RELEASE }, {
    limits: limitsOf({ isLimited: () => true, reserve }),
  });
  expect([await run(), await run()]).toEqual([again(1_000), again(1_000)]);
  expect(await run()).toEqual(again(expect.closeTo(420, -3)));
  expect([await run(), claims.length, reservations]).toEqual([DONE, 4, 1]);
});

it("A release's precondition reads are subject to the rate limits of the APIs they read.", async () => {
  const apis: string[] = [];
  const use = async (api: string) => void apis.push(api);
  const claim = claimed({ request: { appid: APPID, expectedUserVersion: '1.0' } });
  const { run, settled } = runner(claim, { limits: limitsOf({ use }) });
  await run();
  expect(apis).toEqual(['wxa/getversioninfo', 'wxa/release', 'wxa/get_latest_auditstatus']);
  expect(settled).toMatchObject([unsent]);
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
    const use = async (api: string) => {
      if (api === waitsFor) stoppedBy = 'operator';
      return undefined;
    };
    const limits = limitsOf({ stoppedBy: () => stoppedBy, use });
    const { run, settled } = runner(claimed(given), { limits });
    await run();
    expect(settled).toMatchObject([{ state, attempts: 0, error: expect.stringContaining('API_STOPPED') }]);
  },
);

it("The rate limits learn from a snapshot read's response as from the call's.", async () => {
  const { client, stop } = await wechatServer();
  const learned: string[] = [];
  const learn = (_: string, api: string, { kind }: WxaResult<unknown>) => void learned.push(`${api} ${kind}`);
  const { run } = runner(claimed({ snapshot: null }), { client, limits: limitsOf({ learn }) });
  expect(await run()).toEqual(DONE);
  expect(learned).toEqual(['wxa/getversioninfo ok', 'wxa/release ok']);
  await stop();
});

it('A command whose operation has ended takes no reservation, token or permit.', async () => {
  const unexpected = () => {
    throw new Error('unexpected call');
  };
  const { runner: made } = runner(unexpected, {
    backlog: { lookUp: async () => ({ known: true, ended: true }), releaseIfEnded: async () => false },
    limits: Object.assign(limitsOf({ reserve: unexpected }), { reserveForAppid: unexpected }),
    tokens: { get: unexpected, refresh: unexpected },
    permits: Object.assign(new Permits(1), { takeFor: unexpected }),
    onStoreFailure: (error) => {
      throw error;
    },
  });
  const record = { mayBeRepeated: true, isCurrent: () => true, done: () => undefined } as ReceivedRecord;
  expect(await made.run(laneEntry(RELEASE.id, APPID, 'Release', record))).toEqual(DONE);
});
