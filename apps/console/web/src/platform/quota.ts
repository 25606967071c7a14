import type { Response } from '../api/types.js';

type Status = Pick<Response<'Platform/GetPlatformStatus'>, 'apis' | 'auditQuota'>;

/** WeChat's code for a submission over the quota. */
const EXHAUSTED = 85_085;

/** The audit quota as WeChat said last: since it was read, a submission may have been refused because it is used up. */
export function auditQuotaOf({ apis, auditQuota }: Status): Status['auditQuota'] {
  const { errcode, startTime } = apis.find(({ api }) => api === 'wxa/submit_audit')?.stop ?? {};
  const { quota, time = '' } = auditQuota ?? {};
  if (quota === undefined || startTime === undefined || errcode !== EXHAUSTED) return auditQuota;
  return Date.parse(startTime) < Date.parse(time)
    ? auditQuota
    : { quota: { ...quota, rest: 0 }, time: startTime };
}

const DAY_MS = 86_400_000;
const CHINA_MS = 8 * 3_600_000;

/** How long a quota of the month lasts at the pace of the month so far. */
export interface BurnDown {
  used: number;
  perDay: number;
  /** The part of the month that has passed, 0 to 1. */
  passed: number;
  monthEnds: Date;
  /** When it will be used up; undefined if not in this month. */
  until: Date | undefined;
}

/** WeChat's quotas follow the months of China. Before a day has passed, the pace is that of a whole day. */
export function burnDown({ rest, limit }: { rest: number; limit: number }, now: Date): BurnDown {
  const local = new Date(now.getTime() + CHINA_MS);
  const [year, month] = [local.getUTCFullYear(), local.getUTCMonth()];
  const begins = Date.UTC(year, month, 1) - CHINA_MS;
  const ends = Date.UTC(year, month + 1, 1) - CHINA_MS;
  const used = Math.max(0, limit - rest);
  const perDay = used / Math.max(1, (now.getTime() - begins) / DAY_MS);
  const until = perDay === 0 ? Number.POSITIVE_INFINITY : now.getTime() + (rest / perDay) * DAY_MS;
  return {
    used,
    perDay,
    passed: (now.getTime() - begins) / (ends - begins),
    monthEnds: new Date(ends),
    until: until < ends ? new Date(until) : undefined,
  };
}
