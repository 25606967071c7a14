import { continueTrace, type Method, newOperation } from '@wxa/contracts';
import { type NewOperation, operationId } from './accept.js';

/** The `ce_source` of the worker's events. */
export const SOURCE = 'release-worker';

/**
 * An operation of this service itself, such as a query of the AuditPoller or a step of a rollout: an ordinary one, in its
 * mini-program's lane and under its limits.
 * @param request proto3 JSON.
 */
export function ownOperation(
  method: Method,
  request: { appid: string; requestId: string; [field: string]: unknown },
): NewOperation {
  const createdAt = new Date();
  const trace = { traceparent: continueTrace(undefined) };
  return newOperation({ id: operationId(createdAt), createdAt, method, request, ...trace }, SOURCE);
}
