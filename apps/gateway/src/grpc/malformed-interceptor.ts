import {
  ResponderBuilder,
  ServerInterceptingCall,
  type ServerInterceptor,
  ServerListenerBuilder,
} from '@grpc/grpc-js';
import { fault } from './fault.js';
import { MalformedRequest } from './package-definition.js';
import { statusDetails } from './status-details.js';

type PartialStatus = Parameters<ServerInterceptingCall['sendStatus']>[0];

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
      send(malformed());
    })
    .withOnReceiveHalfClose((next) => {
      if (!refused) next();
    })
    .build();
}

function malformed(): PartialStatus {
  const { code, message, facts } = fault('MALFORMED_MESSAGE', 'the request is not a message of its type');
  return { code, details: message, metadata: statusDetails(code, message, facts) };
}
