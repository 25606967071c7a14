import { isMethod, type Method, type OperationResult, requestFromJSON } from '@wxa/contracts';
import type { ClaimedOperation } from '@wxa/store';
import type { WxaResult } from '@wxa/wxa-client';
import { auditStatus, HANDLERS } from '../handlers/handlers.js';
import type { Handled, Handler, Wechat } from '../handlers/wechat.js';
import type { LaneEntry } from '../lanes/lane-entry.js';
import { answerOf, isConfirmed, pauseAfterNotDone } from '../resolving/after-answer.js';
import { lastError } from '../resolving/doubt-settlement.js';
import { factsOf } from '../resolving/facts.js';
import { type Inquiry, inquiryOf, type Seen } from '../resolving/inquiries.js';
import type { ActTools } from './act.js';
import { observed } from './audit-effect.js';
import { ourError, quotaUsedUp } from './faults.js';
import { operationResult } from './operation-result.js';
import { deadlinePassed, inDoubt, type Verdict } from './verdict.js';

/** What is to come next: the call itself, or nothing more in this step. */
export type Prepared =
  | { kind: 'send' }
  | { kind: 'handled'; handled: Handled<OperationResult | undefined> }
  | { kind: 'verdict'; verdict: Verdict };

/** A claimed operation that is about to be sent. */
export interface Sending<M extends Method> {
  entry: LaneEntry;
  method: M;
  operation: ClaimedOperation;
  wechat: Wechat;
  /** How long a claim holds. */
  leaseMs: number;
  /** Until its deadline. */
  leftMs: number;
  /** Since when the claim holds: when it was last asked for or renewed; by performance.now(). */
  heldSince: number;
}

const NOTHING: Seen = { noted: {} };
const SEND: Prepared = { kind: 'send' };
/** So often an answer that can't be read is asked for; what is in doubt without its note is for a person. */
const READING_TRIES = 3;

/** The API whose turn an operation waits for: that of a question which comes first, or of its call. */
export function nextApi(entry: LaneEntry): string {
  const { method } = entry;
  const inquiry = inquiryOf(method);
  entry.next ??= inquiry?.note === undefined ? 'call' : 'question';
  return entry.next === 'question' && inquiry !== undefined ? inquiry.api : HANDLERS[method].api;
}

/** The call is being sent: whether a question comes first the next time. */
export function expectRepeat(entry: LaneEntry): void {
  entry.next = inquiryOf(entry.method)?.repeat === undefined ? 'call' : 'question';
  entry.asked = false;
  entry.saidNotDone = 0;
}

/**
 * Asks WeChat what must be known before the call: the state before the first try, or, before a repeat that could
 * do harm, whether an earlier try was done after all. Costs nothing where neither is needed. Question and call each
 * have their turn under the rate limits; what has to wait for it waits in its lane.
 */
export async function prepare<M extends Method>(tools: ActTools, sending: Sending<M>): Promise<Prepared> {
  const { entry, method, operation } = sending;
  const inquiry = inquiryOf(method);
  const repeats = operation.mayHaveActed && (inquiry?.repeat !== undefined || sending.leftMs <= 0);
  if (inquiry !== undefined && !entry.asked && (repeats || needsNote(inquiry, operation))) {
    if (!(await hasTurn(tools, entry, 'question')))
      return paced(sending, 'a question that comes before the call');
    const ask = repeats ? askBeforeRepeat : noteBefore;
    const prepared = await ask(tools, sending, inquiry);
    if (prepared.kind !== 'send') return prepared;
    entry.asked = true;
  }
  const { api } = HANDLERS[method];
  // It would wait for weeks: only what reads have confirmed as not executed is parked for that.
  if (operation.mayHaveActed && inquiry !== undefined && tools.limits.isStopped(api))
    return { kind: 'verdict', verdict: { kind: 'in-doubt', error: inDoubt(quotaUsedUp(api)) } };
  return (await hasTurn(tools, entry, 'call')) ? askGuard(tools, sending) : paced(sending, 'the call');
}

