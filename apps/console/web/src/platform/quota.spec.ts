import { expect, it } from '@jest/globals';
import { auditQuotaOf, burnDown } from './quota.js';

it('Nothing is left of the quota if WeChat has refused a submission since it was read', () => {
  const auditQuota = { quota: { rest: 500, limit: 1_000 }, time: '2026-12-01T08:00:00Z' };
  const stopped = (errcode: number, startTime: string) =>
    auditQuotaOf({ auditQuota, apis: [{ api: 'wxa/submit_audit', stop: { errcode, startTime } }] } as never);
  const usedUp = { quota: { rest: 0, limit: 1_000 }, time: '2026-12-01T08:00:00.5Z' };
  expect(stopped(85_085, '2026-12-01T08:00:00.5Z')).toEqual(usedUp);
  expect(stopped(85_085, '2026-12-01T07:59:00Z')).toBe(auditQuota);
  expect(stopped(0, '2026-12-01T09:00:00Z')).toBe(auditQuota);
  expect(auditQuotaOf({ auditQuota, apis: [] } as never)).toBe(auditQuota);
  expect(auditQuotaOf({ apis: [] })).toBeUndefined();
});

it('A quota that is used too fast ends at the pace of the month so far, in the month of China', () => {
  // 10 days of November in China have passed.
  const now = new Date('2026-11-10T16:00:00Z');
  expect(burnDown({ rest: 200, limit: 300 }, now)).toEqual({
    used: 100,
    perDay: 10,
    passed: 10 / 30,
    monthEnds: new Date('2026-11-30T16:00:00Z'),
    until: undefined,
  });
  expect(burnDown({ rest: 50, limit: 150 }, now).until).toEqual(new Date('2026-11-15T16:00:00Z'));
  expect(burnDown({ rest: 0, limit: 150 }, now).until).toEqual(now);
});

it('A quota of which nothing is used lasts, and an hour of a new month does not count as its pace', () => {
  const now = new Date('2026-12-31T17:00:00Z');
  expect(burnDown({ rest: 100, limit: 100 }, now)).toMatchObject({ used: 0, perDay: 0, until: undefined });
  expect(burnDown({ rest: 99, limit: 100 }, now)).toMatchObject({ used: 1, perDay: 1, until: undefined });
  expect(burnDown({ rest: 99, limit: 100 }, now).monthEnds).toEqual(new Date('2027-01-31T16:00:00Z'));
});
