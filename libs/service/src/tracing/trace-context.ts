/** A position in a trace, as W3C Trace Context writes it. */
export interface TraceContext {
  /** `00-<trace id>-<span id>-<flags>`. */
  traceparent: string;
  /** What vendors add, at most 512 characters; undefined or null if nothing. */
  tracestate?: string | null | undefined;
}

const TRACEPARENT = /^00-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})$/;
const SAMPLED = 1;

/** The parts of a well-formed `traceparent`. */
export interface TraceParts {
  traceId: string;
  spanId: string;
  traceFlags: number;
}

/** Undefined if the text is not a `traceparent` of version 00. */
export function readTraceparent(text: string | undefined): TraceParts | undefined {
  const [, traceId, spanId, flags] = TRACEPARENT.exec(text ?? '') ?? [];
  if (traceId === undefined || spanId === undefined || flags === undefined) return undefined;
  return { traceId, spanId, traceFlags: Number.parseInt(flags, 16) };
}

export function writeTraceparent({ traceId, spanId, traceFlags }: TraceParts): string {
  return `00-${traceId}-${spanId}-${traceFlags.toString(16).padStart(2, '0')}`;
}

/** Whether the spans of a trace are exported. */
export function isSampled(traceparent: string | undefined): boolean {
  return ((readTraceparent(traceparent)?.traceFlags ?? 0) & SAMPLED) === SAMPLED;
}
