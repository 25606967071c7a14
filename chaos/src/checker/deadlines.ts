import type { CallEntry } from '@wxa/wechat-sim';
import type { OperationRow } from '../history.js';
import { groupedBy } from './published.js';
import { type Check, wrong } from './wrong.js';

/** The longest back-off after the n-th call that WeChat did not serve: 1 s + 2 s × 2ⁿ, of which at most 30 s grow. */
const BACKOFF_LEAST_MS = 1_000;
const BACKOFF_BASE_MS = 2_000;
const BACKOFF_MOST_MS = 30_000;
/** A worker that is lost in mid-call costs an operation Kafka's session, and a doubt its reads. */
const LOST_MS = 20_000;

/**
 * Only WeChat may cost an operation its time. The time that its calls took which WeChat did not serve, and the longest
 * back-off after each, come to the deadline at least where it failed as DEADLINE; else it is our own backlog that cost it.
 */
export const falseDeadlines: Check = ({ operations, calls, deadlineMs }) => {
  const ofAppid = groupedBy(calls, ({ appid }) => appid ?? '');
  return operations.filter(isOverDeadline).flatMap((row) => {
    const unserved = (ofAppid.get(row.appid) ?? []).filter(
      (call) => call.errcode !== 0 && isWithin(call, row),
    );
    const costMs = unserved.reduce((sum, call, i) => sum + costOf(call, i + 1), 0);
    if (costMs >= deadlineMs) return [];
    const what = `DEADLINE, but ${unserved.length} calls that WeChat did not serve cost ${costMs / 1000} s at most`;
    return [wrong(row, `${row.method} FAILED with ${what}`)];
  });
};

function isOverDeadline({ state, error }: OperationRow): boolean {
  return state === 'FAILED' && error?.reason === 'DEADLINE';
}

function isWithin({ startedAt }: CallEntry, row: OperationRow): boolean {
  return startedAt >= (row.startedAt ?? row.createdAt) && startedAt <= (row.endedAt ?? 0);
}

function costOf({ startedAt, endedAt, errcode }: CallEntry, n: number): number {
  const tookMs = Math.max(0, (endedAt ?? startedAt) - startedAt);
  const backoffMs = BACKOFF_LEAST_MS + Math.min(BACKOFF_MOST_MS, BACKOFF_BASE_MS * 2 ** n);
  return Math.round(tookMs + backoffMs + (errcode === null ? LOST_MS : 0));
}
