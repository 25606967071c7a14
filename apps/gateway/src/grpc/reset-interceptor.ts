import {
  ResponderBuilder,
  ServerInterceptingCall,
  type ServerInterceptor,
  ServerListenerBuilder,
} from '@grpc/grpc-js';

/**
 * Calls no handler for a request whose reset comes together with it. The handler waits for the other I/O events of this
 * turn of the loop; grpc-js passes nothing on of a call that is cancelled by then.
 */
export const resetInterceptor: ServerInterceptor = (_method, call) => {
  const listener = new ServerListenerBuilder()
    .withOnReceiveHalfClose((next) => {
      setImmediate(next);
    })
    .build();
  return new ServerInterceptingCall(call, new ResponderBuilder().withStart((next) => next(listener)).build());
};
