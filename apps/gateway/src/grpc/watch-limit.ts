import {
  ResponderBuilder,
  ServerInterceptingCall,
  type ServerInterceptor,
  ServerListenerBuilder,
} from '@grpc/grpc-js';
import { rpcError, toStatus } from './rpc-error.js';

const WATCH = '/wxa.code.v1.Operations/WatchOperations';

/**
 * Refuses a WatchOperations stream beyond the limit on its headers alone. A handler would cost several times as much:
 * thousands of streams at once would then hold the event loop for seconds.
 */
export function watchLimit(max: number): ServerInterceptor {
  const refusal = toStatus(
    rpcError('TOO_MANY_WATCHERS', `too many WatchOperations streams (at most ${max}); retry later`),
  );
  let open = 0;
  return ({ path }, call) => {
    if (path !== WATCH) return new ServerInterceptingCall(call);
    let isAdmitted = false;
    const listener = new ServerListenerBuilder()
      .withOnReceiveMetadata((metadata, next) => {
        if (open >= max) return call.sendStatus(refusal);
        isAdmitted = true;
        open += 1;
        next(metadata);
      })
      // grpc-js calls it once at the end of every call, however that ends.
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
