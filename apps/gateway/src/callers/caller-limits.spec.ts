import { describe, expect, it } from '@jest/globals';
import type { Caller, CallerLimits as Limits } from '@wxa/policy';
import { CallerLimits } from './caller-limits.js';

const caller = (limits: Limits, name = 'shop'): Caller => ({ name, rules: [], limits, mayActFor: false });
const reasonsOf = (limits: CallerLimits, who: Caller, method: string, count: number) =>
  Array.from({ length: count }, () => limits.exceededBy(who, method)?.facts.reason);

describe('CallerLimits', () => {
  it('A caller beyond its burst gets CALLER_RATE_LIMITED with the time until the next free slot, spread over a second; others are not affected', () => {
    let now = 1_000;
    const limits = new CallerLimits(
      () => undefined,
      () => now,
      () => 0.5,
    );
    const shop = caller({ perSecond: 4, burst: 2 });
    expect(reasonsOf(limits, shop, 'Operations/GetOperation', 2)).toEqual([undefined, undefined]);
    now += 50;
    expect(limits.exceededBy(shop, 'Operations/GetOperation')).toMatchObject({
      code: 8,
      facts: {
        reason: 'CALLER_RATE_LIMITED',
        retryAfterMs: 700,
        caller: 'shop',
        method: 'Operations/GetOperation',
      },
    });
    const other = caller({ perSecond: 4, burst: 1 }, 'other');
    expect(limits.exceededBy(other, 'Operations/GetOperation')).toBeUndefined();
    now += 200;
    expect(limits.exceededBy(shop, 'Operations/GetOperation')).toBeUndefined();
  });

  it('A caller has the rate of the policy in force', () => {
    const limits = new CallerLimits(
      () => undefined,
      () => 0,
    );
    expect(
      reasonsOf(limits, caller({ perSecond: 1, burst: 1 }), 'Operations/GetOperation', 2)[1],
    ).toBeDefined();
    expect(
      reasonsOf(limits, caller({ perSecond: 1, burst: 3 }), 'Operations/GetOperation', 3)[2],
    ).toBeUndefined();
    expect(reasonsOf(limits, caller({}), 'Operations/GetOperation', 3)).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
  });

  it('A caller with too many unfinished operations can still read, but not create operations', () => {
    const limits = new CallerLimits(() => ({ unfinished: 10, uploadBytes: 0 }));
    const full = caller({ unfinished: 10 });
    for (const method of [
      'CodeManagement/Commit',
      'CodeManagement/ListPages',
      'Authorizers/ImportAuthorizer',
    ])
      expect(limits.exceededBy(full, method)).toMatchObject({
        facts: { reason: 'CALLER_QUOTA_EXCEEDED', retryAfterMs: 30_000 },
      });
    for (const method of [
      'Operations/GetOperation',
      'Operations/CancelOperation',
      'Authorizers/GetAuthorizer',
    ])
      expect(limits.exceededBy(full, method)).toBeUndefined();
    expect(limits.exceededBy(caller({ unfinished: 11 }), 'CodeManagement/Commit')).toBeUndefined();
  });

  it('Waiting files count for uploads only', () => {
    const limits = new CallerLimits(() => ({ unfinished: 1, uploadBytes: 100 }));
    const full = caller({ uploadBytes: 100 });
    expect(limits.exceededBy(full, 'CodeManagement/UploadAuditMedia')?.facts.reason).toBe(
      'CALLER_QUOTA_EXCEEDED',
    );
    expect(limits.exceededBy(full, 'CodeManagement/Commit')).toBeUndefined();
    expect(
      limits.exceededBy(caller({ uploadBytes: 101 }), 'CodeManagement/UploadAuditMedia'),
    ).toBeUndefined();
  });
});
