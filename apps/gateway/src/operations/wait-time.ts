import type { Duration } from '@wxa/contracts';

const DEFAULT_MS = 60_000;
const MAX_MS = 3_600_000;
/** Time reserved for sending the response before the caller's deadline. */
const RESPONSE_MS = 200;

/**
 * How long WaitOperation waits, in milliseconds: the requested timeout, at most an hour, and short enough for the
 * response to arrive before the caller's deadline.
 * @param timeLeftMs time until the caller's deadline; Infinity if there is none.
 */
export function waitTimeMs(timeout: Duration | undefined, timeLeftMs: number): number {
  const requestedMs =
    timeout === undefined ? DEFAULT_MS : Number(timeout.seconds) * 1000 + timeout.nanos / 1e6;
  return Math.max(0, Math.min(requestedMs, timeLeftMs - RESPONSE_MS, MAX_MS));
}
