import { type CloudEvent, continueTrace } from './cloud-event.js';
import { type AcceptedOperation, commandEvent } from './command.js';
import { METHODS, type Method } from './methods.js';
import { requestHash } from './request-hash.js';

/** An operation that is to be accepted. Its id is a UUIDv7 of `createdAt`. */
export interface OperationToAccept extends Omit<AcceptedOperation, 'appid'> {
  method: Method;
  request: Record<string, unknown> & { appid: string; requestId: string };
}

/** The row of a new operation and its command. */
export interface OperationWithCommand extends AcceptedOperation {
  requestId: string;
  /** Distinguishes a repeated request from another request under the same request_id. */
  requestHash: Buffer;
  isChange: boolean;
  /** Proto3 JSON text. */
  request: string;
  command: CloudEvent;
}

/** @param source the `ce_source` of its command: the app that accepts it. */
export function newOperation(operation: OperationToAccept, source: string): OperationWithCommand {
  const { method, request, ...same } = operation;
  const { appid, requestId } = request;
  const identity = { ...same, method, appid };
  return {
    ...identity,
    requestId,
    requestHash: requestHash(method, request),
    isChange: METHODS[method].kind === 'change',
    request: JSON.stringify(request),
    command: commandEvent({ ...identity, request }, source),
  };
}

/**
 * Makes queries of the status of audits.
 * @param idOf a new UUIDv7 of a time. @param source see `newOperation`.
 */
export function auditStatusQuery(idOf: (createdAt: Date) => string, source: string) {
  return (audit: { appid: string; auditId: string; requestId: string }): OperationWithCommand => {
    const createdAt = new Date();
    const common = { id: idOf(createdAt), createdAt, traceparent: continueTrace(undefined) };
    return newOperation({ ...common, method: 'GetAuditStatus', request: audit }, source);
  };
}
