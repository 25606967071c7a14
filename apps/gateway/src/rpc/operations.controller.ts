import {
  type CancelOperationRequest,
  type Duration,
  type Operation,
  OperationsService,
  type ResolveOperationRequest,
  toOperation,
} from '@wxa/contracts';
import { OutboxRelay } from '@wxa/kafka';
import type { Actor } from '@wxa/postgres/trail';
import { OperationEnds } from '@wxa/service';
import { Store } from '@wxa/store';
import type { CancellableCall } from '../await/call-signal.js';
import { OperationFeed } from '../await/operation-feed.js';
import { isFinal, isSettled, PendingQueries } from '../await/pending-queries.js';
import { watchStream } from '../await/watch-stream.js';
import { actorOf, callerOf } from '../callers/caller-of.js';
import { historyBehind, notVerified, rpcError } from '../errors/rpc-error.js';
import { listLanes } from '../operations/list-lanes.js';
import { listOperations } from '../operations/list-operations.js';
import { OPERATION_RULES, unknownOperation } from '../operations/request-checks.js';
import { decideResolution, eventOf, notInDoubt } from '../operations/resolve-operation.js';
import { controllerOf, type Handlers, type RpcCall } from './service.js';

/** The Operations service. */
export const OperationsController = controllerOf(
  OperationsService,
  OPERATION_RULES,
  [Store, OutboxRelay, PendingQueries, OperationFeed, OperationEnds],
  operationHandlers,
  unknownOperation,
);

export function operationHandlers(
  store: Store,
  relay: OutboxRelay,
  pending: PendingQueries,
  feed: OperationFeed,
  ends: OperationEnds,
): Handlers<typeof OperationsService> {
  /** An operation that the caller may not see gets exactly the answer of an unknown id. */
  const find = async (id: string, call: RpcCall, signal = call.signal()) => {
    const found = await store.operations.find(id, signal);
    if (found === undefined || !call.sees(found.appid)) throw unknownOperation(id);
    return toOperation(found);
  };
  /** Before an operation is ended: it may have ended already, as Kafka knows, and would get a second outcome. */
  const beforeEnd = async (id: string, call: RpcCall) => {
    const { isBehind, mayHaveLostTime } = store.history;
    if (isBehind) throw historyBehind();
    if (mayHaveLostTime) throw notVerified();
    const by = actorOf(call.call);
    if (callerOf(call.metadata) !== undefined) await find(id, call);
    return by;
  };
  return {
    async getOperation({ id, withRequest }, call) {
      const signal = call.signal();
      const found = await find(id, call, signal);
      if (!withRequest) return found;
      // Retention may have deleted it in the meantime.
      return { ...found, requestJson: (await store.operations.findRequest(found.id, signal)) ?? '' };
    },
    listOperations: (request, call) => listOperations(store, request, call.signal(), call.visible()),
    listLanes: (request, call) => listLanes(store, request, call.signal(), call.visible()),
    async waitOperation({ id, timeout, untilFinal }, call) {
      const signal = call.signal();
      const found = await find(id, call, signal);
      const waitMs = waitTimeMs(timeout, timeLeftMs(call.call));
      const isDone = untilFinal ? isFinal : isSettled;
      if (isDone(found) || waitMs === 0) return found;
      const settled = await pending.wait(found.id, signal, waitMs, isDone);
      return settled !== undefined && call.sees(settled.appid) ? settled : find(found.id, call, signal);
    },
    watchOperations({ appid }, call) {
      const { caller } = call;
      return watchStream(feed, { appid, caller, visible: () => call.visible() }, call.call);
    },
    cancelOperation: async (request, call) =>
      cancel({ store, relay, ends }, request, await beforeEnd(request.id, call)),
    resolveOperation: async (request, call) =>
      resolve({ store, relay, ends }, request, await beforeEnd(request.id, call)),
  };
}

const DEFAULT_MS = 60_000;
const MAX_MS = 3_600_000;
/** Time reserved for sending the response before the caller's deadline. */
const RESPONSE_MS = 200;

/**
 * How long WaitOperation waits, in milliseconds: the requested timeout, at most an hour, and short enough for the
 * response to arrive before the caller's deadline.
 * @param timeLeftMs time until the caller's deadline; Infinity if there is none.
 */
export function waitTimeMs(timeout: Duration | undefined, timeLeftMs: number): number {
  const requestedMs =
    timeout === undefined ? DEFAULT_MS : Number(timeout.seconds) * 1000 + timeout.nanos / 1e6;
  return Math.max(0, Math.min(requestedMs, timeLeftMs - RESPONSE_MS, MAX_MS));
}

/** Milliseconds until the caller's deadline; Infinity if there is none. */
function timeLeftMs(call: CancellableCall): number {
  const deadline = call.getDeadline();
  return (deadline instanceof Date ? deadline.getTime() : deadline) - Date.now();
}

interface Ending {
  store: Store;
  relay: OutboxRelay;
  ends: OperationEnds;
}

async function cancel(
  { store, relay, ends }: Ending,
  { id, reason }: CancelOperationRequest,
  by: Actor,
): Promise<Operation> {
  const cancelled = await store.operations.cancel(id, eventOf, by, reason);
  if (cancelled.kind === 'unknown') throw unknownOperation(id);
  const { kind, operation } = cancelled;
  if (kind === 'too-late')
    throw rpcError(
      'OPERATION_NOT_CANCELLABLE',
      `operation ${operation.id} is ${operation.state} and can no longer be cancelled`,
    );
  if (kind === 'cancelled') ends.ended(operation);
  relay.notify();
  return toOperation(operation);
}

async function resolve(
  { store, relay, ends }: Ending,
  request: ResolveOperationRequest,
  by: Actor,
): Promise<Operation> {
  const resolved = await store.doubts.resolve(
    { ...request, resolvedBy: operatorOf(by, request) },
    (operation) => decideResolution(request, operation),
    eventOf,
    by,
  );
  if (resolved.kind === 'unknown') throw unknownOperation(request.id);
  if (resolved.kind === 'not-in-doubt') throw notInDoubt(resolved);
  if (resolved.kind === 'resolved' && resolved.operation.endedAt !== null) ends.ended(resolved.operation);
  relay.notify();
  return toOperation(resolved.operation);
}

/** The operator of a manual resolution, preceded by the caller that names the operator. */
function operatorOf({ caller }: Actor, { resolvedBy }: ResolveOperationRequest): string {
  return caller === null ? resolvedBy : `${caller}: ${resolvedBy}`;
}
