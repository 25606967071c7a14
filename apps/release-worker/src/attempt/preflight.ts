import { type Method, type OperationResult, requestFromJSON } from '@wxa/contracts';
import {
  auditStatus,
  type CallContext,
  type CallResult,
  isVersionMismatch,
  type Reconciliation,
  ROOMS,
  type Room,
  reconciliationOf,
  type Snapshot,
  serviceError,
  unsent,
} from '@wxa/methods';
import type { ClaimedOperation } from '@wxa/store';
import type { WxaResult } from '@wxa/wxa-client';
import { type LaneEntry, transition } from '../lanes/lane-entry.js';
import { type AttemptDecision, deadlineError } from '../settle/attempt-decision.js';
import { answerOf, factsOf, pauseAfterNegativeRead } from '../settle/reconciliation-read.js';
import { lastError, observedAudit, operationResult } from '../settle/settlement.js';
import { PROCESS_STALLED } from '../tokens/platform-token.js';
import { decideIfStopped } from './earlier-attempts.js';
import type { CallTools } from './runner-tools.js';

/** What follows: the call, or the end of this step with a result or a decision. */
export type Preflight =
  | { kind: 'send' }
  | { kind: 'result'; result: CallResult<OperationResult | undefined> }
  | { kind: 'decision'; decision: AttemptDecision };

/** A claimed operation that is about to be sent. */
export interface ClaimedAttempt<M extends Method> {
  entry: LaneEntry;
  method: M;
  operation: ClaimedOperation;
  wechat: CallContext;
  leaseMs: number;
  /** Time until the deadline. */
  leftMs: number;
  /** When the claim was last requested or renewed, in performance.now() time. */
  leaseValidFrom: number;
}

const NOTHING: Snapshot = { values: {} };
const SEND: Preflight = { kind: 'send' };
/** Unreadable responses are retried this many times; without a snapshot, a doubt needs an operator. */
const MAX_UNREADABLE_READS = 3;

/** The API that an operation calls next, for its reservation: that of the read before the call, or of the call. */
export function nextApi(entry: LaneEntry): string {
  const { method } = entry;
  const reconciliation = reconciliationOf(method);
  entry.next ??= reconciliation?.snapshot === undefined ? 'call' : 'read';
  return entry.next === 'read' && reconciliation !== undefined ? reconciliation.api : ROOMS[method].api;
}

/** Called when the call is sent: decides whether a retry starts with a read. */
export function resetForRetry(entry: LaneEntry): void {
  entry.next = reconciliationOf(entry.method)?.beforeRetry === undefined ? 'call' : 'read';
  entry.readDone = false;
  entry.negativeReads = 0;
  entry.mismatches = 0;
}

/**
 * Reads what must be known before the call: a snapshot before the first attempt, or, before a retry that could do
 * harm, whether an earlier attempt was executed. Makes no call if neither is needed. The read and the call each have
 * their own reservation; an operation without one waits in its lane.
 */
export async function preflight<M extends Method>(
  tools: CallTools,
  attempt: ClaimedAttempt<M>,
): Promise<Preflight> {
  const { entry, method, operation, leftMs } = attempt;
  const reconciliation = reconciliationOf(method);
  const isRetry = operation.mayHaveActed && (reconciliation?.beforeRetry !== undefined || leftMs <= 0);
  // Only a retry needs its read although it will not be sent.
  const stoppedBefore = isRetry ? undefined : decideIfStopped(tools, entry, operation);
  if (stoppedBefore !== undefined) return { kind: 'decision', decision: stoppedBefore };
  const needsRead = reconciliation && (isRetry || needsSnapshot(reconciliation, operation));
  if (needsRead && !entry.readDone) {
    if (!(await hasReservation(tools, entry, 'read'))) return throttled(attempt, 'the reconciliation read');
    transition(entry, { kind: 'reading' });
    const read = isRetry ? reconcileBeforeRetry : takeSnapshot;
    const checked = await read(tools, attempt, reconciliation);
    if (checked.kind !== 'send') return checked;
    entry.readDone = true;
  }
  const stopped = decideIfStopped(tools, entry, operation);
  if (stopped !== undefined) return { kind: 'decision', decision: stopped };
  return (await hasReservation(tools, entry, 'call'))
    ? checkPrecondition(tools, attempt)
    : throttled(attempt, 'the call');
}

