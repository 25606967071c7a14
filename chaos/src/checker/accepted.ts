import { FINAL_STATES } from '@wxa/contracts';
import {
  type FaultRecord,
  type OperationRow,
  RESTORED,
  type RequestRecord,
  UNPUBLISHED_MS,
} from '../history.js';
import { requestKey } from './executions.js';
import { newFinding, type RunCheck } from './finding.js';

/** Every accepted operation is in the table, and has ended or needs an operator. */
export const lost: RunCheck = ({ requested: all, operations, faults }) => {
  const requested = all.map((one) => withoutForgotten(one, faults));
  const rows = new Map(operations.map((row) => [requestKey(row), row]));
  const inDoubt = new Set(operations.filter(needsOperator).map(({ appid }) => appid));
  return requested.flatMap((one) => {
    const row = rows.get(requestKey(one));
    const ids = idsOf(one);
    if (!row) return isAccepted(one) ? [findingOf(one, ids[0], 'accepted, but not in the table')] : [];
    if (ids.some((id) => id !== row.id)) return [findingOf(one, ids[0], `is ${row.id} in the table`)];
    const waits = row.isChange && inDoubt.has(row.appid);
    if (isEnded(row) || needsOperator(row) || waits) return [];
    return [newFinding(row, `accepted, but still ${row.state}`)];
  });
};

/** The same request_id gets the same operation. */
export const duplicateOperations: RunCheck = ({ requested, faults }) =>
  requested.flatMap((each) => {
    const one = withoutForgotten(each, faults);
    const ids = new Set(idsOf(one));
    return ids.size > 1 ? [findingOf(one, idsOf(one)[0], `one request_id, ${[...ids].join(' and ')}`)] : [];
  });

/** No further reconciliation is due, or only on the next day: an operator must resolve it. */
export function needsOperator({ state, recheckAt }: OperationRow): boolean {
  return state === 'IN_DOUBT' && recheckAt === null;
}

export function isEnded({ state }: OperationRow): boolean {
  return FINAL_STATES.includes(state);
}

/** When the first response accepted it; the result of a query counts as well. */
export function acceptedAt({ attempts }: RequestRecord): number | undefined {
  const responses = attempts.filter(({ operation }) => operation !== undefined).map(({ endedAt }) => endedAt);
  return responses.length > 0 ? Math.min(...responses) : undefined;
}

/** Without the responses shortly before a restore: their commands may not have reached Kafka. */
function withoutForgotten(one: RequestRecord, faults: readonly FaultRecord[]): RequestRecord {
  const isForgotten = (endedAt: number) =>
    faults.some(({ name, from, to }) => name === RESTORED && endedAt > from - UNPUBLISHED_MS && endedAt < to);
  return { ...one, attempts: one.attempts.filter(({ endedAt }) => !isForgotten(endedAt)) };
}

function isAccepted(one: RequestRecord): boolean {
  return acceptedAt(one) !== undefined;
}

function idsOf({ attempts }: RequestRecord): string[] {
  return attempts.flatMap(({ operation }) => (operation ? [operation] : []));
}

function findingOf({ appid, method, requestId }: RequestRecord, id = '', what: string) {
  return newFinding({ appid, id }, `${method} ${requestId}: ${what}`);
}
