import {
  ResponderBuilder,
  ServerInterceptingCall,
  type ServerInterceptor,
  ServerListenerBuilder,
} from '@grpc/grpc-js';

/**
 * Skips the handler if a request and its reset arrive together: it delays the handler until the other I/O events of the
 * current event-loop iteration have been processed, and grpc-js does not forward a call that is cancelled by then.
 */
export const resetInterceptor: ServerInterceptor = (_method, call) => {
  const listener = new ServerListenerBuilder()
    .withOnReceiveHalfClose((next) => {
      setImmediate(next);
    })
    .build();
  return new ServerInterceptingCall(call, new ResponderBuilder().withStart((next) => next(listener)).build());
};
