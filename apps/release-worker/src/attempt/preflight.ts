import { type Method, type OperationResult, requestFromJSON } from '@wxa/contracts';
import {
  auditStatus,
  type CallContext,
  type CallResult,
  failsPrecondition,
  NO_SNAPSHOT,
  type Reconciliation,
  ROOMS,
  type Room,
  reconciliationOf,
  type Snapshot,
  serviceError,
  unsent,
} from '@wxa/methods';
import type { ClaimedOperation } from '@wxa/operations';
import type { WxaResult } from '@wxa/wxa-client';
import { apiOf, type EntryProgress, type LaneEntry, transition } from '../lanes/lane-entry.js';
import {
  type AttemptDecision,
  decideIfStopped,
  earlierAttemptsOf,
  effectOf,
} from '../settle/attempt-decision.js';
import { deadlineError, resultUnknown } from '../settle/attempt-errors.js';
import { answerOf, factsOf, pauseAfterNegativeRead } from '../settle/reconciliation-read.js';
import { lastError, observedAudit, operationResult } from '../settle/settlement.js';
import { stopOf } from '../throttle/platform-limits.js';
import { PROCESS_STALLED } from '../tokens/platform-token.js';
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
  /** As it was claimed, with the snapshot that this attempt takes. */
  operation: ClaimedOperation;
  wechat: CallContext;
  lease: Lease;
  /** Time until the deadline. */
  leftMs: number;
}

export interface Lease {
  ms: number;
  /** When the claim was last requested or renewed, in performance.now() time. */
  validFrom: number;
}

const NOTHING: Snapshot = { values: {} };
const SEND: Preflight = { kind: 'send' };
/** Unreadable responses are retried this many times; without a snapshot, a doubt needs an operator. */
const MAX_UNREADABLE_READS = 3;

/** The API that an operation calls next, for its reservation: that of the read before the call, or of the call. */
export function nextApi(entry: LaneEntry): string {
  const { method } = entry;
  const reconciliation = reconciliationOf(method);
  return nextOf(entry) === 'read' && reconciliation !== undefined ? reconciliation.api : apiOf(entry);
}

function nextOf({ method, state: { progress } }: LaneEntry): 'read' | 'call' {
  return progress.next ?? (reconciliationOf(method)?.snapshot === undefined ? 'call' : 'read');
}

/** The call is sent: decides whether a retry starts with a read. */
export function startCall(entry: LaneEntry): void {
  const next = reconciliationOf(entry.method)?.beforeRetry === undefined ? 'call' : 'read';
  proceed(entry, 'calling', { next, readDone: false });
  entry.memory.negativeReads = 0;
  entry.memory.mismatches = 0;
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
  const unproved = decideWithoutProof(attempt);
  if (unproved !== undefined) return { kind: 'decision', decision: unproved };
  const reconciliation = reconciliationOf(method);
  const isRetry = operation.mayHaveActed && (reconciliation?.beforeRetry !== undefined || leftMs <= 0);
  const needsRead = reconciliation && (isRetry || needsSnapshot(reconciliation, operation));
  if (needsRead && entry.state.progress.readDone !== true) {
    const isReserved = nextOf(entry) === 'read';
    proceed(entry, 'reading', { next: 'read' });
    if (!isReserved && !(await reserveSoon(tools, entry)))
      return throttled(attempt, 'the reconciliation read');
    const read = isRetry ? reconcileBeforeRetry : takeSnapshot;
    const checked = await read(tools, attempt, reconciliation);
    if (checked.kind !== 'send') return checked;
    proceed(entry, 'claimed', { readDone: true });
  }
  // Not before the read: a retry needs it although it will not be sent.
  const earlier = earlierAttemptsOf(entry, operation);
  const stopped = decideIfStopped(stopOf(tools.limits.platform, method, apiOf(entry)), operation, earlier);
  if (stopped !== undefined) return { kind: 'decision', decision: stopped };
  if (nextOf(entry) === 'read') {
    proceed(entry, 'claimed', { next: 'call' });
    if (!(await reserveSoon(tools, entry))) return throttled(attempt, 'the call');
  }
  return checkPrecondition(tools, attempt);
}

/**
 * After a restore or a failover, a change that may have been executed waits for its call. This decides if nothing can show
 * whether it was: no read shows the effect of a listed call, and a snapshot taken now may already have it.
 */
