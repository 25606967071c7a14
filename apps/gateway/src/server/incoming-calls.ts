import type { Http2Session, IncomingHttpHeaders, ServerHttp2Stream } from 'node:http2';
import {
  ResponderBuilder,
  type Server,
  ServerInterceptingCall,
  type ServerInterceptor,
  ServerListenerBuilder,
} from '@grpc/grpc-js';
import { connectionOf } from '../credentials/peer.js';
import { rpcError, toStatus } from '../errors/rpc-error.js';

const WATCHES = ['/wxa.code.v1.Operations/WatchOperations', '/wxa.code.v1.Rollouts/WatchRollout'];

const TIMEOUT_HEADER = 'grpc-timeout';
const LONGEST_H = 24 * 24;
/** The gRPC time units in which 8 digits can exceed 24 days, with their number per hour. */
const UNITS_PER_HOUR: Record<string, number> = { H: 1, M: 60, S: 3600, m: 3_600_000 };

/** How many WatchOperations and WatchRollout streams may be open. */
export interface WatchLimits {
  inAll: number;
  /** Below the streams that a connection may have: other calls on a connection that is full would hang without an error. */
  perConnection: number;
}

/**
 * Rejects WatchOperations and WatchRollout streams above their common limits as soon as their headers arrive. Rejecting them in a handler would
 * cost several times as much: thousands of streams at once would block the event loop for seconds.
 */
export function watchLimit({ inAll, perConnection }: WatchLimits): ServerInterceptor {
  const rejectionOf = (limit: string) =>
    toStatus(
      rpcError(
        'TOO_MANY_WATCHERS',
        `too many WatchOperations and WatchRollout streams (at most ${limit}); retry later`,
      ),
    );
  const [tooMany, tooManyHere] = [rejectionOf(`${inAll}`), rejectionOf(`${perConnection} on one connection`)];
  let open = 0;
  const openOn = new WeakMap<object, number>();
  return ({ path }, call) => {
    // Another layer would cost every other call some time.
    if (!WATCHES.includes(path)) return call as ServerInterceptingCall;
    let connection: object | undefined;
    const count = (on: object, change: 1 | -1) => {
      open += change;
      openOn.set(on, (openOn.get(on) ?? 0) + change);
    };
    const listener = new ServerListenerBuilder()
      .withOnReceiveMetadata((metadata, next) => {
        const admitting = connectionOf(call) ?? openOn;
        if (open >= inAll) return call.sendStatus(tooMany);
        if ((openOn.get(admitting) ?? 0) >= perConnection) return call.sendStatus(tooManyHere);
        connection = admitting;
        count(connection, 1);
        next(metadata);
      })
      // grpc-js calls this once at the end of every call, whether or not it was cancelled.
      .withOnCancel(() => {
        if (connection !== undefined) count(connection, -1);
      })
      .build();
    const responder = new ResponderBuilder().withStart((next) => next(listener)).build();
    return new ServerInterceptingCall(call, responder);
  };
}

/** The part of node:http2's server that is used here. */
interface Http2Server {
  /** Node closes connections beyond it as they arrive. */
  maxConnections: number;
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
  for (const http2 of listenersOf(server).keys())
    http2.prependListener('stream', (_stream, headers) => {
      const timeout = headers[TIMEOUT_HEADER];
      if (typeof timeout === 'string' && isTooLong(timeout)) headers[TIMEOUT_HEADER] = `${LONGEST_H}H`;
    });
}

/** Limits the connections of all clients, for which grpc-js has no option. Call it after the server is bound. */
export function limitConnections(server: Server, max: number): void {
  for (const http2 of listenersOf(server).keys()) http2.maxConnections = max;
}

/** Closes all connections once their calls have ended; clients open new ones for the next calls. */
export function closeConnections(server: Server): void {
  for (const { sessions } of listenersOf(server).values()) for (const session of sessions) session.close();
}

type Listeners = ReadonlyMap<Http2Server, { sessions: ReadonlySet<Pick<Http2Session, 'close'>> }>;

function listenersOf(server: Server): Listeners {
  const { http2Servers } = server as unknown as { http2Servers?: Listeners };
  if (!http2Servers?.size) throw new Error('cannot limit calls: this version of grpc-js has no http2Servers');
  return http2Servers;
}

function isTooLong(timeout: string): boolean {
  const [, digits, unit = ''] = /^(\d{1,8})\s*([HMSm])$/.exec(timeout) ?? [];
  return Number(digits) / (UNITS_PER_HOUR[unit] ?? Infinity) > LONGEST_H;
}
