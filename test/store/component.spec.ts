import { expect, it } from '@jest/globals';
import { tokens, useStore } from './use-store.js';

useStore();

it('keepTicket stores the newest ticket, and keepComponentToken stores the token', async () => {
  const appid = 'wxc0de000000000000';
  const keep = (ticket: string, second: number) =>
    tokens.keepTicket({ appid, ticket, sentAt: new Date(second * 1000) });
  expect(await tokens.readComponent(appid)).toBeUndefined();
  expect([await keep('one', 100), await keep('late', 99), await keep('two', 101)]).toEqual([
    true,
    false,
    true,
  ]);
  await tokens.keepComponentToken({ appid, token: 'token', grantedMs: 60_000 });
  const found = await tokens.readComponent(appid);
  expect(found).toMatchObject({ ticket: 'two', accessToken: 'token' });
  expect(found?.ticketAgeMs).toBeGreaterThan(1e12);
  expect(found?.remainingMs).toBeGreaterThan(50_000);
});

it('A token that is stored late has the rest of its life, and replaces no later one that is still valid', async () => {
  const appid = 'wxc0de000000000008';
  const keep = (token: string, ageMs: number) =>
    tokens.keepComponentToken({ appid, token, grantedMs: 7_200_000, ageMs });
  await tokens.keepTicket({ appid, ticket: 'one', sentAt: new Date() });
  expect(await keep('first', 3_600_000)).toBe(true);
  const { remainingMs } = (await tokens.readComponent(appid)) ?? { remainingMs: 0 };
  expect(Math.round(remainingMs / 60_000)).toBe(60);
  expect([await keep('late', 60_000), await keep('next', 0)]).toEqual([false, true]);
  expect((await tokens.readComponent(appid))?.accessToken).toBe('next');
  await tokens.rejectComponentToken({ appid, token: 'next' });
  expect(await keep('any', 60_000)).toBe(true);
});

it('rejectComponentToken ends the stored token, but not another one', async () => {
  const appid = 'wxc0de000000000009';
  const remainingMs = async () => (await tokens.readComponent(appid))?.remainingMs;
  await tokens.keepTicket({ appid, ticket: 'one', sentAt: new Date() });
  await tokens.rejectComponentToken({ appid, token: 'one' });
  await tokens.keepComponentToken({ appid, token: 'two', grantedMs: 60_000 });
  await tokens.rejectComponentToken({ appid, token: 'one' });
  expect(await remainingMs()).toBeGreaterThan(50_000);
  await tokens.rejectComponentToken({ appid, token: 'two' });
  expect(await remainingMs()).toBeLessThanOrEqual(0);
});

it('mayAskForTicket allows one request per interval over all processes', async () => {
  const mayAsk = (everyMs = 60_000) => tokens.mayAskForTicket('wx0000000000000007', everyMs);
  expect((await Promise.all([mayAsk(), mayAsk(), mayAsk()])).filter(Boolean)).toHaveLength(1);
  expect(await mayAsk(0)).toBe(true);
});
