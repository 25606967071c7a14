import type { Duration } from '@wxa/contracts';

const WITHOUT_TIMEOUT_MS = 60_000;
const LONGEST_MS = 3_600_000;
/** What the answer needs on its way, so that it is not lost to the caller's own deadline. */
const ON_ITS_WAY_MS = 200;

/**
 * How long WaitOperation waits, in milliseconds: as asked, at most an hour, and never so long that the caller's
 * deadline passes before the answer is there.
 * @param timeLeftMs until the caller's deadline; Infinity where there is none.
 */
export function waitTimeMs(timeout: Duration | undefined, timeLeftMs: number): number {
  const asked =
    timeout === undefined ? WITHOUT_TIMEOUT_MS : Number(timeout.seconds) * 1000 + timeout.nanos / 1e6;
  return Math.max(0, Math.min(asked, timeLeftMs - ON_ITS_WAY_MS, LONGEST_MS));
}