/** Whether the lane waited for this, or needs not wait long, which it does here. */
async function hasTurn({ limits }: ActTools, entry: LaneEntry, next: 'question' | 'call'): Promise<boolean> {
  const waited = entry.next === next;
  entry.next = next;
  return waited || limits.goesSoon(entry.appid, nextApi(entry));
}

function needsNote<M extends Method>(inquiry: Inquiry<M>, { noted, calls }: ClaimedOperation): boolean {
  const isUnknown = noted !== null && Object.keys(noted).length === 0;
  return inquiry.note !== undefined && (noted === null || (isUnknown && calls === 0));
}

/** Whatever its deadline: a wait for our own limit does not count against that. */
function paced<M extends Method>({ entry }: Sending<M>, what: string): Prepared {
  const error = ourError('paced', `${what} waits for our rate limit`, nextApi(entry));
  return { kind: 'verdict', verdict: { kind: 'retry', error, afterMs: 0 } };
}

/** What is known of the attempts of an operation so far. */
export interface Suspicion {
  method: string;
  /** One of them may have been executed although it was not confirmed. */
  mayHaveActed: boolean;
  /** Reads have confirmed since that none was. */
  isCleared: boolean;
}

/** Nothing may have been sent since what `operation` and `entry` say. */
export function suspicionOf(
  { saidNotDone }: Pick<LaneEntry, 'saidNotDone'>,
  operation: Pick<ClaimedOperation, 'method' | 'mayHaveActed' | 'saidNotDone'>,
): Suspicion {
  const { method, mayHaveActed } = operation;
  return { method, mayHaveActed, isCleared: isConfirmed(Math.max(saidNotDone, operation.saidNotDone)) };
}

/** What may have been executed neither fails nor waits for a quota: it is reconciled first. */
export function orDoubt(verdict: Verdict, { method, mayHaveActed, isCleared }: Suspicion): Verdict {
  const fails = verdict.kind === 'failed' && !isCleared;
  const waits = verdict.kind === 'retry' && verdict.anew === true;
  const doubted = (fails || waits) && mayHaveActed && isMethod(method) && inquiryOf(method) !== undefined;
  return doubted ? { kind: 'in-doubt', error: inDoubt(verdict.error) } : verdict;
}

async function noteBefore<M extends Method>(
  tools: ActTools,
  sending: Sending<M>,
  inquiry: Inquiry<M>,
): Promise<Prepared> {
  const result: WxaResult<Seen> = (await inquiry.note?.(sending.wechat)) ?? { kind: 'ok', value: NOTHING };
  if (result.kind !== 'ok' && isWorthAnotherTry(result, sending.entry)) return turnedAway(result);
  return confirmClaim(tools, sending, result.kind === 'ok' ? result.value : NOTHING);
}

/** No change is sent to a WeChat that does not even answer a question; what it will not tell, it will not. */
function isWorthAnotherTry(seen: WxaResult<unknown>, entry: LaneEntry): boolean {
  const isUnread = seen.kind === 'ambiguous' && ['unreadable', 'too-large'].includes(seen.cause);
  if (isUnread) entry.unread += 1;
  return seen.kind !== 'error' && (!isUnread || entry.unread < READING_TRIES);
}

async function askBeforeRepeat<M extends Method>(
  tools: ActTools,
  sending: Sending<M>,
  inquiry: Inquiry<M>,
): Promise<Prepared> {
  const { method, operation, leftMs } = sending;
  const request = requestFromJSON(method, operation.request);
  const result = await inquiry.ask(factsOf(tools.store, operation, request), sending.wechat);
  const answer = answerOf<M>(result);
  if (answer.kind === 'done')
    return { kind: 'handled', handled: handledBefore(operationResult(method, answer.result)) };
  if (result.kind !== 'ok' && isWorthAnotherTry(result, sending.entry)) return turnedAway(result);
  const isUnknown = answer.kind !== 'not-done' && inquiry.repeat === 'once-answered';
  const mustKnow = inquiry.repeat === 'only-if-not-done' || leftMs <= 0;
  if (!mustKnow && !isUnknown) return confirmClaim(tools, sending, null);
  if (answer.kind === 'not-done') return notDone(tools, sending);
  const isRefused = result.kind === 'error';
  if (result.kind !== 'ok' && !isRefused && answer.kind === 'unanswered') return turnedAway(result);
  return { kind: 'verdict', verdict: { kind: 'in-doubt', error: unclear(method, answer.why) } };
}