function decideWithoutProof<M extends Method>({
  entry,
  method,
  operation,
}: ClaimedAttempt<M>): AttemptDecision | undefined {
  if (!operation.mayHaveActed) return undefined;
  const reconciliation = reconciliationOf(method);
  if (reconciliation !== undefined && needsSnapshot(reconciliation, operation))
    return { kind: 'in-doubt', error: inconclusive(method, NO_SNAPSHOT.why) };
  if (method !== 'ChangeWechat' || effectOf(operation) === 'set') return undefined;
  const why = 'Postgres was restored; whether the call was sent is not known';
  return { kind: 'failed', error: resultUnknown(serviceError('restored', why, apiOf(entry))) };
}

/** Enters a state with changed progress. */
function proceed(
  entry: LaneEntry,
  kind: 'claimed' | 'reading' | 'calling',
  change: Partial<EntryProgress>,
): void {
  transition(entry, { kind, progress: { ...entry.state.progress, ...change } });
}

/** Reserves what its lane has no reservation for, if that needs a short wait at most. */
function reserveSoon({ limits }: CallTools, entry: LaneEntry): Promise<boolean> {
  return limits.tryAcquireSoon(entry.appid, nextApi(entry));
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
function isReadWorthRetrying(result: WxaResult<unknown>, { memory }: LaneEntry): boolean {
  const isUnread = result.kind === 'ambiguous' && ['unreadable', 'too-large'].includes(result.cause);
  if (isUnread) memory.unreadableReads += 1;
  return result.kind !== 'error' && (!isUnread || memory.unreadableReads < MAX_UNREADABLE_READS);
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
  const { operation, leftMs } = attempt;
  const { memory } = attempt.entry;
  const error = lastError(operation);
  const readsBefore = Math.max(memory.negativeReads, operation.negativeReads);
  memory.negativeReads = readsBefore + 1;
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
    const result = await precondition.check(request, wechat);
    if (result?.kind === 'ok')
      return { kind: 'result', result: executedEarlier(operationResult(method, result.value)) };
    if (result !== undefined) return unlessReadsLag(attempt.entry, result);
    const renewed = await renewLease(tools, attempt, null);
    if (renewed.kind !== 'send') return renewed;
  }
  await tools.limits.acquire(operation.appid, api, performance.now());
  return isLeaseValid(tools, attempt) ? SEND : renewLease(tools, attempt, null);
}

/** Reads lag behind writes, so only the third mismatch is the result. */
function unlessReadsLag({ memory }: LaneEntry, failure: CallResult<never>): Preflight {
  const isMismatch = failure.kind === 'error' && failsPrecondition(failure.error);
  const pauseMs = isMismatch ? pauseAfterNegativeRead(memory.mismatches) : undefined;
  if (!isMismatch || pauseMs === undefined) return { kind: 'result', result: failure };
  memory.mismatches += 1;
  return { kind: 'decision', decision: { kind: 'retry', error: failure.error, afterMs: pauseMs } };
}

function executedEarlier(value: OperationResult | undefined): CallResult<OperationResult | undefined> {
  return { kind: 'ok', value, sent: false };
}

function inconclusive(method: Method, why: string) {
  return serviceError('inconclusive', why, ROOMS[method].api);
}

/** Whether the wait for the reservation took no more than the lease margin. */
function isLeaseValid<M extends Method>({ leaseMarginMs }: CallTools, { lease }: ClaimedAttempt<M>): boolean {
  return performance.now() - lease.validFrom <= leaseMarginMs;
}

/** The read used up part of the lease: it is renewed, so that the call can't outlast it. */
async function renewLease<M extends Method>(
  tools: CallTools,
  attempt: ClaimedAttempt<M>,
  snapshot: Snapshot | null,
): Promise<Preflight> {
  const { lease, entry } = attempt;
  const { id, appid, fence, claimKey, startedAt } = attempt.operation;
  const renewedAt = performance.now();
  lease.validFrom = renewedAt;
  const audit = snapshot?.audit && observedAudit(auditStatus(snapshot.audit), startedAt, new Date());
  const claim = { id, appid, fence, claimKey };
  const row = { ...claim, values: snapshot?.values ?? null, audit: audit ?? null, leaseMs: lease.ms };
  const isRenewed = await tools.store.operations.snapshot(row).catch(() => false);
  if (isRenewed && performance.now() - renewedAt <= tools.leaseMarginMs) {
    if (snapshot !== null) attempt.operation = { ...attempt.operation, snapshot: snapshot.values };
    return SEND;
  }
  const error = serviceError('internal', PROCESS_STALLED, apiOf(entry));
  return { kind: 'decision', decision: { kind: 'retry', error, afterMs: 0 } };
}
