import type { Metadata } from '@grpc/grpc-js';
import { Inject, Injectable } from '@nestjs/common';
import {
  CATEGORY_CODES,
  continueTrace,
  isMethod,
  METHODS,
  type Method,
  type Operation,
  type OperationError,
  OperationState,
  type RpcErrorCategory,
} from '@wxa/contracts';
import { ROOMS } from '@wxa/methods';
import type { AcceptOptions } from '../accept/accept-operations.js';
import { AbandonedQueries } from '../await/abandoned-queries.js';
import { type CancellableCall, callSignal } from '../await/call-signal.js';
import { isFinal, PendingQueries } from '../await/pending-queries.js';
import { type GatewaySettings, SETTINGS } from '../config.js';
import { operationFailed, RpcError, rpcError } from '../errors/rpc-error.js';
import { rejected } from '../metrics.js';

/**
 * An operation's deadline starts at its first claim, and its last call may exceed it: the outcome is still returned.
 */
const AFTER_DEADLINE_MS = 30_000;

/** Default retry delays, because WeChat returns none. */
const RETRY_AFTER_MS: Partial<Record<RpcErrorCategory, number>> = {
  BUSY: 1_000,
  RATE: 10_000,
  TRANSPORT: 2_000,
  DEADLINE: 5_000,
};

/** Responds to a call: with the accepted operation for a change, with the outcome for a query. */
@Injectable()
export class QueryResponder {
  constructor(
    @Inject(PendingQueries) private readonly pending: PendingQueries,
    @Inject(AbandonedQueries) private readonly abandoned: AbandonedQueries,
    @Inject(SETTINGS) private readonly settings: GatewaySettings,
  ) {}

  /**
   * Rejects with an RpcError if the request is rejected or the query fails.
   * @param cancelIfAbandoned cancel a query without a request_id, which cannot be retrieved later, if its caller cancels.
   */
  async respond(
    method: Method,
    call: CancellableCall & { metadata: Metadata },
    accept: (options: AcceptOptions) => Promise<Operation>,
    cancelIfAbandoned = false,
  ): Promise<unknown> {
    try {
      return await this.#run(method, call, accept, cancelIfAbandoned);
    } catch (error) {
      rejected.inc({ method, reason: error instanceof RpcError ? error.facts.reason : 'ERROR' });
      throw error;
    }
  }

  async #run(
    ...[method, call, accept, cancelIfAbandoned = false]: Parameters<QueryResponder['respond']>
  ): Promise<unknown> {
    const traceparent = continueTrace(call.metadata.get('traceparent')[0]?.toString());
    const isQuery = METHODS[method].kind === 'query';
    // Reject before anything is stored, because nothing would wait for the outcome.
    if (isQuery) this.pending.rejectIfFull();
    const { WECHAT_COMPONENT_APPID: componentAppid } = this.settings;
    const signal = callSignal(call);
    const operation = await accept({ traceparent, componentAppid, signal });
    if (!isQuery) return operation;
    return queryAnswer(
      isFinal(operation) ? operation : await this.#wait(operation.id, signal, cancelIfAbandoned),
    );
  }

  async #wait(id: string, signal: AbortSignal, cancelIfAbandoned: boolean) {
    const timeoutMs = this.settings.OPERATION_DEADLINE_MS + AFTER_DEADLINE_MS;
    const operation = await this.pending.wait(id, signal, timeoutMs);
    if (operation !== undefined) return operation;
    if (signal.aborted) {
      if (cancelIfAbandoned) this.abandoned.add(id);
      throw rpcError('CALLER_GONE', `the caller of operation ${id} cancelled the call`);
    }
    throw rpcError('WAIT_ENDED', `operation ${id} is still running; use GetOperation`);
  }
}

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
