import { setTimeout as delay } from 'node:timers/promises';
import { isMethod, type Method, requestFromJSON } from '@wxa/contracts';
import type { Doubt, Store } from '@wxa/store';
import type { WxaClient } from '@wxa/wxa-client';
import type { Slots } from '../lanes/slots.js';
import type { RateLimits } from '../pacing/rate-limits.js';
import type { Breaker } from '../retrying/breaker.js';
import { type DeadlineTools, untilDeadlineMs } from '../retrying/deadline.js';
import { isRefusal } from '../running/verdict.js';
import type { TokenSource } from '../tokens/token-source.js';
import { type Answer, afterAnswer, answerOf, type Decision } from './after-answer.js';
import { lastError } from './doubt-settlement.js';
import { factsOf } from './facts.js';
import { type Inquiry, inquiryOf } from './inquiries.js';

/** What an asker works with. */
export interface AskerTools extends DeadlineTools {
  store: Pick<Store, 'openMedia' | 'versionOfAudit' | 'versionCommittedBefore'>;
  client: WxaClient;
  tokens: TokenSource;
  limits: RateLimits;
  slots: Slots;
  breaker: Pick<Breaker, 'isOpen' | 'openWithinMs'>;
  /** One WeChat call, connect to last byte. */
  timeoutMs: number;
}

/** One question, its answer, and what that makes of the doubt. */
export interface Asked {
  answer: Answer<Method>['kind'];
  decision: Decision<Method>;
}

/** A question waits no longer for its rate limit; it is asked later then. */
export const MAX_PACE_MS = 5_000;
/** Calls of one question: two looks, each once more with a refreshed token. */
export const QUESTION_CALLS = 4;
/** A question that was not answered so often is one that WeChat does not answer. */
const SILENCE = 5;
/** WeChat said "too often": that API of that mini-program rests at least so long. */
const RATE_REST_MS = 1_000;

/** Asks WeChat about an operation in doubt, under the same limits and with the same tokens as every call. */
export class Asker {
  constructor(private readonly tools: AskerTools) {}

  /** @param notAfter when another may begin to ask about it, by performance.now(): nothing is sent after that. */
  async ask(doubt: Doubt, notAfter: number): Promise<Asked> {
    const { method } = doubt;
    const inquiry = isMethod(method) ? inquiryOf(method) : undefined;
    if (!isMethod(method) || inquiry === undefined)
      return this.#decide(doubt, unclear('nothing can be asked'));
    return this.#decide(doubt, await this.#answer(method, inquiry, doubt, notAfter));
  }

  #decide(doubt: Doubt, answer: Answer<Method>): Asked {
    const { asks, saidNotDone, startedAt, createdAt, throttledMs } = doubt;
    const leftMs = untilDeadlineMs(this.tools, startedAt ?? createdAt, throttledMs);
    const refused = isRefusal(lastError(doubt));
    const isAway = this.tools.breaker.isOpen;
    const decision = afterAnswer(answer, { asks, saidNotDone, refused, leftMs, isAway });
    return { answer: answer.kind, decision };
  }

  async #answer<M extends Method>(
    method: M,
    inquiry: Inquiry<M>,
    doubt: Doubt,
    notAfter: number,
  ): Promise<Answer<M>> {
    const paced = await this.#pace(doubt.appid, inquiry.api);
    if (!paced) return { kind: 'unanswered', why: 'our rate limit leaves no room' };
    const { slots, tokens, breaker } = this.tools;
    // Others wait for its answer, and questions are few: it does not queue behind the calls.
    await slots.take(true);
    try {
      if (breaker.isOpen) return { kind: 'unanswered', why: 'WeChat can not be reached' };
      const token = await tokens.get(doubt.appid);
      if (token.kind === 'not-authorized') return unclear(token.why ?? 'this mini-program has no token');
      if (token.kind === 'unavailable') return { kind: 'unanswered', why: token.why };
      const result = await this.#call(method, inquiry, doubt, { token: token.token, notAfter });
      if (result.kind !== 'retryable' || result.cause !== 'token') return this.#heard(inquiry, doubt, result);
      const fresh = await tokens.refresh(doubt.appid, token.token);
      if (fresh.kind !== 'token') return { kind: 'unanswered', why: 'no token could be had' };
      const again = await this.#call(method, inquiry, doubt, { token: fresh.token, notAfter });
      return this.#heard(inquiry, doubt, again);
    } finally {
      slots.give();
    }
  }

  /** What can be set again is, where WeChat will not tell whether it was. */
  #heard<M extends Method>(
    { isSetting }: Inquiry<M>,
    doubt: Doubt,
    result: Awaited<ReturnType<Inquiry<M>['ask']>>,
  ): Answer<M> {
    const answer = answerOf<M>(result);
    const isSilent = answer.kind === 'unanswered' && doubt.asks >= SILENCE && !this.tools.breaker.isOpen;
    const isRefused =
      answer.kind === 'unclear' || (answer.kind === 'unanswered' && answer.quotaMs !== undefined);
    const tells = isSetting && !isRefusal(lastError(doubt)) && (isRefused || isSilent);
    return tells ? { kind: 'repeat-tells', why: answer.why } : answer;
  }

  async #call<M extends Method>(
    method: M,
    inquiry: Inquiry<M>,
    doubt: Doubt,
    given: { token: string; notAfter: number },
  ) {
    const { client, store, timeoutMs, limits } = this.tools;
    const facts = factsOf(store, doubt, requestFromJSON(method, doubt.request));
    const result = await inquiry.ask(facts, {
      client,
      options: { ...given, timeoutMs, onResult: (result, api) => limits.learn(doubt.appid, api, result) },
      versionOfAudit: (auditId) => store.versionOfAudit(doubt.appid, String(auditId)),
      media: () => store.openMedia(doubt.id),
      entrusted: undefined,
      isRepeat: true,
    });
    if (result.kind === 'retryable' && result.cause === 'rate')
      limits.block(doubt.appid, result.error.api, RATE_REST_MS);
    return result;
  }

  /** Waits for both limits in turn; false where that would take too long. */
  async #pace(appid: string, api: string): Promise<boolean> {
    const { limits } = this.tools;
    const turn = limits.turnForAppid(appid, api);
    const waitMs = turn - performance.now();
    if (waitMs > MAX_PACE_MS) return false;
    if (waitMs > 0) await delay(waitMs);
    const place = await limits.reserveForApi(api, 'retry');
    if (place === undefined || limits.untilClaim(place) > MAX_PACE_MS) return false;
    await limits.atTurn(appid, api, turn, place);
    return true;
  }
}

function unclear(why: string) {
  return { kind: 'unclear', why } as const;
}