/** Whether the lane has a reservation for `next`; waits here if the wait is short. */
async function hasReservation(
  { limits }: CallTools,
  entry: LaneEntry,
  next: 'read' | 'call',
): Promise<boolean> {
  const waited = entry.next === next;
  entry.next = next;
  return waited || limits.tryAcquireSoon(entry.appid, nextApi(entry));
}

function needsSnapshot<M extends Method>(
  reconciliation: Reconciliation<M>,
  { snapshot, attempts }: ClaimedOperation,
): boolean {
  const isUnknown = snapshot !== null && Object.keys(snapshot).length === 0;
  return reconciliation.snapshot !== undefined && (snapshot === null || (isUnknown && attempts === 0));
}

/** Retries regardless of the deadline: time throttled by our own limit does not count against it. */
function throttled<M extends Method>({ entry }: ClaimedAttempt<M>, what: string): Preflight {
  const error = serviceError('throttled', `${what} is throttled by the rate limit`, nextApi(entry));
  return { kind: 'decision', decision: { kind: 'retry', error, afterMs: 0 } };
}

async function takeSnapshot<M extends Method>(
  tools: CallTools,
  attempt: ClaimedAttempt<M>,
  reconciliation: Reconciliation<M>,
): Promise<Preflight> {
  const result: WxaResult<Snapshot> = (await reconciliation.snapshot?.(attempt.wechat)) ?? {
    kind: 'ok',
    value: NOTHING,
  };
  if (result.kind !== 'ok' && isReadWorthRetrying(result, attempt.entry))
    return { kind: 'result', result: unsent(result) };
  return renewLease(tools, attempt, result.kind === 'ok' ? result.value : NOTHING);
}

/** No change is sent while WeChat does not even answer a read; an error code is an answer. */
function isReadWorthRetrying(result: WxaResult<unknown>, entry: LaneEntry): boolean {
  const isUnread = result.kind === 'ambiguous' && ['unreadable', 'too-large'].includes(result.cause);
  if (isUnread) entry.unreadableReads += 1;
  return result.kind !== 'error' && (!isUnread || entry.unreadableReads < MAX_UNREADABLE_READS);
}

async function reconcileBeforeRetry<M extends Method>(
  tools: CallTools,
  attempt: ClaimedAttempt<M>,
  reconciliation: Reconciliation<M>,
): Promise<Preflight> {
  const { method, operation, leftMs } = attempt;
  const request = requestFromJSON(method, operation.request);
  const result = await reconciliation.check(factsOf(operation, request), attempt.wechat);
  const answer = answerOf<M>(result);
  if (answer.kind === 'executed')
    return { kind: 'result', result: executedEarlier(operationResult(method, answer.result)) };
  if (result.kind !== 'ok' && isReadWorthRetrying(result, attempt.entry))
    return { kind: 'result', result: unsent(result) };
  const isUnknown = answer.kind !== 'not-executed' && reconciliation.beforeRetry === 'once-answered';
  const mustKnow = reconciliation.beforeRetry === 'required' || leftMs <= 0;
  if (!mustKnow && !isUnknown) return renewLease(tools, attempt, null);
  if (answer.kind === 'not-executed') return confirmNotExecuted(tools, attempt);
  const isRejected = result.kind === 'error';
  if (result.kind !== 'ok' && !isRejected && answer.kind === 'no-answer')
    return { kind: 'result', result: unsent(result) };
  return { kind: 'decision', decision: { kind: 'in-doubt', error: inconclusive(method, answer.why) } };
}

