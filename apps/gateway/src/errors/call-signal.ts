import type { ServerUnaryCall } from '@grpc/grpc-js';
import { rpcError } from './rpc-error.js';

/** The part of a call that all kinds of calls share. */
export type CancellableCall = Pick<ServerUnaryCall<unknown, unknown>, 'cancelled' | 'getDeadline'> & {
  once(event: 'cancelled', listener: () => void): unknown;
};

/** Shared by all calls: without a reason, Node creates an error with a stack trace at the end of every call. */
const CALLER_GONE = rpcError('CALLER_GONE', 'the caller cancelled the call');

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
