import type { ServerUnaryCall } from '@grpc/grpc-js';

/** What every kind of call has. */
export type Call = Pick<ServerUnaryCall<unknown, unknown>, 'cancelled' | 'getDeadline'> & {
  once(event: 'cancelled', listener: () => void): unknown;
};

/** Aborts when the caller cancels, vanishes or its deadline passes: grpc-js says all three by `cancelled`. */
export function callSignal(call: Call): AbortSignal {
  const controller = new AbortController();
  if (call.cancelled) controller.abort();
  else call.once('cancelled', () => controller.abort());
  return controller.signal;
}

/** How long until the caller's deadline; Infinity where it gave none. */
export function timeLeftMs(call: Call): number {
  const deadline = call.getDeadline();
  return (deadline instanceof Date ? deadline.getTime() : deadline) - Date.now();
}