/** Several negative reads confirm it; if the deadline has passed by then, the operation fails. */
async function confirmNotExecuted<M extends Method>(
  tools: CallTools,
  attempt: ClaimedAttempt<M>,
): Promise<Preflight> {
  const { entry, operation, leftMs } = attempt;
  const error = lastError(operation);
  const readsBefore = Math.max(entry.negativeReads, operation.negativeReads);
  entry.negativeReads = readsBefore + 1;
  const pauseMs = pauseAfterNegativeRead(readsBefore);
  if (pauseMs !== undefined) {
    return { kind: 'decision', decision: { kind: 'retry', error, afterMs: pauseMs } };
  }
  if (leftMs > 0) return renewLease(tools, attempt, null);
  return { kind: 'decision', decision: { kind: 'failed', error: deadlineError(error) } };
}

/** Must be fresh: it is read only once the call has its reservation, and the call then takes another one. */
async function checkPrecondition<M extends Method>(
  tools: CallTools,
  attempt: ClaimedAttempt<M>,
): Promise<Preflight> {
  const { method, operation, wechat } = attempt;
  const { api, preconditions = [] }: Room<M> = ROOMS[method];
  const request = requestFromJSON(method, operation.request);
  const due = preconditions.filter((precondition) => precondition.applies(request));
  if (due.length === 0) return isLeaseValid(tools, attempt) ? SEND : renewLease(tools, attempt, null);
  for (const precondition of due) {
    await tools.limits.acquire(operation.appid, precondition.api);
    const failure = await precondition.check(request, wechat);
    if (failure !== undefined) return unlessReadsLag(attempt.entry, failure);
    const renewed = await renewLease(tools, attempt, null);
    if (renewed.kind !== 'send') return renewed;
  }
  await tools.limits.acquire(operation.appid, api, performance.now());
  return isLeaseValid(tools, attempt) ? SEND : renewLease(tools, attempt, null);
}

/** Reads lag behind writes, so only the third mismatch is the result. */
function unlessReadsLag(entry: LaneEntry, failure: CallResult<never>): Preflight {
  const isMismatch = failure.kind === 'error' && isVersionMismatch(failure.error);
  const pauseMs = isMismatch ? pauseAfterNegativeRead(entry.mismatches) : undefined;
  if (!isMismatch || pauseMs === undefined) return { kind: 'result', result: failure };
  entry.mismatches += 1;
  return { kind: 'decision', decision: { kind: 'retry', error: failure.error, afterMs: pauseMs } };
}

function executedEarlier(value: OperationResult | undefined): CallResult<OperationResult | undefined> {
  return { kind: 'ok', value, sent: false };
}

function inconclusive(method: Method, why: string) {
  return serviceError('inconclusive', why, ROOMS[method].api);
}

/** Whether the wait for the reservation took no more than the lease margin. */
function isLeaseValid<M extends Method>(
  { leaseMarginMs }: CallTools,
  { leaseValidFrom }: ClaimedAttempt<M>,
): boolean {
  return performance.now() - leaseValidFrom <= leaseMarginMs;
}

/** The read used up part of the lease: it is renewed, so that the call can't outlast it. */
async function renewLease<M extends Method>(
  tools: CallTools,
  attempt: ClaimedAttempt<M>,
  snapshot: Snapshot | null,
): Promise<Preflight> {
  const { leaseMs, method } = attempt;
  const { id, appid, fence, claimKey } = attempt.operation;
  const renewedAt = performance.now();
  attempt.leaseValidFrom = renewedAt;
  const audit = snapshot?.audit && observedAudit(auditStatus(snapshot.audit), new Date());
  const claim = { id, appid, fence, claimKey };
  const row = { ...claim, values: snapshot?.values ?? null, audit: audit ?? null, leaseMs };
  const isRenewed = await tools.store.operations.snapshot(row).catch(() => false);
  if (isRenewed && performance.now() - renewedAt <= tools.leaseMarginMs) return SEND;
  const error = serviceError('internal', PROCESS_STALLED, ROOMS[method].api);
  return { kind: 'decision', decision: { kind: 'retry', error, afterMs: 0 } };
}
