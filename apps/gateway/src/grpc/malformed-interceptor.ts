import {
  ResponderBuilder,
  ServerInterceptingCall,
  type ServerInterceptor,
  ServerListenerBuilder,
} from '@grpc/grpc-js';
import { RefusedRequest } from './decode-request.js';
import { type PartialStatus, toStatus } from './rpc-error.js';

/** Answers what could not be decoded, before any handler sees it. */
export const malformedInterceptor: ServerInterceptor = (_method, call) => {
  const responder = new ResponderBuilder()
    .withStart((next) => next(refuseMalformed((status) => call.sendStatus(status))))
    .build();
  return new ServerInterceptingCall(call, responder);
};

function refuseMalformed(send: (status: PartialStatus) => void) {
  let refused = false;
  return new ServerListenerBuilder()
    .withOnReceiveMessage((message, next) => {
      if (!(message instanceof RefusedRequest)) return next(message);
      refused = true;
      send(toStatus(message.fault));
    })
    .withOnReceiveHalfClose((next) => {
      if (!refused) next();
    })
    .build();
}
