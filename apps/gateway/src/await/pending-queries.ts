import { Inject, Injectable } from '@nestjs/common';
import { isMethod, METHODS, type Operation, OperationState, toOperation } from '@wxa/contracts';
import { type Logger, queryFailure } from '@wxa/service';
import { Store } from '@wxa/store';
import { type GatewaySettings, LOGGER, SETTINGS } from '../config.js';
import { rpcError } from '../errors/rpc-error.js';
import { pendingQueries } from '../metrics.js';

/** How often Postgres is polled for all awaited operations, in case an event was missed. */
const POLL_MS = 1000;

/** Lets the reader of outcomes pause until a call waits for one. */
@Injectable()
export class Demand {
  #wake: () => void = () => undefined;

  /** A call began to wait or to watch. */
  signal(): void {
    this.#wake();
  }

  /** Resolves after `ms`, or as soon as there is demand. */
  within(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}

interface Waiter {
  /** Whether the wait ends in this state of the operation. */
  isDone(operation: Operation): boolean;
  settle(operation: Operation): void;
  fail(error: Error): void;
}

/** Wakes calls that wait for an operation, through the outcomes topic or, as a fallback, by polling Postgres. */
@Injectable()
export class PendingQueries {
  readonly #waiters = new Map<string, Set<Waiter>>();
  #count = 0;
  #stopping = false;
  #failing = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(
    @Inject(Store) private readonly store: Store,
    @Inject(LOGGER) private readonly logger: Logger,
    @Inject(SETTINGS) private readonly settings: GatewaySettings,
    @Inject(Demand) private readonly demand: Demand,
  ) {}

  /** Throws an RpcError if the limit of waiting calls is reached. */
  rejectIfFull(): void {
    if (this.#count < this.settings.GRPC_MAX_PENDING_QUERIES) return;
    throw rpcError(
      'TOO_MANY_WAITING',
      `too many calls are waiting for outcomes (${this.#count}); retry later`,
    );
  }

  /**
   * Resolves with the operation when it is final or in doubt, or as `isDone` defines; with undefined if the signal or the
   * timeout ends the wait. Rejects with an RpcError if the limit of waiting calls is reached or the process stops.
   */
  async wait(
    id: string,
    signal: AbortSignal,
    timeoutMs: number,
    isDone: Waiter['isDone'] = isSettled,
  ): Promise<Operation | undefined> {
    this.rejectIfFull();
    if (this.#stopping) throw stopping();
    if (signal.aborted) return undefined;
    return new Promise((resolve, reject) => {
      const end = (finish: () => void) => {
        clearTimeout(timer);
        signal.removeEventListener('abort', giveUp);
        this.#remove(id, waiter);
        finish();
      };
      const giveUp = () => end(() => resolve(undefined));
      const timer = setTimeout(giveUp, timeoutMs);
      const waiter: Waiter = {
        isDone,
        settle: (operation) => end(() => resolve(operation)),
        fail: (error) => end(() => reject(error)),
      };
      signal.addEventListener('abort', giveUp);
      this.#add(id, waiter);
    });
  }

  get isAnyAwaited(): boolean {
    return this.#count > 0;
  }

  isAwaited(id: string): boolean {
    return this.#waiters.has(id);
  }

  /** Called with every awaited outcome from the topic. A doubt may be over by now: a relay that was killed published it late. */
  resolve(operation: Operation): void {
    if (!this.#waiters.has(operation.id)) return;
    if (!isFinal(operation) || lacksResult(operation)) void this.#poll([operation.id]);
    else this.#settle(operation);
  }

  /** Ends all waits when the process stops, also those of calls that begin to wait later. The operations continue. */
  failAll(): void {
    this.#stopping = true;
    for (const waiters of [...this.#waiters.values()])
      for (const waiter of [...waiters]) waiter.fail(stopping());
  }

  #add(id: string, waiter: Waiter): void {
    const waiters = this.#waiters.get(id) ?? new Set();
    this.#waiters.set(id, waiters.add(waiter));
    pendingQueries.set({}, ++this.#count);
    this.demand.signal();
    this.#timer ??= setTimeout(() => void this.#pollAll(), POLL_MS);
  }

  #remove(id: string, waiter: Waiter): void {
    const waiters = this.#waiters.get(id);
    if (!waiters?.delete(waiter)) return;
    pendingQueries.set({}, --this.#count);
    if (waiters.size === 0) this.#waiters.delete(id);
  }

  #settle(operation: Operation): void {
    for (const waiter of [...(this.#waiters.get(operation.id) ?? [])])
      if (waiter.isDone(operation)) waiter.settle(operation);
  }

  async #pollAll(): Promise<void> {
    await this.#poll([...this.#waiters.keys()]);
    this.#timer = this.#count === 0 ? undefined : setTimeout(() => void this.#pollAll(), POLL_MS);
  }

  async #poll(ids: string[]): Promise<void> {
    try {
      const operations = (await this.store.operations.findAll(ids)).map(toOperation);
      for (const operation of operations.filter(isSettled)) this.#settle(operation);
      this.#failing = false;
    } catch (error) {
      if (!this.#failing) this.logger.warn(queryFailure(error), 'postgres query failed');
      this.#failing = true;
    }
  }
}

function stopping() {
  return rpcError('STOPPING', 'gateway is shutting down; the operation continues');
}

const FINAL: readonly OperationState[] = [
  OperationState.OPERATION_STATE_SUCCEEDED,
  OperationState.OPERATION_STATE_FAILED,
  OperationState.OPERATION_STATE_CANCELLED,
];

/** Whether the operation can no longer change. */
export function isFinal({ state }: Operation): boolean {
  return FINAL.includes(state);
}

/** Whether the operation is final or in doubt, which can last until an operator resolves it. */
export function isSettled(operation: Operation): boolean {
  return isFinal(operation) || operation.state === OperationState.OPERATION_STATE_IN_DOUBT;
}

/** Whether the event lacks the result: images, and results too large for Kafka, are omitted from it. */
function lacksResult({ method, state, result }: Operation): boolean {
  const succeeded = state === OperationState.OPERATION_STATE_SUCCEEDED;
  return succeeded && result === undefined && isMethod(method) && 'result' in METHODS[method];
}