/** Believed when it was said several times; too late for another try then, it fails. */
async function notDone<M extends Method>(tools: ActTools, sending: Sending<M>): Promise<Prepared> {
  const { entry, operation, leftMs } = sending;
  const error = lastError(operation);
  const saidBefore = Math.max(entry.saidNotDone, operation.saidNotDone);
  entry.saidNotDone = saidBefore + 1;
  const pauseMs = pauseAfterNotDone(saidBefore);
  if (pauseMs !== undefined) {
    return { kind: 'verdict', verdict: { kind: 'retry', error, afterMs: pauseMs } };
  }
  if (leftMs > 0) return confirmClaim(tools, sending, null);
  return { kind: 'verdict', verdict: { kind: 'failed', error: deadlinePassed(error) } };
}

/** A guard's answer must be fresh: it is asked when the call has its turn, and the call then takes another. */
async function askGuard<M extends Method>(tools: ActTools, sending: Sending<M>): Promise<Prepared> {
  const { method, operation, wechat } = sending;
  const { api, guard }: Handler<M> = HANDLERS[method];
  const request = requestFromJSON(method, operation.request);
  const isGuarded = guard?.isWanted(request) === true;
  if (!isGuarded) return isHeld(tools, sending) ? SEND : confirmClaim(tools, sending, null);
  await tools.limits.inBetween(operation.appid, guard.api);
  const forbidden = await guard.ask(request, wechat);
  if (forbidden !== undefined) return { kind: 'handled', handled: forbidden };
  await tools.limits.afterAll(operation.appid, api);
  return confirmClaim(tools, sending, null);
}

function handledBefore(value: OperationResult | undefined): Handled<OperationResult | undefined> {
  return { kind: 'ok', value, notSent: true };
}

function unclear(method: Method, why: string) {
  return ourError('unclear', why, HANDLERS[method].api);
}

/** The question got no answer: it may be asked again, whatever became of it. */
function turnedAway(result: Exclude<WxaResult<unknown>, { kind: 'ok' }>): Prepared {
  const handled: Handled<OperationResult | undefined> =
    result.kind === 'ambiguous'
      ? { kind: 'retryable', cause: 'connect', error: result.error, notSent: true }
      : { ...result, notSent: true };
  return { kind: 'handled', handled };
}

/** Whether the wait for the call's turn took no more of the claim's time than its margin. */
function isHeld<M extends Method>({ leaseMarginMs }: ActTools, { heldSince }: Sending<M>): boolean {
  return performance.now() - heldSince <= leaseMarginMs;
}

/** The question took of the claim's time: it is renewed, so that the call can't outlast it. */
async function confirmClaim<M extends Method>(
  tools: ActTools,
  sending: Sending<M>,
  seen: Seen | null,
): Promise<Prepared> {
  const { leaseMs, method } = sending;
  const { id, appid, attempt } = sending.operation;
  const askedAt = performance.now();
  sending.heldSince = askedAt;
  const audit = seen?.audit && observed(auditStatus(seen.audit), new Date());
  const note = { id, appid, attempt, noted: seen?.noted ?? null, audit: audit ?? null, leaseMs };
  const held = await tools.store.note(note).catch(() => false);
  if (held && performance.now() - askedAt <= tools.leaseMarginMs) return SEND;
  const error = ourError('internal', 'the worker was held up before the call', HANDLERS[method].api);
  return { kind: 'verdict', verdict: { kind: 'retry', error, afterMs: 0 } };
}
