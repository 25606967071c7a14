import {
  ResponderBuilder,
  ServerInterceptingCall,
  type ServerInterceptor,
  ServerListenerBuilder,
} from '@grpc/grpc-js';
import { type PartialStatus, toStatus } from '../errors/rpc-error.js';
import { RejectedRequest } from './decode-request.js';

/** Rejects requests that could not be decoded, before any handler sees them. */
export const malformedInterceptor: ServerInterceptor = (_method, call) => {
  const responder = new ResponderBuilder()
    .withStart((next) => next(rejectMalformed((status) => call.sendStatus(status))))
    .build();
  return new ServerInterceptingCall(call, responder);
};

function rejectMalformed(send: (status: PartialStatus) => void) {
  let rejected = false;
  return new ServerListenerBuilder()
    .withOnReceiveMessage((message, next) => {
      if (!(message instanceof RejectedRequest)) return next(message);
      rejected = true;
      send(toStatus(message.error));
    })
    .withOnReceiveHalfClose((next) => {
      if (!rejected) next();
    })
    .build();
}
