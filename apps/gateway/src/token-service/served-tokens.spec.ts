import { expect, it } from '@jest/globals';
import type { StoredToken, TokenReading } from '@wxa/authorizers';
import { notAllowed } from '../callers/not-allowed.js';
import { type AllowedRead, ServedTokens } from './served-tokens.js';

const APPID = 'wx0123456789abcdef';
const ENDING: StoredToken = {
  ...{ state: 'AUTHORIZED', token: 'old', tokenId: '0a1b2c3d', sealed: 'sealed' },
  ...{ remainingMs: 300_000, grantedMs: 7_200_000 },
};

const READ: AllowedRead = {
  of: { appid: APPID, isPlatform: false },
  by: { caller: 'crm', onBehalfOf: null, peer: null },
  isRefresh: false,
  arrivedAt: performance.now(),
  signal: { aborted: false, reason: undefined },
};

/** Served from a store whose reads end when `serve` does. */
function servedBy(serve: (reading: TokenReading) => Promise<void> = async () => undefined) {
  const served: TokenReading[] = [];
  const renewals = { awaited: 0 };
  const tokens = {
    serveToken: async (reading: TokenReading) => {
      served.push(reading);
      await serve(reading);
      return { stored: ENDING, isServed: reading.isGood(ENDING) };
    },
    wantRenewal: async () => undefined,
    isRenewalAwaited: async () => {
      renewals.awaited += 1;
      return false;
    },
  };
  return { under: new ServedTokens(tokens, { mayHaveLostTimeOn: async () => false }), served, renewals };
}

it('A reader that loses its right while it waits for a renewal gets no token', async () => {
  const { under, served } = servedBy();
  const lost = () => {
    throw notAllowed({ caller: 'crm', method: 'Tokens/GetAccessToken' }, APPID);
  };
  await expect(under.read(READ, lost)).rejects.toMatchObject({
    facts: { reason: 'CALLER_NOT_ALLOWED' },
  });
  expect(served).toHaveLength(1);
  expect(await under.read(READ, () => undefined)).toBe(ENDING);
});

it('When Postgres is slow, reads beyond 205 are refused at once, and those whose readers have left are not made', async () => {
  let answer: () => void = () => undefined;
  const slow = new Promise<void>((resolve) => {
    answer = resolve;
  });
  const { under, served } = servedBy(() => slow);
  const left = { aborted: false, reason: new Error('left') };
  const from = (n: number) => ({ ...READ.by, caller: `reader ${n % 5}` });
  const reads = Array.from({ length: 205 }, (_, n) =>
    under.read({ ...READ, by: from(n), signal: left }, () => undefined),
  );
  const refused = { facts: { reason: 'TOKEN_NOT_AVAILABLE' } };
  await expect(under.read(READ, () => undefined)).rejects.toMatchObject(refused);
  left.aborted = true;
  answer();
  const rejected = { status: 'rejected', reason: left.reason };
  expect(await Promise.allSettled(reads)).toEqual(Array(205).fill(rejected));
  expect(served).toHaveLength(5);
  expect(await under.read(READ, () => undefined)).toBe(ENDING);
});

it('When Postgres is slow, a reader with 150 reads that wait is refused another, and other readers are not', async () => {
  const { under, served } = servedBy(() => new Promise(() => undefined));
  const read = (caller: string) => under.read({ ...READ, by: { ...READ.by, caller } }, () => undefined);
  for (let n = 0; n < 155; n += 1) void read('greedy');
  const answerNow = (caller: string) => {
    const waits = new Promise((resolve) => setImmediate(resolve, 'waits'));
    return Promise.race([read(caller).catch(({ facts }) => facts.reason), waits]);
  };
  expect(await answerNow('greedy')).toBe('TOKEN_NOT_AVAILABLE');
  expect(await answerNow('other')).toBe('waits');
  expect(served).toHaveLength(5);
});

it('A read waits for a renewal until 4 s after it arrived, however long its turn took', async () => {
  const { under, renewals } = servedBy();
  const isEnding = { ...READ, isRefresh: true };
  for (const [waitedMs, awaited] of [
    [4_000, 0],
    [3_000, 1],
  ] as const) {
    const read = under.read({ ...isEnding, arrivedAt: performance.now() - waitedMs }, () => undefined);
    await expect(read).rejects.toMatchObject({ facts: { reason: 'TOKEN_NOT_AVAILABLE' } });
    expect([waitedMs, renewals.awaited]).toEqual([waitedMs, awaited]);
  }
});
