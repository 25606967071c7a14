import { afterEach, beforeEach, expect, it, jest } from '@jest/globals';
import type { Doubt } from '@wxa/operations';
import type { WxaClient, WxaError, WxaResult } from '@wxa/wxa-client';
import { APPID, idleTools, RELEASE } from '../attempt/fixtures/release.js';
import { limitsOf, UNLIMITED } from '../throttle/fixtures/unlimited.js';
import { Permits } from '../throttle/permits.js';
import type { TokenSource } from '../tokens/token-source.js';
import { DoubtCheck } from './doubt-check.js';

const DEADLINE_MS = 45_000;
const LOST: WxaError = {
  ...{ errcode: 0, errmsg: 'lost', rid: '', reason: 'R', hint: '', api: 'x' },
  ...{ category: 'TRANSPORT', retryable: true },
};
const TIMEOUT: WxaResult<never> = { kind: 'ambiguous', cause: 'timeout', error: LOST };
const UNSENT: WxaResult<never> = { kind: 'retryable', cause: 'connect', error: LOST };

beforeEach(() => void jest.useFakeTimers());
afterEach(() => void jest.useRealTimers());

/** A library version whose third read is due, `ageMs` after its acceptance and its first attempt. */
function doubt(ageMs: number, given: Partial<Doubt> = {}): Doubt {
  const at = new Date(Date.now() - ageMs);
  return {
    ...RELEASE,
    ...{ method: 'SetSupportVersion', state: 'IN_DOUBT', createdAt: at, startedAt: at },
    ...{ request: { appid: APPID, version: '3.0.0' }, negativeReads: 2, checks: 3, reads: 3 },
    ...{ mayActUntil: null },
    ...given,
  };
}

interface Given {
  /** The reservation of the read. */
  reserve?: () => Promise<number | undefined>;
  /** The reservation that is used; by default that of the read. */
  use?: () => Promise<number>;
  /** Milliseconds until the lease ends. */
  leaseMs?: number;
  permits?: Permits;
  /** WeChat's answer; by default, that it was not executed. */
  read?: WxaResult<{ nowVersion: string }>;
  isStopped?: boolean;
  tokens?: TokenSource;
}

async function check(checked: Doubt, given: Given = {}) {
  const { reserve = UNLIMITED.reserve, leaseMs = Number.POSITIVE_INFINITY, permits = new Permits(1) } = given;
  const { read = { kind: 'ok', value: { nowVersion: '2.0.0' } }, isStopped = false } = given;
  let reserved: number | undefined;
  const limits = limitsOf({
    reserve: async () => {
      reserved = await reserve();
      return reserved;
    },
    use: given.use ?? (async () => reserved),
    stoppedBy: () => (isStopped ? 'operator' : undefined),
  });
  const client = { getSupportVersion: async () => read } as unknown as WxaClient;
  const idle = idleTools();
  const { tokens = idle.tokens } = given;
  const tools = { ...idle, deadlineMs: DEADLINE_MS, limits, permits, client, tokens };
  const running = new DoubtCheck(tools).run(checked, performance.now() + leaseMs);
  const [result] = await Promise.all([running, jest.advanceTimersByTimeAsync(60_000)]);
  return result;
}

const throttled = async () => undefined;

/** A reservation that is granted after `ms`. */
const after = (ms: number) => () =>
  new Promise<number>((resolve) => setTimeout(() => resolve(performance.now()), ms));

it('The deadline of an operation that was never claimed has not begun.', async () => {
  expect(await check(doubt(DEADLINE_MS + 1))).toMatchObject({ decision: { kind: 'too-late' } });
  const unclaimed = doubt(DEADLINE_MS + 1, { startedAt: null });
  expect(await check(unclaimed)).toMatchObject({ decision: { kind: 'retry' } });
});

it('The time for which a read waits for its reservation does not count against the deadline.', async () => {
  const waited = await check(doubt(DEADLINE_MS - 1_000, { throttledMs: 500 }), { reserve: after(20_000) });
  expect(waited).toMatchObject({ decision: { kind: 'retry' }, throttledMs: 20_500 });
});

