import type { RequestRecord } from '../history.js';
import { acceptedAt } from './accepted.js';
import { requestKey } from './executions.js';
import { newFinding, type RunCheck } from './finding.js';

/**
 * A change that was accepted before another one of the mini-program was requested has its effect first, and a
 * lower sequence number. Overlapping requests have no order.
 */
export const outOfOrder: RunCheck = ({ requested, executions, operations }) => {
  const requests = new Map(requested.map((one) => [requestKey(one), one]));
  const seen = new Set<string>();
  const inTable = operations.filter((row) => row.isChange).map((operation) => ({ operation }));
  const firstEffects = executions.flatMap(({ operation }) => {
    if (!operation || seen.has(operation.id)) return [];
    seen.add(operation.id);
    return [{ operation }];
  });
  return [
    ...reversed(firstEffects, requests, 'took effect after'),
    ...reversed(inTable, requests, 'has a higher sequence number than'),
  ];
};

type Ordered = { operation: { id: string; appid: string; requestId: string; method: string } };

function reversed(rows: readonly Ordered[], requests: ReadonlyMap<string, RequestRecord>, how: string) {
  const latest = new Map<string, { sentAt: number; requestId: string }>();
  return rows.flatMap(({ operation }) => {
    const one = requests.get(requestKey(operation));
    const accepted = one && acceptedAt(one);
    if (!one || accepted === undefined) return [];
    const sentAt = Math.min(...one.attempts.map((attempt) => attempt.sentAt));
    const before = latest.get(one.appid);
    if (!before || before.sentAt < sentAt) latest.set(one.appid, { sentAt, requestId: one.requestId });
    if (!before || before.sentAt <= accepted) return [];
    return [
      newFinding(
        operation,
        `${operation.method} ${one.requestId} ${how} ${before.requestId}, which was requested later`,
      ),
    ];
  });
}
