import { randomBytes } from 'node:crypto';

const TRACEPARENT = /^00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}$/;

/** The caller's `traceparent` where it is well-formed (W3C Trace Context, version 00), else a new one. */
export function continueTrace(traceparent: string | undefined): string {
  if (traceparent !== undefined && TRACEPARENT.test(traceparent)) return traceparent;
  const hex = randomBytes(24).toString('hex');
  return `00-${hex.slice(0, 32)}-${hex.slice(32)}-01`;
}
