import { isMethod, type Method, type OperationResult, requestFromJSON } from '@wxa/contracts';
import {
  auditStatus,
  type CallContext,
  type CallResult,
  quotaExhausted,
  type Reconciliation,
  ROOMS,
  type Room,
  reconciliationOf,
  type Snapshot,
  serviceError,
} from '@wxa/methods';
import type { ClaimedOperation } from '@wxa/store';
import type { WxaResult } from '@wxa/wxa-client';
import type { LaneEntry } from '../lanes/lane-entry.js';
import { lastError } from '../resolving/doubt-settlement.js';
import { factsOf } from '../resolving/facts.js';
import { answerOf, isConfirmed, pauseAfterNegativeRead } from '../resolving/reconcile-decision.js';
import type { ActTools } from './act.js';
import { type AttemptDecision, deadlineError, inDoubt } from './attempt-decision.js';
import { observedAudit } from './audit-effect.js';
import { operationResult } from './operation-result.js';

/** What is to come next: the call itself, or nothing more in this step. */
export type Preflight =
  | { kind: 'send' }
  | { kind: 'handled'; handled: CallResult<OperationResult | undefined> }
  | { kind: 'verdict'; verdict: AttemptDecision };

/** A claimed operation that is about to be sent. */
export interface ClaimedAttempt<M extends Method> {
  entry: LaneEntry;
  method: M;
  operation: ClaimedOperation;
  wechat: CallContext;
  /** How long a claim holds. */
  leaseMs: number;
  /** Until its deadline. */
  leftMs: number;
  /** Since when the claim holds: when it was last asked for or renewed; by performance.now(). */
  leaseValidFrom: number;
}

const NOTHING: Snapshot = { values: {} };
const SEND: Preflight = { kind: 'send' };
/** So often an answer that can't be read is asked for; what is in doubt without its note is for a person. */
const MAX_UNREADABLE_READS = 3;

/** The API whose turn an operation waits for: that of a question which comes first, or of its call. */
export function nextApi(entry: LaneEntry): string {
  const { method } = entry;
  const inquiry = reconciliationOf(method);
  entry.next ??= inquiry?.snapshot === undefined ? 'call' : 'read';
  return entry.next === 'read' && inquiry !== undefined ? inquiry.api : ROOMS[method].api;
}

/** The call is being sent: whether a question comes first the next time. */
export function resetForRetry(entry: LaneEntry): void {
  entry.next = reconciliationOf(entry.method)?.beforeRetry === undefined ? 'call' : 'read';
  entry.readDone = false;
  entry.negativeReads = 0;
}

/**
 * Asks WeChat what must be known before the call: the state before the first try, or, before a repeat that could
 * do harm, whether an earlier try was done after all. Costs nothing where neither is needed. Question and call each
 * have their turn under the rate limits; what has to wait for it waits in its lane.
 */
export async function preflight<M extends Method>(
  tools: ActTools,
  sending: ClaimedAttempt<M>,
): Promise<Preflight> {
  const { entry, method, operation } = sending;
  const inquiry = reconciliationOf(method);
  const repeats = operation.mayHaveActed && (inquiry?.beforeRetry !== undefined || sending.leftMs <= 0);
  if (inquiry !== undefined && !entry.readDone && (repeats || needsSnapshot(inquiry, operation))) {
    if (!(await hasReservation(tools, entry, 'read')))
      return throttled(sending, 'a question that comes before the call');
    const ask = repeats ? reconcileBeforeRetry : takeSnapshot;
    const prepared = await ask(tools, sending, inquiry);
    if (prepared.kind !== 'send') return prepared;
    entry.readDone = true;
  }
  const { api } = ROOMS[method];
  // It would wait for weeks: only what reads have confirmed as not executed is parked for that.
  if (operation.mayHaveActed && inquiry !== undefined && tools.limits.isStopped(api))
    return { kind: 'verdict', verdict: { kind: 'in-doubt', error: inDoubt(quotaExhausted(api)) } };
  return (await hasReservation(tools, entry, 'call'))
    ? checkPrecondition(tools, sending)
    : throttled(sending, 'the call');
}

