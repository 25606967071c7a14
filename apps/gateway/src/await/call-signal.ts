import type { ServerUnaryCall } from '@grpc/grpc-js';
import type { Cancellation } from '@wxa/postgres';
import { rpcError } from '../errors/rpc-error.js';

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
