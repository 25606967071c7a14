import { expect, it } from '@jest/globals';
import { LoginAttempts } from './login-attempts.js';

const fiveAttempts = (attempts: LoginAttempts, name: string, address: string) =>
  Array.from({ length: 5 }, () => attempts.begin(name, address, 0));

it('The sixth attempt at once waits 12 seconds, for its name and address only', () => {
  const attempts = new LoginAttempts();
  expect(fiveAttempts(attempts, 'zhang', '10.0.0.1')).toEqual([0, 0, 0, 0, 0]);
  expect(attempts.begin('zhang', '10.0.0.1', 0)).toBeCloseTo(12_000);
  expect(attempts.begin('zhang', '10.0.0.1', 11_900)).toBeGreaterThan(0);
  expect([attempts.begin('li', '10.0.0.1', 0), attempts.begin('zhang', '10.0.0.2', 0)]).toEqual([0, 0]);
  expect(attempts.begin('zhang', '10.0.0.1', 12_001)).toBe(0);
});

it('A successful login lets its user try again at once', () => {
  const attempts = new LoginAttempts();
  fiveAttempts(attempts, 'zhang', '10.0.0.1');
  attempts.succeeded('zhang', '10.0.0.1');
  expect(attempts.begin('zhang', '10.0.0.1', 0)).toBe(0);
});

it('The attempts of 10,000 names are remembered, and no more', () => {
  const attempts = new LoginAttempts();
  fiveAttempts(attempts, 'zhang', '10.0.0.1');
  for (let i = 1; i < 10_000; i += 1) attempts.begin(`name ${i}`, '10.0.0.1', 0);
  expect(attempts.begin('zhang', '10.0.0.1', 0)).toBeGreaterThan(0);
  attempts.begin('one more', '10.0.0.1', 0);
  expect(attempts.begin('zhang', '10.0.0.1', 0)).toBe(0);
});
