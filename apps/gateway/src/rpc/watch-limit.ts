import {
  ResponderBuilder,
  ServerInterceptingCall,
  type ServerInterceptor,
  ServerListenerBuilder,
} from '@grpc/grpc-js';
import { rpcError, toStatus } from '../errors/rpc-error.js';

const WATCH = '/wxa.code.v1.Operations/WatchOperations';

/**
 * Rejects WatchOperations streams above the limit as soon as their headers arrive. Rejecting them in a handler would
 * cost several times as much: thousands of streams at once would block the event loop for seconds.
 */
export function watchLimit(max: number): ServerInterceptor {
  const rejection = toStatus(
    rpcError('TOO_MANY_WATCHERS', `too many WatchOperations streams (at most ${max}); retry later`),
  );
  let open = 0;
  return ({ path }, call) => {
    if (path !== WATCH) return new ServerInterceptingCall(call);
    let isAdmitted = false;
    const listener = new ServerListenerBuilder()
      .withOnReceiveMetadata((metadata, next) => {
        if (open >= max) return call.sendStatus(rejection);
        isAdmitted = true;
        open += 1;
        next(metadata);
      })
      // grpc-js calls this once at the end of every call, whether or not it was cancelled.
      .withOnCancel(() => {
        if (isAdmitted) open -= 1;
      })
      .build();
    return new ServerInterceptingCall(
      call,
      new ResponderBuilder().withStart((next) => next(listener)).build(),
    );
  };
}
