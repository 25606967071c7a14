import type { status as Code, ServerInterceptingCall } from '@grpc/grpc-js';
import { RpcException } from '@nestjs/microservices';
import { cut, type Violation } from '@wxa/methods';
import { CATEGORY_CODES, type Category, RPC_ERRORS, type RpcErrorReason } from './rpc-error-table.js';
import { type ErrorFacts, statusDetails } from './status-details.js';

/** A refusal, as gRPC tells it: status, message, and google.rpc.Status with its ErrorInfo. */
export class RpcError extends RpcException {
  constructor(
    readonly code: Code,
    message: string,
    readonly facts: ErrorFacts,
  ) {
    super({ code, message, metadata: statusDetails(code, message, facts) });
  }
}

/** One of the gateway's own refusals. */
export function rpcError(reason: RpcErrorReason, message: string, more: Partial<ErrorFacts> = {}): RpcError {
  const row: { code: Code; category: Category; retryAfterMs?: number } = RPC_ERRORS[reason];
  const { code, category, retryAfterMs } = row;
  const retryable = retryAfterMs !== undefined;
  const retry = retryable ? { retryAfterMs } : {};
  return new RpcError(code, message, { reason, category, retryable, ...retry, ...more });
}

/** What an interceptor answers a call with. */
export type PartialStatus = Parameters<ServerInterceptingCall['sendStatus']>[0];

export function toStatus({ code, message, facts }: RpcError): PartialStatus {
  return { code, details: message, metadata: statusDetails(code, message, facts) };
}

/** All invalid fields of a request at once. */
export function invalidRequest(violations: readonly Violation[]): RpcError {
  const fields = [...new Set(violations.map(({ field }) => field))];
  const message = `${violations.length === 1 ? 'invalid field' : `${violations.length} faults`}: ${cut(fields.join(', '), 200)}`;
  return rpcError('INVALID_REQUEST', message, { violations });
}

/** What became of an operation that failed, for the caller who waited for it. */
export function operationFailed(facts: ErrorFacts, message: string): RpcError {
  return new RpcError(CATEGORY_CODES[facts.category], cut(message, 400), facts);
}
