import type { CallEntry } from '@wxa/wechat-sim';
import {
  type FaultRecord,
  type OperationRow,
  RESTORED,
  type RequestRecord,
  type RunHistory,
} from '../history.js';
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
export function executions(history: RunHistory): Execution[] {
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

function finder({ requested, operations, faults }: RunHistory) {
  const tags = new Map(requested.map((one) => [requestKey(one), one.tag]));
  const candidates = new Map<string, Candidate[]>();
  for (const row of operations) {
    const own = row.requestId.startsWith('rollout-') && isTagged(row.method) ? ROLLOUT_TAG : '';
    const key = keyOf(row.appid, { method: row.method, tag: tags.get(requestKey(row)) ?? own });
    const candidate = { row, begunAt: begunAt(row, faults), hasEffect: false };
    const others = candidates.get(key);
    if (others) others.push(candidate);
    else candidates.set(key, [candidate]);
  }
  return (call: CallEntry, at: number): OperationRow | undefined => {
    const tag = tagOfCall(call);
    if (!tag) return undefined;
    const rows = candidates.get(keyOf(call.appid ?? '', tag)) ?? [];
    // Attempts of a step have the same tag.
    const found = tag.unique && rows.length === 1 ? rows[0] : nearest(rows, at);
    if (found) found.hasEffect = true;
    return found?.row;
  };
}

/** An operation that may have caused an effect. */
interface Candidate {
  row: OperationRow;
  begunAt: number;
  /** It has caused an earlier one. */
  hasEffect: boolean;
}

/** A restore forgets claims: what was accepted before may have begun since then. */
function begunAt({ startedAt, createdAt }: OperationRow, faults: readonly FaultRecord[]): number {
  const isForgotten = ({ name, from, to }: FaultRecord) =>
    name === RESTORED && createdAt < to && (startedAt === null || startedAt >= from);
  return faults.some(isForgotten) ? createdAt : (startedAt ?? Number.POSITIVE_INFINITY);
}

function keyOf(appid: string, { method, tag }: { method: string; tag: CallTag['tag'] }): string {
  return `${appid} ${method} ${tag}`;
}

/**
 * Changes of one mini-program run one after the other, so the effect belongs to the one that was running then. An effect between
 * two belongs to the earlier one: its call reached WeChat late. Of those that a restore made forget their claims, it belongs to the
 * first without an effect.
 */
function nearest(candidates: readonly Candidate[], at: number): Candidate | undefined {
  const begun = candidates.filter((one) => one.begunAt <= at + CLOCKS_MS);
  const inside = begun.filter(({ row: { endedAt } }) => endedAt === null || endedAt >= at - CLOCKS_MS);
  const isKnown = ({ row, begunAt }: Candidate) => begunAt === row.startedAt;
  const away = ({ begunAt, row: { endedAt } }: Candidate) =>
    Math.max(begunAt - at, at - (endedAt ?? Number.POSITIVE_INFINITY), 0);
  const order = (a: Candidate, b: Candidate) =>
    away(a) - away(b) ||
    Number(isKnown(b)) - Number(isKnown(a)) ||
    (isKnown(a) ? b.begunAt - a.begunAt : Number(a.hasEffect) - Number(b.hasEffect) || a.row.seq - b.row.seq);
  return (inside.length > 0 ? inside : begun).toSorted(order)[0];
}
