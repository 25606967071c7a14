import type { Duration } from '@wxa/contracts';

const HOUR_MS = 3_600_000;
export const DAY_MS = 24 * HOUR_MS;
/** China has one time zone and no daylight saving time. */
const CHINA_MS = 8 * HOUR_MS;

/** A day of China (UTC+8). */
export interface Day {
  /** As in 2026-11-30. */
  date: string;
  endsAt: Date;
}

/** The day of China of a time. */
export function dayOf(time: Date): Day {
  const day = Math.floor((time.getTime() + CHINA_MS) / DAY_MS);
  return {
    date: new Date(day * DAY_MS).toISOString().slice(0, 10),
    endsAt: new Date((day + 1) * DAY_MS - CHINA_MS),
  };
}

/** A duration in milliseconds; 0 if it is absent. */
export function millisOf(duration: Duration | undefined): number {
  return duration === undefined ? 0 : Number(duration.seconds) * 1000 + duration.nanos / 1e6;
}
