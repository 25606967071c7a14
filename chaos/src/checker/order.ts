import type { Asked } from '../history.js';
import { acceptedAt } from './accepted.js';
import { askedKey } from './executions.js';
import { type Check, wrong } from './wrong.js';

/**
 * A change that was accepted before another one of the mini-program was requested has its effect first, and a
 * lower sequence number. Overlapping requests have no order.
 */
export const outOfOrder: Check = ({ asked, executions, operations }) => {
  const wishes = new Map(asked.map((one) => [askedKey(one), one]));
  const begun = new Set<string>();
  const inTable = operations.filter((row) => row.isChange).map((operation) => ({ operation }));
  const firstEffects = executions.flatMap(({ operation }) => {
    if (!operation || begun.has(operation.id)) return [];
    begun.add(operation.id);
    return [{ operation }];
  });
  return [
    ...reversed(firstEffects, wishes, 'had its effect after'),
    ...reversed(inTable, wishes, 'has a higher number than'),
  ];
};

type Ordered = { operation: { id: string; appid: string; requestId: string; method: string } };

function reversed(row: readonly Ordered[], wishes: ReadonlyMap<string, Asked>, how: string) {
  const latest = new Map<string, { sentAt: number; requestId: string }>();
  return row.flatMap(({ operation }) => {
    const one = wishes.get(askedKey(operation));
    const accepted = one && acceptedAt(one);
    if (!one || accepted === undefined) return [];
    const sentAt = Math.min(...one.tries.map((tried) => tried.sentAt));
    const before = latest.get(one.appid);
    if (!before || before.sentAt < sentAt) latest.set(one.appid, { sentAt, requestId: one.requestId });
    if (!before || before.sentAt <= accepted) return [];
    return [
      wrong(operation, `${operation.method} ${one.requestId} ${how} ${before.requestId}, asked for later`),
    ];
  });
}
