import type { Metadata, ServerUnaryCall, ServerWritableStream } from '@grpc/grpc-js';
import { Controller, Inject, UseFilters } from '@nestjs/common';
import { GrpcMethod } from '@nestjs/microservices';
import {
  type CancelOperationRequest,
  type GetOperationRequest,
  type ListLanesRequest,
  type ListLanesResponse,
  type ListOperationsRequest,
  type ListOperationsResponse,
  type Operation,
  outcomeEvent,
  type ResolveOperationRequest,
  toOperation,
  type WaitOperationRequest,
  type WatchOperationsRequest,
} from '@wxa/contracts';
import { OutboxRelay } from '@wxa/kafka';
import type { StoredOperation } from '@wxa/operations';
import { OperationEnds } from '@wxa/service';
import { Store } from '@wxa/store';
import type { Observable } from 'rxjs';
import { type CancellableCall, callSignal, timeLeftMs, waitTimeMs } from '../await/call-signal.js';
import { OperationFeed } from '../await/operation-feed.js';
import { isFinal, isSettled, PendingQueries } from '../await/pending-queries.js';
import { watchStream } from '../await/watch-stream.js';
import { actorOf, resolvedBy } from '../callers/actor.js';
import { callerOf, visibleTo } from '../callers/caller-of.js';
import { SOURCE } from '../config.js';
import { historyBehind, notVerified, rpcError } from '../errors/rpc-error.js';
import { RpcErrorFilter } from '../errors/rpc-error-filter.js';
import { listLanes } from '../operations/list-lanes.js';
import { listOperations } from '../operations/list-operations.js';
import { refuseInvalid, unknownOperation } from '../operations/request-checks.js';
import { decide, eventOf, notInDoubt } from '../operations/resolve-operation.js';

/** The Operations service. */
@Controller()
@UseFilters(RpcErrorFilter)
export class OperationsController {
  constructor(
    @Inject(Store) private readonly store: Store,
    @Inject(OutboxRelay) private readonly relay: OutboxRelay,
    @Inject(PendingQueries) private readonly pending: PendingQueries,
    @Inject(OperationFeed) private readonly feed: OperationFeed,
    @Inject(OperationEnds) private readonly ends: OperationEnds,
  ) {}

  @GrpcMethod('Operations', 'getOperation')
  async getOperation(
    request: GetOperationRequest,
    metadata: Metadata,
    call: CancellableCall,
  ): Promise<Operation> {
    refuseInvalid('GetOperation', request);
    const signal = callSignal(call);
    const found = await this.#find(request.id, signal, seenBy(metadata, 'GetOperation'));
    if (!request.withRequest) return found;
    // Retention may have deleted it in the meantime.
    return { ...found, requestJson: (await this.store.operations.findRequest(found.id, signal)) ?? '' };
  }

  @GrpcMethod('Operations', 'listOperations')
  listOperations(
    request: ListOperationsRequest,
    metadata: Metadata,
    call: CancellableCall,
  ): Promise<ListOperationsResponse> {
    refuseInvalid('ListOperations', request);
    return listOperations(
      this.store,
      request,
      callSignal(call),
      visibleTo(metadata, 'Operations/ListOperations'),
    );
  }

  @GrpcMethod('Operations', 'listLanes')
  listLanes(
    request: ListLanesRequest,
    metadata: Metadata,
    call: CancellableCall,
  ): Promise<ListLanesResponse> {
    refuseInvalid('ListLanes', request);
    return listLanes(this.store, request, callSignal(call), visibleTo(metadata, 'Operations/ListLanes'));
  }

  @GrpcMethod('Operations', 'waitOperation')
  async waitOperation(
    request: WaitOperationRequest,
    metadata: Metadata,
    call: CancellableCall,
  ): Promise<Operation> {
    refuseInvalid('WaitOperation', request);
    const signal = callSignal(call);
    const sees = seenBy(metadata, 'WaitOperation');
    const found = await this.#find(request.id, signal, sees);
    const waitMs = waitTimeMs(request.timeout, timeLeftMs(call));
    const isDone = request.untilFinal ? isFinal : isSettled;
    if (isDone(found) || waitMs === 0) return found;
    const settled = await this.pending.wait(found.id, signal, waitMs, isDone);
    return settled !== undefined && sees(settled.appid) ? settled : this.#find(found.id, signal, sees);
  }

