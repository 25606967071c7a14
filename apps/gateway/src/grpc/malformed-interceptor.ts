import {
  ResponderBuilder,
  ServerInterceptingCall,
  type ServerInterceptor,
  ServerListenerBuilder,
} from '@grpc/grpc-js';
import { fault, type PartialStatus, toStatus } from './fault.js';
import { MalformedRequest } from './package-definition.js';

/** Refuses what is no message of its type, before any handler sees it. */
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
      if (!(message instanceof MalformedRequest)) return next(message);
      refused = true;
      send(toStatus(fault('MALFORMED_MESSAGE', 'the request is not a message of its type')));
    })
    .withOnReceiveHalfClose((next) => {
      if (!refused) next();
    })
    .build();
}
