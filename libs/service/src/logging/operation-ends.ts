import { counter, histogram } from '../metrics/metrics.js';
import type { Logger } from './messages.js';

/** What every line about an operation says of it. */
interface LoggedIds {
  id: string;
  appid: string;
  method: string;
  acceptedBy: string | null;
  traceparent: string;
}

/** An operation that this process has put in doubt. */
export interface OperationInDoubt extends LoggedIds {
  /** Proto3 JSON of its OperationError. */
  error: unknown;
}

/** An operation whose end this process has committed. */
export interface EndedOperation extends OperationInDoubt {
  isChange: boolean;
  state: string;
  attempts: number;
  createdAt: Date;
  /** Null if it was never claimed. */
  startedAt: Date | null;
  endedAt: Date | null;
}

/** Which ends of operations are logged. */
export type LoggedOperations = 'all' | 'failed';

/** Counts and logs the operations that this process has ended or put in doubt. */
export class OperationEnds {
  readonly #finished;
  readonly #inDoubt;
  readonly #seconds = histogram('wxa_operation_duration_seconds');

  /** @param methods those that this process runs, by name: their counters begin at 0. */
  constructor(
    private readonly logger: Pick<Logger, 'info' | 'warn'>,
    private readonly logged: LoggedOperations,
    methods: Readonly<Record<string, { kind: 'change' | 'query' }>> = {},
  ) {
    const kinds = Object.entries(methods).map(([method, { kind }]) => ({ method, kind }));
    this.#finished = counter(
      'wxa_operations_finished_total',
      kinds.flatMap((of) => ['SUCCEEDED', 'FAILED'].map((state) => ({ ...of, state }))),
    );
    this.#inDoubt = counter(
      'wxa_operations_in_doubt_total',
      kinds.flatMap(({ method, kind }) => (kind === 'change' ? [{ method }] : [])),
    );
  }

  /** Logs and counts the end. It is called once, after the commit. */
  ended(operation: EndedOperation): void {
    const { method, isChange, state, attempts, createdAt, startedAt, endedAt } = operation;
    const endedMs = (endedAt ?? new Date()).getTime();
    const durationMs = Math.max(0, endedMs - createdAt.getTime());
    this.#finished.inc({ method, kind: isChange ? 'change' : 'query', state });
    this.#seconds.observe({ method }, durationMs / 1000);
    if (this.logged === 'failed' && state !== 'FAILED') return;
    const waitedMs = Math.max(0, (startedAt?.getTime() ?? endedMs) - createdAt.getTime());
    this.logger.info(
      {
        ...idsOf(operation),
        ...{ state, attempts, duration_ms: durationMs, waited_ms: waitedMs },
        ...errorOf(operation.error),
      },
      'operation ended',
    );
  }

  /** @param nextCheckMs until its reconciliation begins. */
  inDoubt(operation: OperationInDoubt, nextCheckMs: number): void {
    this.#inDoubt.inc({ method: operation.method });
    const cause = errorOf(operation.error).reason;
    const nextCheck = new Date(Date.now() + nextCheckMs);
    this.logger.warn({ ...idsOf(operation), cause, next_check: nextCheck }, 'operation in doubt');
  }
}

/** The common fields of lines about an operation. */
export function idsOf({ id, appid, method, acceptedBy, traceparent }: LoggedIds) {
  const caller = acceptedBy === null ? {} : { caller: acceptedBy };
  return { operation: id, appid, method, ...caller, trace_id: traceparent.split('-')[1] };
}

function errorOf(error: unknown): { errcode?: unknown; reason?: unknown; rid?: unknown } {
  if (typeof error !== 'object' || error === null) return {};
  const { errcode = 0, reason, rid } = error as Record<string, unknown>;
  return { errcode, reason, ...(rid ? { rid } : {}) };
}
