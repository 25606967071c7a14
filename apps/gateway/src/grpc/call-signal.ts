import type { ServerUnaryCall } from '@grpc/grpc-js';
import { rpcError } from './rpc-error.js';

/** What every kind of call has. */
export type CancellableCall = Pick<ServerUnaryCall<unknown, unknown>, 'cancelled' | 'getDeadline'> & {
  once(event: 'cancelled', listener: () => void): unknown;
};

/** One for all: Node would make a new one, with its stack, at the end of every call. */
const GONE = rpcError('CALLER_GONE', 'the caller cancelled the call');

/** Aborts when the caller cancels, vanishes or its deadline passes: grpc-js says all three by `cancelled`. */
export function callSignal(call: CancellableCall): AbortSignal {
  const controller = new AbortController();
  const abort = () => controller.abort(GONE);
  if (call.cancelled) abort();
  else call.once('cancelled', abort);
  return controller.signal;
}

/** How long until the caller's deadline; Infinity where it gave none. */
export function timeLeftMs(call: CancellableCall): number {
  const deadline = call.getDeadline();
  return (deadline instanceof Date ? deadline.getTime() : deadline) - Date.now();
}