it.each([1, 60])(
  'Read %i that is throttled is repeated after a pause that does not count against the deadline.',
  async (reads) => {
    const result = await check(doubt(0, { checks: reads, reads }), { reserve: throttled });
    const decision = { kind: 'check-again', negativeReads: 2, afterMs: result.throttledMs };
    expect(result).toMatchObject({ answer: 'no-answer', decision, isUnsent: true });
  },
);

it('A check without an access token is no read, and is repeated however many reads were made.', async () => {
  const unavailable = async () => ({ kind: 'unavailable', why: 'no ticket' }) as const;
  const tokens = { get: unavailable, refresh: unavailable };
  const result = await check(doubt(0, { checks: 60, reads: 60 }), { tokens });
  expect(result).toMatchObject({ decision: { kind: 'check-again', negativeReads: 2 }, isUnsent: true });
});

it('A reservation that is far away is waited for, because no read would be made at a low rate otherwise.', async () => {
  const inTenSeconds = async () => performance.now() + 10_000;
  const waited = await check(doubt(0), { reserve: inTenSeconds });
  expect(waited).toMatchObject({ answer: 'not-executed', throttledMs: 10_000 });
});

it('A check whose reservation or permit comes too late for its lease sends no read and leaves them to others.', async () => {
  const leaseMs = 20_000;
  const late = await check(doubt(0), { leaseMs, reserve: async () => performance.now() + leaseMs });
  expect(late).toMatchObject({ isUnsent: true });
  const permits = new Permits(1);
  await permits.take();
  setTimeout(() => permits.give(), leaseMs);
  expect(await check(doubt(0), { leaseMs, permits })).toMatchObject({ isUnsent: true });
  expect(permits.inUse).toBe(0);
  expect(await check(doubt(0), { leaseMs, permits })).toMatchObject({ answer: 'not-executed' });
});

it('A read that waits for its permit beyond its reservation is sent with another one.', async () => {
  const permits = new Permits(1);
  await permits.take();
  setTimeout(() => permits.give(), 1_000);
  const use = async () => performance.now() + 500;
  const checked = await check(doubt(0), { permits, use });
  expect(checked).toMatchObject({ answer: 'not-executed', throttledMs: 1_500 });
});

it('A read whose reservation fails gives its permit back.', async () => {
  const permits = new Permits(1);
  const use = async () => {
    throw new Error('no reservation');
  };
  await expect(check(doubt(0), { permits, use })).rejects.toThrow('no reservation');
  expect(permits.inUse).toBe(0);
});

it.each<[string, Partial<Doubt>, WxaResult<never>, string]>([
  ['is sent again after five unanswered reads', { checks: 5, reads: 5 }, TIMEOUT, 'retry'],
  ['is read again if the last of them was not sent', { checks: 5, reads: 5 }, UNSENT, 'check-again'],
  ['is read again if others were throttled', { checks: 50, reads: 4 }, TIMEOUT, 'check-again'],
])('An idempotent change %s.', async (_, given, read, kind) => {
  const checked = await check(doubt(0, given), { read });
  expect(checked).toMatchObject({ decision: { kind } });
});

it.each<[string, Partial<Doubt>]>([
  ['whose effect no read shows', { method: 'AddTester', request: { appid: APPID, wechatId: 'w' } }],
  ['whose read WeChat rejects', {}],
])(
  'An idempotent change %s stays in doubt while a stop holds its call, and its deadline starts after that.',
  async (_, given) => {
    const ranMs = DEADLINE_MS - 1_000;
    const one = doubt(ranMs, { ...given, negativeReads: 0 });
    const read = { kind: 'error', error: LOST } as const;
    const held = await check(one, { read, isStopped: true });
    const { decision } = held;
    expect(held).toMatchObject({ decision: { kind: 'check-again', negativeReads: 0 }, isUnsent: true });
    const pauseMs = decision.kind === 'check-again' ? decision.afterMs : 0;
    expect([pauseMs <= 4_000, held.throttledMs - pauseMs]).toEqual([true, ranMs]);
    expect(await check(doubt(0, given), { read })).toMatchObject({ decision: { kind: 'retry' } });
  },
);

it('Reads decide under a stop too.', async () => {
  expect(await check(doubt(0), { isStopped: true })).toMatchObject({ decision: { kind: 'retry' } });
});
