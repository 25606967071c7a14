import { expect, it } from '@jest/globals';
import type { Caller, CallerLimits as Limits } from '@wxa/policy';
import { CallerLimiter } from './caller-limits.js';

const caller = (limits: Limits, name = 'shop'): Caller => ({ name, rules: [], limits, mayActFor: false });
const READ = 'Operations/GetOperation';
const UPLOAD = 'CodeManagement/UploadAuditMedia';

it('A caller beyond its burst gets CALLER_RATE_LIMITED with the time until the next free slot, spread over a second; others are not affected', () => {
  let now = 1_000;
  const [usage, clock, random] = [() => undefined, () => now, () => 0.5];
  const limits = new CallerLimiter(usage, clock, random);
  const shop = caller({ perSecond: 4, burst: 2 });
  expect([1, 2].map(() => limits.exceededBy(shop, READ))).toEqual([undefined, undefined]);
  now += 50;
  const facts = { reason: 'CALLER_RATE_LIMITED', retryAfterMs: 700, caller: 'shop', method: READ };
  expect(limits.exceededBy(shop, READ)).toMatchObject({ code: 8, facts });
  expect(limits.exceededBy(caller({ perSecond: 4, burst: 1 }, 'other'), READ)).toBeUndefined();
  now += 200;
  expect(limits.exceededBy(shop, READ)).toBeUndefined();
});

it('A caller has the rate of the policy in force', () => {
  const clock = () => 0;
  const limits = new CallerLimiter(() => undefined, clock);
  const exceeded = (rate: Limits, count: number) =>
    Array.from({ length: count }, () => limits.exceededBy(caller(rate), READ) !== undefined);
  expect(exceeded({ perSecond: 1, burst: 1 }, 2)).toEqual([false, true]);
  expect(exceeded({ perSecond: 1, burst: 3 }, 3)[2]).toBe(false);
  expect(exceeded({}, 3)).toEqual([false, false, false]);
});

it.each<[string, string, Limits, boolean]>([
  ['too many unfinished operations', 'CodeManagement/Commit', { unfinished: 10 }, true],
  ['too many unfinished operations', 'CodeManagement/ListPages', { unfinished: 10 }, true],
  ['too many unfinished operations', 'Authorizers/ImportAuthorizer', { unfinished: 10 }, true],
  ['too many unfinished operations', READ, { unfinished: 10 }, false],
  ['too many unfinished operations', 'Operations/CancelOperation', { unfinished: 10 }, false],
  ['too many unfinished operations', 'Authorizers/GetAuthorizer', { unfinished: 10 }, false],
  ['fewer unfinished operations', 'CodeManagement/Commit', { unfinished: 11 }, false],
  ['too many waiting files', UPLOAD, { uploadBytes: 100 }, true],
  ['too many waiting files', 'CodeManagement/Commit', { uploadBytes: 100 }, false],
  ['fewer waiting files', UPLOAD, { uploadBytes: 101 }, false],
])('A caller with %s that calls %s, with the limits %j, exceeds them: %s', (_, method, limits, exceeds) => {
  const facts = { reason: 'CALLER_QUOTA_EXCEEDED', retryAfterMs: 30_000 };
  const limiter = new CallerLimiter(() => ({ unfinished: 10, uploadBytes: 100 }));
  const exceeded = limiter.exceededBy(caller(limits), method);
  expect(exceeded?.facts).toEqual(exceeds ? expect.objectContaining(facts) : undefined);
});
