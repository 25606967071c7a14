import type { Metadata } from '@grpc/grpc-js';
import { Inject, Injectable } from '@nestjs/common';
import { continueTrace, METHODS, type Method, type Operation } from '@wxa/contracts';
import { type GatewaySettings, SETTINGS } from '../config.js';
import { type CancellableCall, callSignal } from '../grpc/call-signal.js';
import { RpcError, rpcError } from '../grpc/rpc-error.js';
import { rejected } from '../metrics.js';
import { AbandonedQueries } from '../outcomes/abandoned-queries.js';
import { isFinal, PendingQueries } from '../outcomes/pending-queries.js';
import type { AcceptOptions } from './accept-operations.js';
import { queryAnswer } from './query-answer.js';

/** An operation's deadline runs from its first claim, and its last call may outlast it: its outcome is still told. */
const AFTER_DEADLINE_MS = 30_000;

/** What a caller is answered: a change's operation as soon as it is accepted, a query's outcome. */
@Injectable()
export class QueryResponder {
  constructor(
    @Inject(PendingQueries) private readonly outcomes: PendingQueries,
    @Inject(AbandonedQueries) private readonly abandoned: AbandonedQueries,
    @Inject(SETTINGS) private readonly settings: GatewaySettings,
  ) {}

  /**
   * Throws a Fault.
   * @param cancelsWithoutCaller a query that nobody can ask for again is cancelled once its caller is gone.
   */
  async respond(
    method: Method,
    call: CancellableCall & { metadata: Metadata },
    accept: (options: AcceptOptions) => Promise<Operation>,
    cancelsWithoutCaller = false,
  ): Promise<unknown> {
    try {
      return await this.#answer(method, call, accept, cancelsWithoutCaller);
    } catch (error) {
      rejected.inc({ method, reason: error instanceof RpcError ? error.facts.reason : 'ERROR' });
      throw error;
    }
  }

  async #answer(
    ...[method, call, accept, cancelsWithoutCaller = false]: Parameters<QueryResponder['respond']>
  ): Promise<unknown> {
    const traceparent = continueTrace(call.metadata.get('traceparent')[0]?.toString());
    const isQuery = METHODS[method].kind === 'query';
    // Refused before anything is written: nobody would hear of the outcome.
    if (isQuery) this.outcomes.rejectIfFull();
    const { WECHAT_COMPONENT_APPID: componentAppid } = this.settings;
    const signal = callSignal(call);
    const operation = await accept({ traceparent, componentAppid, signal });
    if (!isQuery) return operation;
    return queryAnswer(
      isFinal(operation) ? operation : await this.#wait(operation.id, signal, cancelsWithoutCaller),
    );
  }

  async #wait(id: string, signal: AbortSignal, cancelsWithoutCaller: boolean) {
    const longestMs = this.settings.OPERATION_DEADLINE_MS + AFTER_DEADLINE_MS;
    const operation = await this.outcomes.wait(id, signal, longestMs);
    if (operation !== undefined) return operation;
    if (signal.aborted) {
      if (cancelsWithoutCaller) this.abandoned.add(id);
      throw rpcError('CALLER_GONE', `the caller of operation ${id} cancelled the call`);
    }
    throw rpcError('WAIT_ENDED', `operation ${id} is still running; use GetOperation`);
  }
}
