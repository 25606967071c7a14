import { beforeEach, expect, it } from '@jest/globals';
import { observing, openStore } from './scratch-store.js';
import { newAppid, scratch, secrets, sql, tokens, useStore, whileLocked } from './use-store.js';

useStore();

const HOUR_S = 3_600;
beforeEach(() => sql('delete from authorizers'));

/** An authorized mini-program with a token of two hours that was read an hour ago. */
async function stored({
  remainingS = HOUR_S,
  readHoursAgo = 1 as number | null,
  lifeS = 2 * HOUR_S,
} = {}): Promise<string> {
  const appid = newAppid();
  const sealed = (column: string) => secrets.seal(`authorizers/${appid}/${column}`, 'token');
  await sql(
    `insert into authorizers (appid, state, refresh_token, access_token, access_token_at, access_token_until, read_at)
     values ($1, 'AUTHORIZED', $6, $2, now() + ($3::float8 - $4::float8) * interval '1 second',
       now() + $3::float8 * interval '1 second', now() - $5::float8 * interval '1 hour')`,
    ...[appid, sealed('access_token'), remainingS, lifeS, readHoursAgo, sealed('refresh_token')],
  );
  return appid;
}
const granted = { refreshToken: 'refresh', accessToken: 'next', grantedMs: 7_200_000 };
const claim = async (limit = 10) => (await tokens.claimRenewals(limit)).appids;

it('Renewals are due 10 minutes before the end of a token that was read in the last 24 hours, or a quarter of a shorter life', async () => {
  const due = [
    await stored({ remainingS: 590 }),
    await stored({ remainingS: -10 }),
    await stored({ remainingS: 490, lifeS: 2_000 }),
  ];
  await stored({ remainingS: 620 });
  await stored({ remainingS: 520, lifeS: 2_000 });
  await stored({ remainingS: 590, readHoursAgo: 25 });
  await stored({ remainingS: 590, readHoursAgo: null });
  expect((await claim()).sort()).toEqual(due.sort());
});

it('Each renewal is claimed by one worker, and by another one if it was not done in 5 s', async () => {
  const due = await Promise.all([1, 2, 3].map(() => stored({ remainingS: 100 })));
  const claimed = await Promise.all([claim(2), claim(2), claim(2)]);
  expect(claimed.flat().sort()).toEqual(due.sort());
  expect(await claim()).toEqual([]);
  await sql(`update authorizers set renewal_claimed_at = renewal_claimed_at - interval '6 seconds'`);
  expect((await claim()).sort()).toEqual(due.sort());
});

it('A claim does not wait for a mini-program that another transaction has locked', async () => {
  const [locked = '', free = ''] = await Promise.all([1, 2].map(() => stored({ remainingS: 100 })));
  await whileLocked('select from authorizers where appid = $1 for update', [locked], async () => {
    expect(await claim()).toEqual([free]);
  });
  expect(await claim()).toEqual([locked]);
});

it('A wish for a token of a mini-program that has none yet is claimed, and none is renewed ahead for it', async () => {
  const appid = await stored({ remainingS: 100 });
  await sql('update authorizers set refresh_token = null, access_token = null');
  expect(await claim()).toEqual([]);
  await tokens.wantRenewal({ appid, isPlatform: false }, { sealed: null });
  expect(await claim()).toEqual([appid]);
});

it('A wish for the stored token is claimed at once and ends with the next token; one for a token that was replaced is none', async () => {
  const appid = await stored();
  const owner = { appid, isPlatform: false };
  await tokens.wantRenewal(owner, { sealed: 'another token' });
  expect(await claim()).toEqual([]);
  const [row] = await sql<{ sealed: string }>('select access_token as sealed from authorizers');
  await tokens.wantRenewal(owner, { sealed: row?.sealed ?? null });
  expect(await tokens.isRenewalAwaited(appid)).toBe(true);
  expect(await claim()).toEqual([appid]);
  const { refreshTokenId: used = '' } = (await tokens.readTokens(appid)) ?? {};
  expect(await tokens.keepTokens({ appid, used }, granted)).toBe(true);
  expect(await tokens.isRenewalAwaited(appid)).toBe(false);
  expect(await claim()).toEqual([]);
});

it('The next token of an authorized mini-program is stored by one statement', async () => {
  const appid = await stored();
  const names: (string | undefined)[] = [];
  const options = { url: scratch.url, observer: observing((name) => names.push(name)) };
  const observed = await openStore(options);
  try {
    const { refreshTokenId: used = '' } = (await tokens.readTokens(appid)) ?? {};
    names.length = 0;
    expect(await observed.tokens(secrets).keepTokens({ appid, used }, granted)).toBe(true);
    expect(names).toEqual(['renew-tokens']);
  } finally {
    await observed.close();
  }
});