/** Whether the lane waited for this, or needs not wait long, which it does here. */
async function hasReservation(
  { limits }: ActTools,
  entry: LaneEntry,
  next: 'read' | 'call',
): Promise<boolean> {
  const waited = entry.next === next;
  entry.next = next;
  return waited || limits.tryAcquireSoon(entry.appid, nextApi(entry));
}

function needsSnapshot<M extends Method>(
  inquiry: Reconciliation<M>,
  { noted, attempts }: ClaimedOperation,
): boolean {
  const isUnknown = noted !== null && Object.keys(noted).length === 0;
  return inquiry.snapshot !== undefined && (noted === null || (isUnknown && attempts === 0));
}

/** Whatever its deadline: a wait for our own limit does not count against that. */
function throttled<M extends Method>({ entry }: ClaimedAttempt<M>, what: string): Preflight {
  const error = serviceError('throttled', `${what} waits for our rate limit`, nextApi(entry));
  return { kind: 'verdict', verdict: { kind: 'retry', error, afterMs: 0 } };
}

/** What is known of the attempts of an operation so far. */
export interface Suspicion {
  method: string;
  /** One of them may have been executed although it was not confirmed. */
  mayHaveActed: boolean;
  /** Reads have confirmed since that none was. */
  isConfirmedNotExecuted: boolean;
}

/** Nothing may have been sent since what `operation` and `entry` say. */
export function suspicionOf(
  { negativeReads }: Pick<LaneEntry, 'negativeReads'>,
  operation: Pick<ClaimedOperation, 'method' | 'mayHaveActed' | 'negativeReads'>,
): Suspicion {
  const { method, mayHaveActed } = operation;
  return {
    method,
    mayHaveActed,
    isConfirmedNotExecuted: isConfirmed(Math.max(negativeReads, operation.negativeReads)),
  };
}

/** What may have been executed neither fails nor waits for a quota: it is reconciled first. */
export function inDoubtIfMaybeExecuted(
  verdict: AttemptDecision,
  { method, mayHaveActed, isConfirmedNotExecuted }: Suspicion,
): AttemptDecision {
  const fails = verdict.kind === 'failed' && !isConfirmedNotExecuted;
  const waits = verdict.kind === 'retry' && verdict.anew === true;
  const doubted =
    (fails || waits) && mayHaveActed && isMethod(method) && reconciliationOf(method) !== undefined;
  return doubted ? { kind: 'in-doubt', error: inDoubt(verdict.error) } : verdict;
}

async function takeSnapshot<M extends Method>(
  tools: ActTools,
  sending: ClaimedAttempt<M>,
  inquiry: Reconciliation<M>,
): Promise<Preflight> {
  const result: WxaResult<Snapshot> = (await inquiry.snapshot?.(sending.wechat)) ?? {
    kind: 'ok',
    value: NOTHING,
  };
  if (result.kind !== 'ok' && isReadWorthRetrying(result, sending.entry)) return readFailed(result);
  return renewLease(tools, sending, result.kind === 'ok' ? result.value : NOTHING);
}

/** No change is sent to a WeChat that does not even answer a question; what it will not tell, it will not. */
function isReadWorthRetrying(seen: WxaResult<unknown>, entry: LaneEntry): boolean {
  const isUnread = seen.kind === 'ambiguous' && ['unreadable', 'too-large'].includes(seen.cause);
  if (isUnread) entry.unreadableReads += 1;
  return seen.kind !== 'error' && (!isUnread || entry.unreadableReads < MAX_UNREADABLE_READS);
}

async function reconcileBeforeRetry<M extends Method>(
  tools: ActTools,
  sending: ClaimedAttempt<M>,
  inquiry: Reconciliation<M>,
): Promise<Preflight> {
  const { method, operation, leftMs } = sending;
  const request = requestFromJSON(method, operation.request);
  const result = await inquiry.check(factsOf(operation, request), sending.wechat);
  const answer = answerOf<M>(result);
  if (answer.kind === 'executed')
    return { kind: 'handled', handled: executedEarlier(operationResult(method, answer.result)) };
  if (result.kind !== 'ok' && isReadWorthRetrying(result, sending.entry)) return readFailed(result);
  const isUnknown = answer.kind !== 'not-executed' && inquiry.beforeRetry === 'once-answered';
  const mustKnow = inquiry.beforeRetry === 'required' || leftMs <= 0;
  if (!mustKnow && !isUnknown) return renewLease(tools, sending, null);
  if (answer.kind === 'not-executed') return confirmNotExecuted(tools, sending);
  const isRefused = result.kind === 'error';
  if (result.kind !== 'ok' && !isRefused && answer.kind === 'no-answer') return readFailed(result);
  return { kind: 'verdict', verdict: { kind: 'in-doubt', error: unclear(method, answer.why) } };
}

