import type { Metadata } from '@grpc/grpc-js';
import { Inject, Injectable } from '@nestjs/common';
import { continueTrace, METHODS, type Method, type Operation } from '@wxa/contracts';
import type { AcceptOptions } from '../accept/accept-operations.js';
import { AbandonedQueries } from '../await/abandoned-queries.js';
import { isFinal, PendingQueries } from '../await/pending-queries.js';
import { type GatewaySettings, SETTINGS } from '../config.js';
import { type CancellableCall, callSignal } from '../errors/call-signal.js';
import { RpcError, rpcError } from '../errors/rpc-error.js';
import { rejected } from '../metrics.js';
import { queryAnswer } from './query-response.js';

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
