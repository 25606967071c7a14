import { expect, it } from '@jest/globals';
import type { Logger } from '@wxa/service';
import { LoginAttempts, networkOf } from './login-attempts.js';
import { Logins } from './logins.js';
import type { Sessions } from './sessions.js';

const logger = { warn: () => undefined, info: () => undefined } as unknown as Logger;

/** Logins whose checks of passwords do not end, by name. */
function checking() {
  const checked: string[] = [];
  const logIn = (name: string) => {
    checked.push(name);
    return new Promise<undefined>(() => undefined);
  };
  const logins = new Logins({ logIn } as unknown as Sessions, logger);
  return {
    checked,
    attempt: (name: string, address: string) => logins.logIn({ name, password: 'x', address }),
  };
}

it('Two passwords of an IPv6 network are checked at once, 18 wait, and that of another address is checked at once', async () => {
  const { checked, attempt } = checking();
  const flood = Array.from({ length: 100 }, (_, i) => attempt(`name ${i}`, `2001:db8::${i}`));
  for (const refused of flood.slice(20))
    await expect(refused).rejects.toMatchObject({
      reason: 'TOO_MANY_LOGINS',
      retryAfterMs: expect.any(Number),
    });
  expect(checked).toEqual(['name 0', 'name 1']);
  void attempt('zhang', '203.0.113.10');
  await new Promise((resolve) => setImmediate(resolve));
  expect(checked).toEqual(['name 0', 'name 1', 'zhang']);
});

it('While 1,000 passwords wait to be checked, further ones are refused', async () => {
  const { attempt } = checking();
  for (let i = 0; i < 1_003; i += 1) void attempt('zhang', `10.0.${i >> 8}.${i & 255}`);
  await expect(attempt('zhang', '203.0.113.10')).rejects.toMatchObject({ reason: 'TOO_MANY_LOGINS' });
});

it.each([
  ['203.0.113.9', '203.0.113.9'],
  ['::ffff:203.0.113.9', '203.0.113.9'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2'],
  ['2001:db8::6', '2001:db8:0:0'],
  ['::1', '0:0:0:0'],
  ['', ''],
])('The network of %j is %j', (address, network) => {
  expect(networkOf(address)).toBe(network);
});

const attemptsAt = (attempts: LoginAttempts, name: string, times: number[]) =>
  times.map((now) => attempts.begin(name, '10.0.0.1', now));
const fiveAttempts = (attempts: LoginAttempts) => attemptsAt(attempts, 'zhang', [0, 0, 0, 0, 0]);

it('The sixth attempt at once waits 12 seconds, for its name and address only', () => {
  const attempts = new LoginAttempts();
  expect(fiveAttempts(attempts)).toEqual([0, 0, 0, 0, 0]);
  expect(attemptsAt(attempts, 'zhang', [0, 11_000, 12_000])).toEqual([12_000, 1_000, 0]);
  expect([attempts.begin('li', '10.0.0.1', 0), attempts.begin('zhang', '10.0.0.2', 0)]).toEqual([0, 0]);
});

it('The delay of a name doubles with each further attempt, up to 5 minutes', () => {
  const attempts = new LoginAttempts();
  fiveAttempts(attempts);
  let now = 0;
  const delays = Array.from({ length: 7 }, () => {
    const waitMs = attempts.begin('zhang', '10.0.0.1', now);
    now += waitMs;
    expect(attempts.begin('zhang', '10.0.0.1', now)).toBe(0);
    return waitMs / 1000;
  });
  expect(delays).toEqual([12, 24, 48, 96, 192, 300, 300]);
});

it('An address has 20 attempts at once and 20 a minute, whatever the names', () => {
  const attempts = new LoginAttempts();
  const atOnce = Array.from({ length: 20 }, (_, i) => attempts.begin(`name ${i}`, '10.0.0.1', 0));
  expect(Math.max(...atOnce)).toBe(0);
  expect(attempts.begin('one more', '10.0.0.1', 0)).toBeCloseTo(3_000);
  expect(attempts.begin('one more', '10.0.0.2', 0)).toBe(0);
  expect(attempts.begin('one more', '10.0.0.1', 3_001)).toBe(0);
});

it('A successful login lets its user try again at once, and is not an attempt of its address', () => {
  const attempts = new LoginAttempts();
  fiveAttempts(attempts);
  attempts.succeeded('zhang', '10.0.0.1');
  expect(attempts.begin('zhang', '10.0.0.1', 0)).toBe(0);
  for (let i = 0; i < 100; i += 1) {
    expect(attempts.begin('li', '10.0.0.3', 0)).toBe(0);
    attempts.succeeded('li', '10.0.0.3');
  }
});

it('The attempts of 10,000 names are remembered, and no more', () => {
  const attempts = new LoginAttempts();
  fiveAttempts(attempts);
  for (let i = 1; i < 10_000; i += 1) attempts.begin(`name ${i}`, `10.0.1.${i}`, 0);
  expect(attempts.begin('zhang', '10.0.0.1', 0)).toBeGreaterThan(0);
  attempts.begin('one more', '10.0.0.2', 0);
  expect(attempts.begin('zhang', '10.0.0.1', 0)).toBe(0);
});