/** Believed when it was said several times; too late for another try then, it fails. */
async function confirmNotExecuted<M extends Method>(
  tools: ActTools,
  sending: ClaimedAttempt<M>,
): Promise<Preflight> {
  const { entry, operation, leftMs } = sending;
  const error = lastError(operation);
  const saidBefore = Math.max(entry.negativeReads, operation.negativeReads);
  entry.negativeReads = saidBefore + 1;
  const pauseMs = pauseAfterNegativeRead(saidBefore);
  if (pauseMs !== undefined) {
    return { kind: 'verdict', verdict: { kind: 'retry', error, afterMs: pauseMs } };
  }
  if (leftMs > 0) return renewLease(tools, sending, null);
  return { kind: 'verdict', verdict: { kind: 'failed', error: deadlineError(error) } };
}

/** A guard's answer must be fresh: it is asked when the call has its turn, and the call then takes another. */
async function checkPrecondition<M extends Method>(
  tools: ActTools,
  sending: ClaimedAttempt<M>,
): Promise<Preflight> {
  const { method, operation, wechat } = sending;
  const { api, precondition }: Room<M> = ROOMS[method];
  const request = requestFromJSON(method, operation.request);
  const isGuarded = precondition?.applies(request) === true;
  if (!isGuarded) return isLeaseValid(tools, sending) ? SEND : renewLease(tools, sending, null);
  await tools.limits.acquire(operation.appid, precondition.api);
  const forbidden = await precondition.check(request, wechat);
  if (forbidden !== undefined) return { kind: 'handled', handled: forbidden };
  await tools.limits.acquireLate(operation.appid, api);
  return renewLease(tools, sending, null);
}

function executedEarlier(value: OperationResult | undefined): CallResult<OperationResult | undefined> {
  return { kind: 'ok', value, sent: false };
}

function unclear(method: Method, why: string) {
  return serviceError('inconclusive', why, ROOMS[method].api);
}

/** The question got no answer: it may be asked again, whatever became of it. */
function readFailed(result: Exclude<WxaResult<unknown>, { kind: 'ok' }>): Preflight {
  const handled: CallResult<OperationResult | undefined> =
    result.kind === 'ambiguous'
      ? { kind: 'retryable', cause: 'connect', error: result.error, sent: false }
      : { ...result, sent: false };
  return { kind: 'handled', handled };
}

/** Whether the wait for the call's turn took no more of the claim's time than its margin. */
function isLeaseValid<M extends Method>(
  { leaseMarginMs }: ActTools,
  { leaseValidFrom }: ClaimedAttempt<M>,
): boolean {
  return performance.now() - leaseValidFrom <= leaseMarginMs;
}

/** The question took of the claim's time: it is renewed, so that the call can't outlast it. */
async function renewLease<M extends Method>(
  tools: ActTools,
  sending: ClaimedAttempt<M>,
  seen: Snapshot | null,
): Promise<Preflight> {
  const { leaseMs, method } = sending;
  const { id, appid, fence } = sending.operation;
  const askedAt = performance.now();
  sending.leaseValidFrom = askedAt;
  const audit = seen?.audit && observedAudit(auditStatus(seen.audit), new Date());
  const note = { id, appid, fence, noted: seen?.values ?? null, audit: audit ?? null, leaseMs };
  const held = await tools.store.snapshot(note).catch(() => false);
  if (held && performance.now() - askedAt <= tools.leaseMarginMs) return SEND;
  const error = serviceError('internal', 'the worker was held up before the call', ROOMS[method].api);
  return { kind: 'verdict', verdict: { kind: 'retry', error, afterMs: 0 } };
}
