import type { ServerUnaryCall } from '@grpc/grpc-js';
import type { Duration } from '@wxa/contracts';
import type { Cancellation } from '@wxa/postgres';
import { rpcError } from '../errors/rpc-error.js';

const DEFAULT_MS = 60_000;
const MAX_MS = 3_600_000;
/** Time reserved for sending the response before the caller's deadline. */
const RESPONSE_MS = 200;

/** The part of a call that all kinds of calls share. */
export type CancellableCall = Pick<ServerUnaryCall<unknown, unknown>, 'cancelled' | 'getDeadline'> & {
  once(event: 'cancelled', listener: () => void): unknown;
};

/** Shared by all calls: without a reason, Node creates an error with a stack trace at the end of every call. */
const CALLER_GONE = rpcError('CALLER_GONE', 'the caller cancelled the call');

/** Whether the caller has gone, for what only asks: an AbortSignal costs each call an event at its end. */
export class CallerGone implements Cancellation {
  readonly reason = CALLER_GONE;

  constructor(private readonly call: Pick<CancellableCall, 'cancelled'>) {}

  get aborted(): boolean {
    return this.call.cancelled;
  }
}

/** Aborts when the caller cancels or disconnects or its deadline passes: grpc-js emits `cancelled` for all three. */
export function callSignal(call: CancellableCall): AbortSignal {
  const controller = new AbortController();
  const abort = () => controller.abort(CALLER_GONE);
  if (call.cancelled) abort();
  else call.once('cancelled', abort);
  return controller.signal;
}

/** Milliseconds until the caller's deadline; Infinity if there is none. */
export function timeLeftMs(call: CancellableCall): number {
  const deadline = call.getDeadline();
  return (deadline instanceof Date ? deadline.getTime() : deadline) - Date.now();
}

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
