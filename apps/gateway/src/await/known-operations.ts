import { Operation, OperationState, toOperation } from '@wxa/contracts';
import type { StoredOperation } from '@wxa/operations';

const MAX_KNOWN = 100_000;
const MAX_ENDED = 10_000;
const WAITING = [OperationState.OPERATION_STATE_QUEUED, OperationState.OPERATION_STATE_RETRYING];
const AFTER_RUNNING = [
  OperationState.OPERATION_STATE_RETRYING,
  OperationState.OPERATION_STATE_IN_DOUBT,
  OperationState.OPERATION_STATE_SUCCEEDED,
  OperationState.OPERATION_STATE_FAILED,
];

/** An operation with its current state. */
export interface Change {
  operation: Operation;
  /** Increases with every change of the operation; Infinity once it is final. */
  version: number;
}

/** Converts a row to a change. */
export function changeOf(row: StoredOperation): Change {
  return { operation: toOperation(row), version: row.endedAt === null ? row.updatedAt.getTime() : Infinity };
}

/** Tracks which states were published, so that no state is published twice or out of order. */
export class KnownOperations {
  /** Ordered by the last update, oldest first. */
  readonly #unfinished = new Map<string, { state: string; version: number }>();
  readonly #ended = new Set<string>();

  /** Whether a change was not published yet. Marks it as published. */
  isNew({ operation, version }: Change): boolean {
    const { id } = operation;
    if (this.#ended.has(id)) return false;
    const before = this.#unfinished.get(id);
    if (version === Number.POSITIVE_INFINITY) return this.#end(id);
    const state = stateOf(operation);
    if (before && (before.state === state || before.version > version)) return false;
    this.#unfinished.delete(id);
    this.#unfinished.set(id, { state, version });
    dropOldest(this.#unfinished, MAX_KNOWN);
    return true;
  }

  /**
   * The RUNNING state that a change implies but that was not published, because the operation started and finished
   * running between two polls. Call it before isNew.
   */
  missedRun({ operation }: Change): Change | undefined {
    const before = this.#unfinished.get(operation.id);
    const waited = before !== undefined && WAITING.some((state) => before.state.startsWith(state));
    const ran = AFTER_RUNNING.includes(operation.state) && operation.startTime !== undefined;
    if (!waited || !ran || before.state === stateOf(operation)) return undefined;
    const { nextAttemptTime: _next, endTime: _end, error: _error, result: _result, ...started } = operation;
    const running = { ...Operation.create(), ...started, state: OperationState.OPERATION_STATE_RUNNING };
    return { operation: running, version: before.version };
  }

  isUnfinished(id: string): boolean {
    return this.#unfinished.has(id);
  }

  forget(id: string): void {
    this.#unfinished.delete(id);
  }

  /** Returns the ids of up to `max` unfinished operations with the oldest updates, and counts them as updated now. */
  leastRecent(max: number): string[] {
    const oldest = [...this.#unfinished].slice(0, max);
    for (const [id, known] of oldest) {
      this.#unfinished.delete(id);
      this.#unfinished.set(id, known);
    }
    return oldest.map(([id]) => id);
  }

  clear(): void {
    this.#unfinished.clear();
    this.#ended.clear();
  }

  #end(id: string): boolean {
    this.#unfinished.delete(id);
    this.#ended.add(id);
    dropOldest(this.#ended, MAX_ENDED);
    return true;
  }
}

/** The properties whose change is published to watchers of an unfinished operation. */
export function stateOf(operation: Operation): string {
  const { state, attempts, nextAttemptTime, blockedBy, awaitingResolution } = operation;
  return [state, attempts, nextAttemptTime?.getTime(), blockedBy, awaitingResolution].join(' ');
}

function dropOldest(collection: Map<string, unknown> | Set<string>, max: number): void {
  const [oldest] = collection.keys();
  if (collection.size > max && oldest !== undefined) collection.delete(oldest);
}
