import type { Duration } from '@wxa/contracts';

/** A length of time in whole milliseconds; 0 if it is negative, because Postgres's clock may be ahead of this process's. */
export function durationOf(ms: number): Duration {
  const whole = Math.max(0, Math.floor(ms));
  return { seconds: BigInt(Math.floor(whole / 1000)), nanos: (whole % 1000) * 1e6 };
}
