import {
  type status as Code,
  ResponderBuilder,
  ServerInterceptingCall,
  type ServerInterceptor,
  ServerListenerBuilder,
} from '@grpc/grpc-js';
import { GRPC_CODES } from '@wxa/service';
import { isAnonymous, limitAnonymous } from '../credentials/anonymous-calls.js';
import { endCode } from '../errors/end-code.js';
import { callerCalls } from '../metrics.js';

const anonymous = limitAnonymous();

/** Without a policy: allows every call, and counts it for the caller `none`. */
export const countCall: ServerInterceptor = (method, call) => {
  if (isAnonymous(method.path)) return anonymous(method, call);
  let counted = false;
  const count = (code: Code) => {
    if (!counted) callerCalls.inc({ caller: 'none', grpc_code: GRPC_CODES[code] });
    counted = true;
  };
  const listener = new ServerListenerBuilder().withOnCancel(() => count(endCode(call, Date.now()))).build();
  const responder = new ResponderBuilder()
    .withStart((next) => next(listener))
    .withSendStatus((status, next) => {
      count(status.code);
      next(status);
    })
    .build();
  return new ServerInterceptingCall(call, responder);
};
