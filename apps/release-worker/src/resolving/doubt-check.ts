import { setTimeout as delay } from 'node:timers/promises';
import { isMethod, type Method, requestFromJSON } from '@wxa/contracts';
import { type Reconciliation, reconciliationOf } from '@wxa/methods';
import type { Doubt } from '@wxa/store';
import type { Permits } from '../lanes/permits.js';
import type { CircuitBreaker } from '../retrying/circuit-breaker.js';
import { type DeadlineTools, untilDeadlineMs } from '../retrying/deadline.js';
import { isRefusal } from '../running/attempt-decision.js';
import { type ContextTools, callContext } from '../running/call-context.js';
import type { TokenSource } from '../tokens/token-source.js';
import { lastError } from './doubt-settlement.js';
import { factsOf } from './facts.js';
import { type Answer, answerOf, decideAfterAnswer, type ReconcileDecision } from './reconcile-decision.js';

/** What an asker works with. */
export interface DoubtCheckTools extends DeadlineTools, Omit<ContextTools, 'tokenStore'> {
  tokens: TokenSource;
  permits: Permits;
  breaker: Pick<CircuitBreaker, 'isOpen' | 'openWithinMs'>;
}

/** One question, its answer, and what that makes of the doubt. */
export interface CheckResult {
  answer: Answer<Method>['kind'];
  decision: ReconcileDecision<Method>;
}

/** A question waits no longer for its rate limit; it is asked later then. */
export const MAX_THROTTLE_MS = 5_000;
/** Calls of one question: two looks, each once more with a refreshed token. */
export const CHECK_TIMEOUT_FACTOR = 4;
/** A question that was not answered so often is one that WeChat does not answer. */
const SILENCE = 5;
/** WeChat said "too often": that API of that mini-program rests at least so long. */
const RATE_REST_MS = 1_000;

/** Asks WeChat about an operation in doubt, under the same limits and with the same tokens as every call. */
export class DoubtCheck {
  constructor(private readonly tools: DoubtCheckTools) {}

  /** @param notAfter when another may begin to ask about it, by performance.now(): nothing is sent after that. */
  async run(doubt: Doubt, notAfter: number): Promise<CheckResult> {
    const { method } = doubt;
    const inquiry = isMethod(method) ? reconciliationOf(method) : undefined;
    if (!isMethod(method) || inquiry === undefined)
      return this.#decide(doubt, unclear('nothing can be asked'));
    return this.#decide(doubt, await this.#answer(method, inquiry, doubt, notAfter));
  }

  #decide(doubt: Doubt, answer: Answer<Method>): CheckResult {
    const { asks, negativeReads, startedAt, createdAt, throttledMs } = doubt;
    const leftMs = untilDeadlineMs(this.tools, startedAt ?? createdAt, throttledMs);
    const rejected = isRefusal(lastError(doubt));
    const isUnavailable = this.tools.breaker.isOpen;
    const decision = decideAfterAnswer(answer, { asks, negativeReads, rejected, leftMs, isUnavailable });
    return { answer: answer.kind, decision };
  }

  async #answer<M extends Method>(
    method: M,
    inquiry: Reconciliation<M>,
    doubt: Doubt,
    notAfter: number,
  ): Promise<Answer<M>> {
    const paced = await this.#acquire(doubt.appid, inquiry.api);
    if (!paced) return { kind: 'no-answer', why: 'our rate limit leaves no room' };
    const { permits, tokens, breaker } = this.tools;
    // Others wait for its answer, and questions are few: it does not queue behind the calls.
    await permits.take(true);
    try {
      if (breaker.isOpen) return { kind: 'no-answer', why: 'WeChat can not be reached' };
      const token = await tokens.get(doubt.appid);
      if (token.kind === 'not-authorized') return unclear(token.why ?? 'this mini-program has no token');
      if (token.kind === 'unavailable') return { kind: 'no-answer', why: token.why };
      const result = await this.#call(method, inquiry, doubt, { token: token.token, notAfter });
      if (result.kind !== 'retryable' || result.cause !== 'token')
        return this.#answerOf(inquiry, doubt, result);
      const fresh = await tokens.refresh(doubt.appid, token.token);
      if (fresh.kind !== 'token') return { kind: 'no-answer', why: 'no token could be had' };
      const again = await this.#call(method, inquiry, doubt, { token: fresh.token, notAfter });
      return this.#answerOf(inquiry, doubt, again);
    } finally {
      permits.give();
    }
  }

  /** What can be set again is, where WeChat will not tell whether it was. */
  #answerOf<M extends Method>(
    { isIdempotentSet }: Reconciliation<M>,
    doubt: Doubt,
    result: Awaited<ReturnType<Reconciliation<M>['check']>>,
  ): Answer<M> {
    const answer = answerOf<M>(result);
    const isSilent = answer.kind === 'no-answer' && doubt.asks >= SILENCE && !this.tools.breaker.isOpen;
    const isRefused =
      answer.kind === 'inconclusive' || (answer.kind === 'no-answer' && answer.quotaMs !== undefined);
    const tells = isIdempotentSet && !isRefusal(lastError(doubt)) && (isRefused || isSilent);
    return tells ? { kind: 'retry-proves', why: answer.why } : answer;
  }

  async #call<M extends Method>(
    method: M,
    inquiry: Reconciliation<M>,
    doubt: Doubt,
    given: { token: string; notAfter: number },
  ) {
    const { limits } = this.tools;
    const facts = factsOf(doubt, requestFromJSON(method, doubt.request));
    const context = callContext(this.tools, doubt, { token: given.token, notAfter: () => given.notAfter });
    const result = await inquiry.check(facts, context);
    if (result.kind === 'retryable' && result.cause === 'rate')
      limits.block(doubt.appid, result.error.api, RATE_REST_MS);
    return result;
  }

  /** Waits for both limits in turn; false where that would take too long. */
  async #acquire(appid: string, api: string): Promise<boolean> {
    const { limits } = this.tools;
    const turn = limits.reserveForAppid(appid, api);
    const waitMs = turn - performance.now();
    if (waitMs > MAX_THROTTLE_MS) return false;
    if (waitMs > 0) await delay(waitMs);
    const place = await limits.reserveForApi(api, 'retry');
    if (place === undefined || limits.msUntilClaim(place) > MAX_THROTTLE_MS) return false;
    await limits.acquireReserved(appid, api, turn, place);
    return true;
  }
}

function unclear(why: string) {
  return { kind: 'inconclusive', why } as const;
}
