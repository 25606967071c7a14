import type { status as Code, ServerInterceptingCall } from '@grpc/grpc-js';
import { RpcException } from '@nestjs/microservices';
import { CATEGORY_CODES, type Category, FAULTS, type FaultReason } from './fault-table.js';
import { cut, type ErrorFacts, statusDetails, type Violation } from './status-details.js';

/** A refusal, as gRPC tells it: status, message, and google.rpc.Status with its ErrorInfo. */
export class Fault extends RpcException {
  constructor(
    readonly code: Code,
    message: string,
    readonly facts: ErrorFacts,
  ) {
    super({ code, message, metadata: statusDetails(code, message, facts) });
  }
}

/** One of the gateway's own refusals. */
export function fault(reason: FaultReason, message: string, more: Partial<ErrorFacts> = {}): Fault {
  const row: { code: Code; category: Category; retryAfterMs?: number } = FAULTS[reason];
  const { code, category, retryAfterMs } = row;
  const retryable = retryAfterMs !== undefined;
  const retry = retryable ? { retryAfterMs } : {};
  return new Fault(code, message, { reason, category, retryable, ...retry, ...more });
}

/** What an interceptor answers a call with. */
export type PartialStatus = Parameters<ServerInterceptingCall['sendStatus']>[0];

export function toStatus({ code, message, facts }: Fault): PartialStatus {
  return { code, details: message, metadata: statusDetails(code, message, facts) };
}

/** All invalid fields of a request at once. */
export function invalidRequest(violations: readonly Violation[]): Fault {
  const fields = [...new Set(violations.map(({ field }) => field))];
  const message = `${violations.length === 1 ? 'invalid field' : `${violations.length} faults`}: ${cut(fields.join(', '), 200)}`;
  return fault('INVALID_REQUEST', message, { violations });
}

/** What became of an operation that failed, for the caller who waited for it. */
export function operationFailed(facts: ErrorFacts, message: string): Fault {
  return new Fault(CATEGORY_CODES[facts.category], cut(message, 400), facts);
}
