import { ROOMS, reconciliationOf, serviceError } from '@wxa/methods';
import type { LaneEntry } from '../lanes/lane-entry.js';
import type { AttemptResult } from './call.js';

/** An attempt that ended before its call. */
export function notSent(
  { method }: LaneEntry,
  operation: AttemptResult['operation'],
  name: 'wechatUnavailable' | 'internal',
  why: string,
): AttemptResult {
  const error = serviceError(name, why, ROOMS[method].api);
  return { operation, decision: { kind: 'retry', error, afterMs: 0 }, sent: false };
}

/** The snapshot is stored before the call is sent: without it, nothing was sent. */
export function afterWorkerLoss({ method }: LaneEntry, operation: AttemptResult['operation']): AttemptResult {
  const error = serviceError('workerLost', 'worker lost during the call', ROOMS[method].api);
  const isSent = reconciliationOf(method)?.snapshot === undefined || operation.snapshot !== null;
  return isSent
    ? { operation, decision: { kind: 'in-doubt', error }, sent: true, mayHaveActed: true }
    : { operation, decision: { kind: 'retry', error, afterMs: 0 }, sent: false };
}
