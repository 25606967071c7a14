import type { CallEntry } from '@wxa/wechat-sim';
import type { OperationRow } from '../history.js';
import { newFinding, type RunCheck } from './finding.js';

/** The longest back-off after the n-th call that WeChat did not serve: 1 s + min(30 s, 2 s × 2ⁿ). */
const BACKOFF_MIN_MS = 1_000;
const BACKOFF_BASE_MS = 2_000;
const BACKOFF_MAX_MS = 30_000;
/** A worker lost during a call costs an operation the session time-out of Kafka, and reconciliation its reads. */
const LOST_MS = 20_000;

/**
 * Only WeChat may make an operation exceed its deadline. If an operation failed with DEADLINE, the duration of
 * the calls that WeChat did not serve, plus the longest back-off after each, is at least the deadline;
 * otherwise our own backlog caused the failure.
 */
export const falseDeadlines: RunCheck = ({ operations, calls, deadlineMs }) => {
  const ofAppid = Map.groupBy(calls, ({ appid }) => appid ?? '');
  return operations.filter(isOverDeadline).flatMap((row) => {
    const unserved = (ofAppid.get(row.appid) ?? []).filter(
      (call) => call.errcode !== 0 && isWithin(call, row),
    );
    const costMs = unserved.reduce((sum, call, i) => sum + costOf(call, i + 1), 0);
    if (costMs >= deadlineMs) return [];
    const what = `DEADLINE, but ${unserved.length} calls that WeChat did not serve took at most ${costMs / 1000} s`;
    return [newFinding(row, `${row.method} FAILED with ${what}`)];
  });
};

function isOverDeadline({ state, error }: OperationRow): boolean {
  return state === 'FAILED' && (error?.reason === 'DEADLINE' || error?.reason === 'SUBMIT_STUCK');
}

function isWithin({ startedAt }: CallEntry, row: OperationRow): boolean {
  return startedAt >= (row.startedAt ?? row.createdAt) && startedAt <= (row.endedAt ?? 0);
}

function costOf({ startedAt, endedAt, errcode }: CallEntry, n: number): number {
  const tookMs = Math.max(0, (endedAt ?? startedAt) - startedAt);
  const backoffMs = BACKOFF_MIN_MS + Math.min(BACKOFF_MAX_MS, BACKOFF_BASE_MS * 2 ** n);
  return Math.round(tookMs + backoffMs + (errcode === null ? LOST_MS : 0));
}
