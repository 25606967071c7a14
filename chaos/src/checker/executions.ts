import type { CallEntry } from '@wxa/wechat-sim';
import type { History, OperationRow, RequestRecord } from '../history.js';
import { type CallTag, isTagged, ROLLOUT_TAG, tagOfCall } from '../load/tags.js';

/** An effect at WeChat and the operation that caused it. */
export interface Execution {
  call: CallEntry;
  effectAt: number;
  /** undefined: no operation of that mini-program can have caused it. */
  operation: OperationRow | undefined;
}

/** Tolerance between clock reads of several processes on one machine. */
const CLOCKS_MS = 100;

/** All effects in the ledger in the order WeChat executed them, each with its operation. */
export function executions(history: History): Execution[] {
  const find = finder(history);
  return history.calls
    .flatMap((call) => (call.effect === null || call.effectAt === null ? [] : [{ call, at: call.effectAt }]))
    .sort((a, b) => a.at - b.at)
    .map(({ call, at }) => ({ call, effectAt: at, operation: find(call, at) }));
}

/** The effects of each operation, in order. */
export function byOperation(all: readonly Execution[]): Map<string, Execution[]> {
  const found = new Map<string, Execution[]>();
  for (const execution of all) {
    if (!execution.operation) continue;
    const earlier = found.get(execution.operation.id);
    if (earlier) earlier.push(execution);
    else found.set(execution.operation.id, [execution]);
  }
  return found;
}

export function requestKey({ appid, requestId }: Pick<RequestRecord, 'appid' | 'requestId'>): string {
  return `${appid} ${requestId}`;
}

function finder({ requested, operations }: History) {
  const tags = new Map(requested.map((one) => [requestKey(one), one.tag]));
  const candidates = new Map<string, OperationRow[]>();
  for (const row of operations) {
    const own = row.requestId.startsWith('rollout-') && isTagged(row.method) ? ROLLOUT_TAG : '';
    const key = keyOf(row.appid, { method: row.method, tag: tags.get(requestKey(row)) ?? own });
    const others = candidates.get(key);
    if (others) others.push(row);
    else candidates.set(key, [row]);
  }
  return (call: CallEntry, at: number): OperationRow | undefined => {
    const tag = tagOfCall(call);
    if (!tag) return undefined;
    const rows = candidates.get(keyOf(call.appid ?? '', tag)) ?? [];
    // Attempts of a step have the same tag.
    return tag.unique && rows.length === 1 ? rows[0] : nearest(rows, at);
  };
}

function keyOf(appid: string, { method, tag }: { method: string; tag: CallTag['tag'] }): string {
  return `${appid} ${method} ${tag}`;
}

/**
 * Changes of one mini-program run one after the other, so the effect belongs to the one that was running then.
 * An effect between two belongs to the earlier one: its call reached WeChat late.
 */
function nearest(rows: readonly OperationRow[], at: number): OperationRow | undefined {
  const begun = rows.filter((row) => begunAt(row) <= at + CLOCKS_MS);
  const inside = begun.filter(({ endedAt }) => endedAt === null || endedAt >= at - CLOCKS_MS);
  return closest(inside.length > 0 ? inside : begun, at);
}

/** A change that a restore put in doubt may have begun as soon as it was accepted: its claim is not known. */
function begunAt({ startedAt, createdAt, state }: OperationRow): number {
  const wasDoubted = state === 'IN_DOUBT' || state === 'SUCCEEDED';
  return startedAt ?? (wasDoubted ? createdAt : Number.POSITIVE_INFINITY);
}

function closest(rows: readonly OperationRow[], at: number): OperationRow | undefined {
  const away = (row: OperationRow) =>
    Math.max(begunAt(row) - at, at - (row.endedAt ?? Number.POSITIVE_INFINITY), 0);
  return rows.toSorted((a, b) => away(a) - away(b) || (b.startedAt ?? 0) - (a.startedAt ?? 0))[0];
}
