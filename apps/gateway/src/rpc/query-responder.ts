import { Inject, Injectable } from '@nestjs/common';
import { continueTrace, METHODS, type Method, type Operation, OperationState } from '@wxa/contracts';
import { ROOMS } from '@wxa/methods';
import type { AcceptOptions } from '../accept/accept-operations.js';
import { AbandonedQueries } from '../await/abandoned-queries.js';
import { CallerGone, type CancellableCall, callSignal } from '../await/call-signal.js';
import { isFinal, PendingQueries } from '../await/pending-queries.js';
import { actorOf, callerOf } from '../callers/caller-of.js';
import { type GatewaySettings, SETTINGS } from '../config.js';
import { failureOf, RpcError, rpcError } from '../errors/rpc-error.js';
import { spanOf, traceOf } from './call-span.js';

/**
 * An operation's deadline starts at its first claim, and its last call may exceed it: the outcome is still returned.
 */
const AFTER_DEADLINE_MS = 30_000;

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
   * @param cancelIfAbandoned cancel a query without a request_id, which cannot be retrieved later, if nothing waits for it any more.
   * @param api WeChat's path, for the error of a listed call.
   */
  async respond(
    method: Method,
    call: CancellableCall & Parameters<typeof actorOf>[0],
    accept: (options: AcceptOptions) => Promise<Operation>,
    { cancelIfAbandoned = false, api }: { cancelIfAbandoned?: boolean; api?: string } = {},
  ): Promise<unknown> {
    const trace = traceOf(call.metadata) ?? { traceparent: continueTrace(undefined) };
    const isQuery = METHODS[method].kind === 'query';
    // Reject before anything is stored, because nothing would wait for the outcome.
    if (isQuery) this.pending.rejectIfFull();
    const { WECHAT_COMPONENT_APPID: componentAppid } = this.settings;
    const signal = new CallerGone(call);
    const limits = callerOf(call.metadata)?.limits;
    const operation = await accept({ trace, componentAppid, signal, by: actorOf(call), limits });
    const { id, appid } = operation;
    spanOf(call.metadata)?.setAttributes({ 'wxa.appid': appid, 'wxa.operation.id': id });
    if (!isQuery) return operation;
    return queryAnswer(
      isFinal(operation) ? operation : await this.#wait(id, callSignal(call), cancelIfAbandoned),
      api ?? ROOMS[method].api,
    );
  }

  async #wait(id: string, signal: AbortSignal, cancelIfAbandoned: boolean) {
    const timeoutMs = this.settings.OPERATION_DEADLINE_MS + AFTER_DEADLINE_MS;
    const abandon = () => {
      if (cancelIfAbandoned) this.abandoned.add(id);
    };
    const operation = await this.pending.wait(id, signal, timeoutMs).catch((error: unknown) => {
      // Others took the last places while it was being accepted. Its caller retries, which would be a second query.
      if (error instanceof RpcError && error.facts.reason === 'TOO_MANY_WAITING') abandon();
      throw error;
    });
    if (operation !== undefined) return operation;
    if (signal.aborted) {
      abandon();
      throw rpcError('CALLER_GONE', `the caller of operation ${id} cancelled the call`);
    }
    throw rpcError('WAIT_ENDED', `operation ${id} is still running; use GetOperation`);
  }
}

/**
 * The response of a query whose operation is settled: the result of the method. Throws an RpcError if it failed.
 * @param api WeChat's path.
 */
export function queryAnswer(operation: Operation, api: string): unknown {
  const { id, state, result, error } = operation;
  if (state === OperationState.OPERATION_STATE_SUCCEEDED && result !== undefined) return result.value;
  if (state === OperationState.OPERATION_STATE_CANCELLED)
    throw rpcError('OPERATION_CANCELLED', `operation ${id} was cancelled`);
  if (error === undefined) throw rpcError('INTERNAL', `operation ${id} ended without a result`);
  throw failureOf(api, error);
}
