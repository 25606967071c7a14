import type { status as Code, Metadata, ServerInterceptingCall } from '@grpc/grpc-js';
import { RpcException } from '@nestjs/microservices';
import {
  CATEGORY_CODES,
  type OperationError,
  problem,
  RPC_ERRORS,
  type RpcErrorCategory,
  type RpcErrorReason,
  type Violation,
  type ViolationReason,
} from '@wxa/contracts';
import { cut } from '@wxa/methods';
import { type ErrorFacts, statusDetails } from './status-details.js';

/** Default retry delays, because WeChat returns none. */
const RETRY_AFTER_MS: Partial<Record<RpcErrorCategory, number>> = {
  BUSY: 1_000,
  RATE: 10_000,
  TRANSPORT: 2_000,
  DEADLINE: 5_000,
};

/** A gRPC error: status code, message, and google.rpc.Status with one ErrorInfo. */
export class RpcError extends RpcException {
  readonly metadata: Metadata;

  constructor(
    readonly code: Code,
    message: string,
    readonly facts: ErrorFacts,
  ) {
    const metadata = statusDetails(code, message, facts);
    super({ code, message, metadata });
    this.metadata = metadata;
  }
}

/** Creates one of the gateway's own errors. */
export function rpcError(reason: RpcErrorReason, message: string, more: Partial<ErrorFacts> = {}): RpcError {
  const row: { code: Code; category: RpcErrorCategory; retryAfterMs?: number } = RPC_ERRORS[reason];
  const { code, category, retryAfterMs } = row;
  const { retryable = retryAfterMs !== undefined } = more;
  const retry = retryable && retryAfterMs !== undefined ? { retryAfterMs } : {};
  return new RpcError(code, message, { reason, category, ...retry, ...more, retryable });
}

/** The status with which an interceptor ends a call. */
export type PartialStatus = Parameters<ServerInterceptingCall['sendStatus']>[0];

export function toStatus({ code, message, metadata }: RpcError): PartialStatus {
  return { code, details: message, metadata };
}

/** The error that lists all invalid fields of a request at once. */
export function invalidRequest(violations: readonly Violation[]): RpcError {
  const fields = [...new Set(violations.map(({ field }) => field))];
  const message = `${violations.length === 1 ? 'invalid field' : `${violations.length} violations`}: ${cut(fields.join(', '), 200)}`;
  return rpcError('INVALID_REQUEST', message, { violations });
}

/** The error of one field that is invalid. */
export function invalidField<R extends ViolationReason>(
  field: string,
  ...wrong: Parameters<typeof problem<R>>
): RpcError {
  return invalidRequest([{ field, ...problem(...wrong) }]);
}

/** The error for a caller that waited for an operation, and the operation failed. */
export function operationFailed(facts: ErrorFacts, message: string): RpcError {
  return new RpcError(CATEGORY_CODES[facts.category], cut(message, 400), facts);
}

/** The error for a caller that waited for an operation that ended with `error`. @param api WeChat's path. */
export function failureOf(api: string, error: OperationError): RpcError {
  const category = categoryOf(error);
  const { reason, errcode, errmsg, rid, retryable, hint } = error;
  const retryAfterMs = retryable ? (RETRY_AFTER_MS[category] ?? 60_000) : undefined;
  const message = [errcode === 0 ? reason : `${reason} (${errcode})`, errmsg, hint]
    .filter(Boolean)
    .join(': ');
  return operationFailed(
    {
      reason,
      category,
      retryable,
      errcode,
      errmsg,
      rid,
      api,
      ...(retryAfterMs !== undefined && { retryAfterMs }),
    },
    message,
  );
}

function categoryOf({ category }: OperationError): RpcErrorCategory {
  const name = category.replace('ERROR_CATEGORY_', '');
  return Object.hasOwn(CATEGORY_CODES, name) ? (name as RpcErrorCategory) : 'INTERNAL';
}

/** The error of what would change an operation while Postgres has lost time. */
export function historyBehind(): RpcError {
  return rpcError(
    'HISTORY_BEHIND',
    'Postgres has lost time, as after a restore; changes are accepted again once an operator has run `wxa restore`',
  );
}

/** The error of what would end an operation that may have ended already, until a history check has verified Postgres. */
export function notVerified(): RpcError {
  return rpcError(
    'STORE_UNAVAILABLE',
    'Postgres was restarted or replaced, and is not verified yet to have lost nothing: a worker does that while Kafka is available; retry',
  );
}

/** The error that ends a watch stream when the process stops. */
export function watchStopping(): RpcError {
  return rpcError('STOPPING', 'gateway is shutting down; watch again');
}
