import type { status as Code, ServerInterceptingCall } from '@grpc/grpc-js';
import { RpcException } from '@nestjs/microservices';
import { CATEGORY_CODES, RPC_ERRORS, type RpcErrorCategory, type RpcErrorReason } from '@wxa/contracts';
import { cut, type Violation } from '@wxa/methods';
import { type ErrorFacts, statusDetails } from './status-details.js';

/** A gRPC error: status code, message, and google.rpc.Status with one ErrorInfo. */
export class RpcError extends RpcException {
  constructor(
    readonly code: Code,
    message: string,
    readonly facts: ErrorFacts,
  ) {
    super({ code, message, metadata: statusDetails(code, message, facts) });
  }
}

/** Creates one of the gateway's own errors. */
export function rpcError(reason: RpcErrorReason, message: string, more: Partial<ErrorFacts> = {}): RpcError {
  const row: { code: Code; category: RpcErrorCategory; retryAfterMs?: number } = RPC_ERRORS[reason];
  const { code, category, retryAfterMs } = row;
  const retryable = retryAfterMs !== undefined;
  const retry = retryable ? { retryAfterMs } : {};
  return new RpcError(code, message, { reason, category, retryable, ...retry, ...more });
}

/** The status with which an interceptor ends a call. */
export type PartialStatus = Parameters<ServerInterceptingCall['sendStatus']>[0];

export function toStatus({ code, message, facts }: RpcError): PartialStatus {
  return { code, details: message, metadata: statusDetails(code, message, facts) };
}

/** The error that lists all invalid fields of a request at once. */
export function invalidRequest(violations: readonly Violation[]): RpcError {
  const fields = [...new Set(violations.map(({ field }) => field))];
  const message = `${violations.length === 1 ? 'invalid field' : `${violations.length} violations`}: ${cut(fields.join(', '), 200)}`;
  return rpcError('INVALID_REQUEST', message, { violations });
}

/** The error for a caller that waited for an operation, and the operation failed. */
export function operationFailed(facts: ErrorFacts, message: string): RpcError {
  return new RpcError(CATEGORY_CODES[facts.category], cut(message, 400), facts);
}
