import { Operation, OperationState, toOperation } from '@wxa/contracts';
import type { OperationEntity } from '@wxa/store';

const MAX_KNOWN = 100_000;
const MAX_ENDED = 10_000;
const WAITING = [OperationState.OPERATION_STATE_QUEUED, OperationState.OPERATION_STATE_RETRYING];
const AFTER_A_RUN = [
  OperationState.OPERATION_STATE_RETRYING,
  OperationState.OPERATION_STATE_IN_DOUBT,
  OperationState.OPERATION_STATE_SUCCEEDED,
  OperationState.OPERATION_STATE_FAILED,
];

/** An operation as it is now. */
export interface Change {
  operation: Operation;
  /** Grows with every change of one operation; Infinity once it is final. */
  version: number;
}

/** The change that a row shows. */
export function changeOf(row: OperationEntity): Change {
  return { operation: toOperation(row), version: row.endedAt === null ? row.updatedAt.getTime() : Infinity };
}

/** What has been told of which operations, so that nothing is told twice or backwards. */
export class KnownOperations {
  /** In the order in which they were last heard of. */
  readonly #unfinished = new Map<string, { state: string; version: number }>();
  readonly #ended = new Set<string>();

  /** Whether a change has not been told yet; from then on it has. */
  isNews({ operation, version }: Change): boolean {
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
   * The run that a change implies and nobody was told of, because the operation began and went on between two
   * looks. To be asked before isNews.
   */
  unseenRun({ operation }: Change): Change | undefined {
    const before = this.#unfinished.get(operation.id);
    const waited = before !== undefined && WAITING.some((state) => before.state.startsWith(state));
    const ran = AFTER_A_RUN.includes(operation.state) && operation.startTime !== undefined;
    if (!waited || !ran || before.state === stateOf(operation)) return undefined;
    const { nextAttemptTime: _next, endTime: _end, error: _error, result: _result, ...begun } = operation;
    const running = { ...Operation.create(), ...begun, state: OperationState.OPERATION_STATE_RUNNING };
    return { operation: running, version: before.version };
  }

  forget(id: string): void {
    this.#unfinished.delete(id);
  }

  /** Up to so many unfinished ids that were not heard of for longest; they count as heard of from now on. */
  longestSilent(max: number): string[] {
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

/** What makes two sights of an unfinished operation different to a watcher. */
export function stateOf({ state, attempts, nextAttemptTime, blockedBy }: Operation): string {
  return [state, attempts, nextAttemptTime?.getTime(), blockedBy].join(' ');
}

function dropOldest(collection: Map<string, unknown> | Set<string>, max: number): void {
  const [oldest] = collection.keys();
  if (collection.size > max && oldest !== undefined) collection.delete(oldest);
}
