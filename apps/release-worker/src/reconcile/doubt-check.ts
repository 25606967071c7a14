import { setTimeout as delay } from 'node:timers/promises';
import { isMethod, type Method, requestFromJSON } from '@wxa/contracts';
import { type Reconciliation, ROOMS, reconciliationOf } from '@wxa/methods';
import type { Doubt } from '@wxa/operations';
import type { Span } from '@wxa/service';
import { isRejection } from '../settle/attempt-errors.js';
import { type Answer, answerOf, factsOf } from '../settle/reconciliation-read.js';
import { lastError } from '../settle/settlement.js';
import type { Permits } from '../throttle/permits.js';
import { stopOf } from '../throttle/platform-limits.js';
import { until } from '../throttle/reservation-queue.js';
import type { TokenSource } from '../tokens/token-source.js';
import {
  type ContextTools,
  callContext,
  type DeadlineTools,
  untilDeadlineMs,
} from '../wechat/call-context.js';
import type { CircuitBreaker } from '../wechat/circuit-breaker.js';
import { decideAfterAnswer, type ReconcileDecision } from './reconcile-decision.js';

export interface DoubtCheckTools extends DeadlineTools, Omit<ContextTools, 'tokenStore'> {
  tokens: TokenSource;
  permits: Permits;
  breaker: Pick<CircuitBreaker, 'isOpen' | 'openWithinMs'>;
}

/** The answer to one reconciliation read and the decision that follows. */
export interface CheckResult {
  answer: Answer<Method>['kind'];
  decision: ReconcileDecision<Method>;
  /** The time that the operation has waited for this service's own limits, this check and its pause included. */
  throttledMs: number;
  /** It does not count as a read. */
  isUnsent: boolean;
}

/** A read that the limit of its mini-program would throttle for longer is made later. */
export const MAX_THROTTLE_MS = 5_000;
/** Calls of one reconciliation: two reads, each repeated once with a refreshed token. */
export const CHECK_TIMEOUT_FACTOR = 4;
/** After this many reads without an answer, WeChat is assumed not to answer this read. */
const SILENT_AFTER = 5;
/** Minimum pause of one API of one mini-program after WeChat's rate limit (45011, 9402202). */
const RATE_LIMIT_PAUSE_MS = 1_000;

/** While a stop holds the retry that decides, the change continues within 5 s of the lift. */
const STOP_PAUSE_MS = 3_000;

const THROTTLED: Answer<Method> = {
  kind: 'no-answer',
  why: 'throttled by the rate limit',
  isUnsent: true,
};

/** Reconciles an operation in doubt by reads, under the same limits and with the same tokens as every call. */
export class DoubtCheck {
  constructor(private readonly tools: DoubtCheckTools) {}

  /** @param notAfter end of the lease, in performance.now() time: nothing is sent after that. @param span of this check. */
  async run(doubt: Doubt, notAfter: number, span?: Span): Promise<CheckResult> {
    const { method } = doubt;
    const reconciliation = isMethod(method) ? reconciliationOf(method) : undefined;
    if (!isMethod(method) || reconciliation === undefined)
      return this.#decide(doubt, inconclusive('no reconciliation for this method'));
    const { permits } = this.tools;
    const waitsSince = performance.now();
    // Its result must be stored before the lease ends.
    const giveUpAt = notAfter - this.tools.timeoutMs;
    const isAcquired = await this.#acquire(doubt.appid, reconciliation.api, giveUpAt);
    const waited = { ...doubt, throttledMs: doubt.throttledMs + performance.now() - waitsSince };
    if (!isAcquired) return this.#decide(waited, THROTTLED);
    try {
      return this.#decide(waited, await this.#answer(method, reconciliation, waited, { notAfter, span }));
    } finally {
      permits.give();
    }
  }

  #decide(doubt: Doubt, answer: Answer<Method>): CheckResult {
    const { checks, reads, negativeReads, startedAt, throttledMs } = doubt;
    // The deadline begins with the first claim.
    const leftMs =
      startedAt === null ? Number.POSITIVE_INFINITY : untilDeadlineMs(this.tools, startedAt, throttledMs);
    const rejected = isRejection(lastError(doubt));
    const isUnavailable = this.tools.breaker.isOpen;
    const facts = { checks, reads, negativeReads, rejected, leftMs, isUnavailable };
    const decision = decideAfterAnswer(answer, facts);
    if (answer.kind === 'retry-proves' && decision.kind === 'retry' && this.#isStopped(doubt))
      return heldByStop(doubt);
    const pauseMs = answer === THROTTLED && decision.kind === 'check-again' ? decision.afterMs : 0;
    const isUnsent = answer.kind === 'no-answer' && answer.isUnsent === true;
    return { answer: answer.kind, decision, throttledMs: throttledMs + pauseMs, isUnsent };
  }

