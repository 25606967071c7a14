import type { IncomingHttpHeaders, ServerHttp2Stream } from 'node:http2';
import type { Server } from '@grpc/grpc-js';

const HEADER = 'grpc-timeout';
const LONGEST_H = 24 * 24;
/** The gRPC time units in which 8 digits can exceed 24 days, with their number per hour. */
const UNITS_PER_HOUR: Record<string, number> = { H: 1, M: 60, S: 3600, m: 3_600_000 };

/** The part of node:http2's server that is used here. */
interface Http2Server {
  prependListener(
    event: 'stream',
    listener: (stream: ServerHttp2Stream, headers: IncomingHttpHeaders) => void,
  ): unknown;
}

/**
 * Limits deadlines to 24 days. grpc-js 1.14 computes them as 32-bit milliseconds, so that a deadline of 25 days expires
 * immediately. It does so before any interceptor runs, therefore the header is changed when the stream opens. Call it
 * after the server is bound.
 */
export function limitDeadlines(server: Server): void {
  const { http2Servers } = server as unknown as { http2Servers?: ReadonlyMap<Http2Server, unknown> };
  if (!http2Servers?.size)
    throw new Error('cannot limit deadlines: this version of grpc-js has no http2Servers');
  for (const http2 of http2Servers.keys())
    http2.prependListener('stream', (_stream, headers) => {
      const timeout = headers[HEADER];
      if (typeof timeout === 'string' && isTooLong(timeout)) headers[HEADER] = `${LONGEST_H}H`;
    });
}

function isTooLong(timeout: string): boolean {
  const [, digits, unit = ''] = /^(\d{1,8})\s*([HMSm])$/.exec(timeout) ?? [];
  return Number(digits) / (UNITS_PER_HOUR[unit] ?? Infinity) > LONGEST_H;
}