  @GrpcMethod('Operations', 'watchOperations')
  watchOperations(
    request: WatchOperationsRequest,
    metadata: Metadata,
    call: ServerWritableStream<unknown, Operation>,
  ): Observable<Operation> {
    refuseInvalid('WatchOperations', request);
    const visible = () => visibleTo(metadata, 'Operations/WatchOperations');
    const caller = callerOf(metadata)?.name ?? '';
    return watchStream(this.feed, { appid: request.appid, caller, visible }, call);
  }

  @GrpcMethod('Operations', 'cancelOperation')
  async cancelOperation(
    request: CancelOperationRequest,
    metadata: Metadata,
    call: ServerUnaryCall<unknown, unknown>,
  ): Promise<Operation> {
    refuseInvalid('CancelOperation', request);
    this.#refuseUnlessVerified();
    const by = actorOf(call);
    if (callerOf(metadata) !== undefined)
      await this.#find(request.id, callSignal(call), seenBy(metadata, 'CancelOperation'));
    const toEvent = (operation: StoredOperation) =>
      outcomeEvent(operation, operation.fence, SOURCE, new Date());
    const cancelled = await this.store.operations.cancel(request.id, toEvent, by, request.reason);
    if (cancelled.kind === 'unknown') throw unknownOperation(request.id);
    const { kind, operation } = cancelled;
    if (kind === 'too-late')
      throw rpcError(
        'OPERATION_NOT_CANCELLABLE',
        `operation ${operation.id} is ${operation.state} and can no longer be cancelled`,
      );
    if (kind === 'cancelled') this.ends.ended(operation);
    this.relay.notify();
    return toOperation(operation);
  }

  @GrpcMethod('Operations', 'resolveOperation')
  async resolveOperation(
    request: ResolveOperationRequest,
    metadata: Metadata,
    call: ServerUnaryCall<unknown, unknown>,
  ): Promise<Operation> {
    refuseInvalid('ResolveOperation', request);
    this.#refuseUnlessVerified();
    const by = actorOf(call);
    if (callerOf(metadata) !== undefined)
      await this.#find(request.id, callSignal(call), seenBy(metadata, 'ResolveOperation'));
    const resolved = await this.store.doubts.resolve(
      { ...request, resolvedBy: resolvedBy(by, request.resolvedBy) },
      (operation) => decide(request, operation),
      eventOf,
      by,
    );
    if (resolved.kind === 'unknown') throw unknownOperation(request.id);
    if (resolved.kind === 'not-in-doubt') throw notInDoubt(resolved);
    if (resolved.operation.endedAt !== null) this.ends.ended(resolved.operation);
    this.relay.notify();
    return toOperation(resolved.operation);
  }

  /** The operation may have ended already, as Kafka knows: it would get a second outcome. */
  #refuseUnlessVerified(): void {
    const { isBehind, mayHaveLostTime } = this.store.history;
    if (isBehind) throw historyBehind();
    if (mayHaveLostTime) throw notVerified();
  }

  /** An operation that the caller may not see gets exactly the answer of an unknown id. */
  async #find(id: string, signal: AbortSignal, sees: (appid: string) => boolean): Promise<Operation> {
    const found = await this.store.operations.find(id, signal);
    if (found === undefined || !sees(found.appid)) throw unknownOperation(id);
    return toOperation(found);
  }
}

/** Whether the caller of a call may see a mini-program with a method, at the time of the question. */
function seenBy(metadata: Metadata, rpc: string): (appid: string) => boolean {
  return (appid) => visibleTo(metadata, `Operations/${rpc}`)?.has(appid) ?? true;
}
