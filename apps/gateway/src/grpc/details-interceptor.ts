import {
  status as Code,
  ResponderBuilder,
  ServerInterceptingCall,
  type ServerInterceptor,
  ServerListenerBuilder,
} from '@grpc/grpc-js';
import { fault } from './fault.js';
import { MalformedRequest } from './package-definition.js';
import { DETAILS_HEADER, statusDetails } from './status-details.js';

type PartialStatus = Parameters<ServerInterceptingCall['sendStatus']>[0];

/**
 * Gives what grpc-js itself refuses (a message too large, a method unknown) its ErrorInfo, and refuses what is
 * no message of its type.
 */
export const detailsInterceptor: ServerInterceptor = (_method, call) => {
  const responder = new ResponderBuilder()
    .withStart((next) => next(refuseMalformed((status) => call.sendStatus(status))))
    .withSendStatus((status, next) => next(withDetails(status)))
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

function withDetails(status: PartialStatus): PartialStatus {
  const { code = Code.OK, details } = status;
  if (code === Code.OK || (status.metadata?.get(DETAILS_HEADER).length ?? 0) > 0) return status;
  const message = details ?? '';
  const retryable = code === Code.UNAVAILABLE;
  const category = code === Code.INTERNAL || code === Code.UNKNOWN ? 'INTERNAL' : 'REQUEST';
  const metadata = statusDetails(code, message, { reason: Code[code] ?? 'UNKNOWN', category, retryable });
  if (status.metadata) metadata.merge(status.metadata);
  return { ...status, metadata };
}
