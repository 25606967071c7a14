import type { Duration } from '@wxa/contracts';

/** A duration in milliseconds; 0 if it is absent. */
export function millisOf(duration: Duration | undefined): number {
  return duration === undefined ? 0 : Number(duration.seconds) * 1000 + duration.nanos / 1e6;
}
