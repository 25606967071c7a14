import {
  CATEGORY_CODES,
  isMethod,
  type Operation,
  type OperationError,
  OperationState,
  type RpcErrorCategory,
} from '@wxa/contracts';
import { ROOMS } from '@wxa/methods';
import { operationFailed, rpcError } from '../errors/rpc-error.js';

/** Default retry delays, because WeChat returns none. */
const RETRY_AFTER_MS: Partial<Record<RpcErrorCategory, number>> = {
  BUSY: 1_000,
  RATE: 10_000,
  TRANSPORT: 2_000,
  DEADLINE: 5_000,
};

/** The response of a query whose operation is settled: the result of the method. Throws an RpcError if it failed. */
export function queryAnswer(operation: Operation): unknown {
  const { id, state, method, result, error } = operation;
  if (state === OperationState.OPERATION_STATE_SUCCEEDED && result !== undefined) return result.value;
  if (state === OperationState.OPERATION_STATE_CANCELLED)
    throw rpcError('OPERATION_CANCELLED', `operation ${id} was cancelled`);
  if (error === undefined) throw rpcError('INTERNAL', `operation ${id} ended without a result`);
  throw failure(method, error);
}

function failure(method: string, error: OperationError) {
  const category = categoryOf(error);
  const { reason, errcode, errmsg, rid, retryable, hint } = error;
  const retryAfterMs = retryable ? (RETRY_AFTER_MS[category] ?? 60_000) : undefined;
  const api = isMethod(method) ? ROOMS[method].api : '';
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
