import type { OperationRecord } from '@wxa/contracts';
import { IS_OF_OPERATOR, IS_STOPPED } from '@wxa/limits';
import { columns } from '@wxa/postgres';

/** One WeChat API call requested for one mini-program. */
export interface StoredOperation extends OperationRecord {
  isChange: boolean;
  /** How often it was claimed; fences stale workers. */
  fence: number;
  /** The key of its last claim. Numbers of claims are used twice if Postgres loses time, keys are not. */
  claimKey: string | null;
  traceparent: string;
  tracestate: string | null;
  updatedAt: Date;
}

const OPERATION = columns<Omit<StoredOperation, 'awaitingResolution' | 'heldBy'>>({
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

/** The same with the stop that each waits for: for callers who read them, not for those who run them. */
export function shownColumns(alias: string, instead: Instead = {}): string {
  return `${operationColumns(alias, instead)}, (
    select json_build_object('api', l.api, 'until', l.stopped_until,
      'stoppedBy', case when ${IS_OF_OPERATOR} then l.stopped_by end, 'onBehalfOf', case when ${IS_OF_OPERATOR} then l.stopped_for end,
      'reason', case when ${IS_OF_OPERATOR} then l.stop_reason else l.stop_errmsg end)
    from api_limits l where l.api = ${alias}.waits_for_api and ${IS_STOPPED}) as "heldBy"`;
}

/** The select list of a ClaimedOperation, from the table alias `alias`. */
export function claimedColumns(alias: string, instead: Instead & { throttledMs?: string } = {}): string {
  const throttled = instead.throttledMs ?? `${alias}.throttled_ms`;
  const own = `${alias}.request, ${alias}.noted as snapshot, ${alias}.may_have_acted as "mayHaveActed",
    ${alias}.said_not_done as "negativeReads", ${throttled} as "throttledMs"`;
  return `${own}, ${operationColumns(alias, instead)}`;
}