  /** Whether a retry would be in doubt again at once, because it may not be sent. */
  #isStopped({ method }: Doubt): boolean {
    return isMethod(method) && stopOf(this.tools.limits.platform, method, ROOMS[method].api) !== undefined;
  }

  async #answer<M extends Method>(
    method: M,
    reconciliation: Reconciliation<M>,
    doubt: Doubt,
    given: { notAfter: number; span: Span | undefined },
  ): Promise<Answer<M>> {
    const { tokens, breaker } = this.tools;
    if (breaker.isOpen) return { kind: 'no-answer', why: 'WeChat is unavailable', isUnsent: true };
    const token = await tokens.get(doubt.appid);
    if (token.kind === 'not-authorized') return inconclusive(token.why ?? 'this mini-program has no token');
    if (token.kind === 'unavailable') return { kind: 'no-answer', why: token.why, isUnsent: true };
    const result = await this.#call(method, reconciliation, doubt, { ...given, token: token.token });
    if (result.kind !== 'retryable' || result.cause !== 'token')
      return this.#answerOf(reconciliation, doubt, result);
    const fresh = await tokens.refresh(doubt.appid, token.token);
    if (fresh.kind !== 'token') return { kind: 'no-answer', why: 'no access token available' };
    const again = await this.#call(method, reconciliation, doubt, { ...given, token: fresh.token });
    return this.#answerOf(reconciliation, doubt, again);
  }

  /** An idempotent set is retried if WeChat's reads give no result. */
  #answerOf<M extends Method>(
    { isIdempotentSet }: Reconciliation<M>,
    doubt: Doubt,
    result: Awaited<ReturnType<Reconciliation<M>['check']>>,
  ): Answer<M> {
    const answer = answerOf<M>(result);
    const isSent = result.kind !== 'retryable' || result.cause !== 'connect';
    const isSilent =
      answer.kind === 'no-answer' && isSent && doubt.reads >= SILENT_AFTER && !this.tools.breaker.isOpen;
    const isRejected =
      answer.kind === 'inconclusive' || (answer.kind === 'no-answer' && answer.quotaMs !== undefined);
    const isRetryable = isIdempotentSet && !isRejection(lastError(doubt)) && (isRejected || isSilent);
    return isRetryable ? { kind: 'retry-proves', why: answer.why } : answer;
  }

  async #call<M extends Method>(
    method: M,
    reconciliation: Reconciliation<M>,
    doubt: Doubt,
    { token, notAfter, span }: { token: string; notAfter: number; span: Span | undefined },
  ) {
    const { limits } = this.tools;
    const facts = factsOf(doubt, requestFromJSON(method, doubt.request));
    const context = callContext(this.tools, doubt, { token, notAfter: () => notAfter, span });
    const result = await reconciliation.check(facts, context);
    if (result.kind === 'retryable' && result.cause === 'rate')
      limits.block(doubt.appid, result.error.api, RATE_LIMIT_PAUSE_MS);
    return result;
  }

  /**
   * Acquires both limits and a permit; false if the first would take longer than MAX_THROTTLE_MS, the waiters of the second are
   * released, or it lasts until `giveUpAt`. The reservation is used last: one that the wait for a permit missed is replaced.
   */
  async #acquire(appid: string, api: string, giveUpAt: number): Promise<boolean> {
    const { limits, permits } = this.tools;
    const appidDueAt = limits.reserveForAppid(appid, api);
    const waitMs = appidDueAt - performance.now();
    if (waitMs > MAX_THROTTLE_MS) return false;
    if (waitMs > 0) await delay(waitMs);
    const apiDueAt = await limits.platform.reserve(api, 'retry', giveUpAt);
    if (apiDueAt === undefined || apiDueAt > giveUpAt) return false;
    await until(performance.now() + limits.msUntilClaim(apiDueAt));
    // Later changes wait for the answer and reads are few, so they precede the waiting calls.
    await permits.take(true);
    const isInTime = () => performance.now() <= giveUpAt;
    let isAcquired = false;
    try {
      if (isInTime()) {
        await limits.acquireReserved(appid, api, appidDueAt, apiDueAt);
        isAcquired = isInTime();
      }
      return isAcquired;
    } finally {
      if (!isAcquired) permits.give();
    }
  }
}

/** The deadline starts again at each check, so that it has not passed after a stop of weeks. */
function heldByStop({ startedAt, throttledMs, negativeReads }: Doubt): CheckResult {
  const ranMs = startedAt === null ? 0 : Date.now() - startedAt.getTime();
  const decision = { kind: 'check-again', afterMs: STOP_PAUSE_MS, negativeReads } as const;
  const notCountedMs = Math.max(throttledMs, ranMs) + STOP_PAUSE_MS;
  return { answer: 'retry-proves', decision, throttledMs: notCountedMs, isUnsent: true };
}

function inconclusive(why: string) {
  return { kind: 'inconclusive', why } as const;
}
