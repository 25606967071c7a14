import { commandEvent, continueTrace, type Method, requestHash } from '@wxa/contracts';
import { type NewOperation, operationId } from '@wxa/store';
import { SOURCE } from '../config.js';

/** A query of this service itself: an ordinary operation, in its mini-program's lane and under its limits. */
export function ownQuery(
  method: Method,
  request: { appid: string; requestId: string; [field: string]: unknown },
): NewOperation {
  const { appid, requestId } = request;
  const createdAt = new Date();
  const identity = {
    id: operationId(createdAt),
    appid,
    method,
    createdAt,
    traceparent: continueTrace(undefined),
  };
  return {
    ...identity,
    requestId,
    requestHash: requestHash(method, request),
    isChange: false,
    request: JSON.stringify(request),
    command: commandEvent({ ...identity, request }, SOURCE),
  };
}
