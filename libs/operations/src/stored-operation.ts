import type { OperationRecord, OperationStateName } from '@wxa/contracts';
import { columns } from '@wxa/postgres';

/** One WeChat API call requested for one mini-program. */
export interface StoredOperation extends OperationRecord {
  /** UUIDv7: sorts by the time of acceptance. */
  id: string;
  appid: string;
  requestId: string;
  method: string;
  isChange: boolean;
  state: OperationStateName;
  /** How often it was claimed; fences stale workers. */
  fence: number;
  /** The key of its last claim. Numbers of claims are used twice if Postgres loses time, keys are not. */
  claimKey: string | null;
  /** How often the call was sent to WeChat. */
  attempts: number;
  createdAt: Date;
  startedAt: Date | null;
  endedAt: Date | null;
  nextAttemptAt: Date | null;
  blockedBy: string | null;
  /** Proto3 JSON of OperationError. */
  error: unknown;
  /** Proto3 JSON of the method's result. */
  result: unknown;
  traceparent: string;
  tracestate: string | null;
  updatedAt: Date;
  /** Name of the caller for which it was accepted. */
  acceptedBy: string | null;
  /** The person for whom the caller acted, as the caller stated it. */
  onBehalfOf: string | null;
  /** Derived: it is in doubt, and no reconciliation is planned. */
  awaitingResolution?: boolean;
}

const OPERATION = columns<Omit<StoredOperation, 'awaitingResolution'>>({
  id: 'uuid',
  appid: 'text',
  requestId: 'text',
  method: 'text',
  isChange: 'boolean',
  state: 'text',
  fence: 'int',
  claimKey: 'uuid',
  attempts: 'int',
  createdAt: 'timestamptz',
  startedAt: 'timestamptz',
  endedAt: 'timestamptz',
  nextAttemptAt: 'timestamptz',
  blockedBy: 'uuid',
  error: 'json',
  result: 'json',
  traceparent: 'text',
  tracestate: 'text',
  updatedAt: 'timestamptz',
  acceptedBy: 'text',
  onBehalfOf: 'text',
});

type Instead = Parameters<typeof OPERATION.select>[1];

/** The select list of an StoredOperation, from the table alias `alias`. */
export function operationColumns(alias: string, instead: Instead = {}): string {
  const isAwaiting = `${alias}.state = 'IN_DOUBT' and ${alias}.ask_at is null`;
  return `${OPERATION.select(alias, instead)}, ${isAwaiting} as "awaitingResolution"`;
}

/** The select list of a ClaimedOperation, from the table alias `alias`. */
export function claimedColumns(alias: string, instead: Instead & { throttledMs?: string } = {}): string {
  const throttled = instead.throttledMs ?? `${alias}.throttled_ms`;
  const own = `${alias}.request, ${alias}.noted as snapshot, ${alias}.may_have_acted as "mayHaveActed",
    ${alias}.said_not_done as "negativeReads", ${throttled} as "throttledMs"`;
  return `${own}, ${operationColumns(alias, instead)}`;
}
