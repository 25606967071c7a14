import type { Claim } from '@wxa/operations';
import { ByteBudget, LARGE_BYTES } from '../lanes/byte-budget.js';
import {
  apiOf,
  type Claimed,
  type ClaimWait,
  claimedState,
  type LaneEntry,
  throttled,
  transition,
} from '../lanes/lane-entry.js';
import { again, DONE, type LaneStep } from '../lanes/lanes.js';
import { STATES } from '../settle/settlement.js';
import { contextOf } from '../spans.js';
import { stopOf } from '../throttle/platform-limits.js';
import { errorMessage, PROCESS_STALLED } from '../tokens/platform-token.js';
import type { TokenAnswer } from '../tokens/token-source.js';
import { type AttemptResult, act, afterWorkerLoss, notSent } from './call.js';
import { AttemptSettler, claimedAs, claimOf, leaseValidFrom } from './claim-and-settle.js';
import { nextApi } from './preflight.js';
import type { RunnerTools } from './runner-tools.js';

const STORE_RETRY_MS = 1_000;
/** Delay after which a released waiter tries again, as after a rebalance. */
const REQUEUE_DELAY_MS = 1;
/** Added to a wait that Postgres returned, so that it has passed by Postgres's clock. */
const MARGIN_MS = 20;
/** Another worker's call usually ends long before its lease expires. */
const RECHECK_MS = 1_000;

/** All large requests in flight together. */
const MAX_LARGE_BYTES = 32 * 1024 * 1024;

/** Claim, act, settle: one step of the head of a lane. */
export class AttemptRunner {
  /** A request is in memory three times from its claim until its call has ended. */
  readonly #large = new ByteBudget(MAX_LARGE_BYTES);

  readonly #settler: AttemptSettler;

  constructor(private readonly tools: RunnerTools) {
    this.#settler = new AttemptSettler(tools);
  }

  /**
   * Never rejects: the step is retried if the store is unavailable.
   * @param next returns the next entry of the lane if it may be claimed with this one's settlement.
   */
  async run(entry: LaneEntry, next: () => LaneEntry | undefined = () => undefined): Promise<LaneStep> {
    const step = await this.#attempt(entry, next);
    const { progress } = entry.state;
    transition(entry, step.kind === 'done' ? { kind: 'done', progress } : throttled(entry));
    return step;
  }

  async #attempt(entry: LaneEntry, next: () => LaneEntry | undefined): Promise<LaneStep> {
    try {
      const { state } = entry;
      const claimed = state.kind === 'chained' ? state.claimed : undefined;
      const result = await (claimed === undefined ? this.#step(entry) : this.#actOnClaimed(entry, claimed));
      if ('kind' in result) return result;
      const { progress } = entry.state;
      transition(entry, { kind: 'settling', progress, retryUntil: result.retryUntil });
      await this.#markAuthorizationLost(result);
      return await this.#settle(entry, result, next);
    } catch (error) {
      this.tools.onStoreFailure(error);
      return again(STORE_RETRY_MS);
    }
  }

  /** Its event continues the trace of the processing, so that its publication appears below it. */
  async #settle(
    entry: LaneEntry,
    result: AttemptResult,
    next: () => LaneEntry | undefined,
  ): Promise<LaneStep> {
    const span = this.tools.spans?.of(entry);
    if (span === undefined) return this.#settler.settle(entry, result, next);
    const { operation, decision } = result;
    const settling = this.tools.spans?.settle(span, STATES[decision.kind], operation.fence);
    const traced = { ...result, operation: { ...operation, ...contextOf(span) } };
    return this.#settler.settle(entry, traced, next).finally(() => settling?.end());
  }

  async #step(entry: LaneEntry): Promise<AttemptResult | LaneStep> {
    const waiting = throttled(entry);
    const { wait } = waiting;
    transition(entry, waiting);
    if (entry.memory.mayHaveEnded && (await this.#hasEnded(entry))) return DONE;
    if (await this.#delayForStop(entry)) return DONE;
    if (wait.dueSince === undefined) {
      this.tools.spans?.of(entry)?.addEvent('head of lane');
      wait.dueSince = performance.now();
    }
    // No permit is held while the circuit breaker is open.
    if (!(await this.tools.breaker.untilClosed(entry.appid))) return again(REQUEUE_DELAY_MS);
    const waitMs = this.#takeFromBudget(wait) || (await this.#reserve(entry, wait));
    if (waitMs > 0) return again(waitMs);
    const token = await this.#token(entry);
    if (entry.requestBytes < LARGE_BYTES) return this.#claimAndAct(entry, wait, token);
    await this.#large.take(entry.requestBytes);
    try {
      return await this.#claimAndAct(entry, wait, token);
    } finally {
      this.#large.give(entry.requestBytes);
    }
  }

  /** Acts on an entry that was claimed, and got its permit, with the settlement before it. */
  async #actOnClaimed(entry: LaneEntry, claimed: Claimed): Promise<AttemptResult | LaneStep> {
    const { permits, onStoreFailure } = this.tools;
    // A claimed operation must reach a settlement, whatever fails.
    const token = await this.#token(entry).catch((error: unknown): TokenAnswer => {
      onStoreFailure(error);
      return { kind: 'unavailable', why: 'failed to read the token' };
    });
    try {
      return await this.#act(entry, token, claimed);
    } finally {
      permits.give();
    }
  }

  /** A redelivered command must not take a reservation, token or permit. */
  async #hasEnded(entry: LaneEntry): Promise<boolean> {
    const { ended } = await this.tools.backlog.lookUp({ id: entry.operationId, appid: entry.appid });
    entry.memory.mayHaveEnded = false;
    return ended;
  }

  /** While the API is stopped, the operation is delayed in Postgres. */
  async #delayForStop(entry: LaneEntry): Promise<boolean> {
    const { operationId: id, partition } = entry;
    const { limits, store } = this.tools;
    const stop = stopOf(limits.platform, entry.method, apiOf(entry));
    if (stop === undefined) return false;
    const { api } = stop;
    const { stopped, delayed } = await store.operations.delayForApi({ id, api, partition });
    if (!stopped) limits.platform.reopen(api);
    return delayed;
  }

  /** The wait for the retry budget; a retry at its deadline needs none, so that no retry waits without limit. */
  #takeFromBudget(wait: ClaimWait): number {
    if (wait.retryUntil === undefined) return 0;
    const waitMs = Math.min(this.tools.budget.take(), wait.retryUntil - performance.now());
    if (waitMs > 0) return waitMs;
    wait.retryUntil = undefined;
    return 0;
  }

  /** Takes the two reservations in turn; returns how long to wait for the one that is not due yet. */
  async #reserve(entry: LaneEntry, wait: ClaimWait): Promise<number> {
    const { limits, spans } = this.tools;
    const api = nextApi(entry);
    wait.forAppid ??= limits.reserveForAppid(entry.appid, api);
    const waitMs = limits.msUntilClaim(wait.forAppid);
    if (waitMs > 0) {
      spans?.of(entry)?.addEvent('waiting for rate limit');
      return waitMs;
    }
    wait.forApi ??= await limits.platform.reserve(api, entry.state.progress.isRetry ? 'retry' : 'first');
    return wait.forApi === undefined ? REQUEUE_DELAY_MS : limits.msUntilClaim(wait.forApi);
  }

  #token({ appid, memory: { rejectedToken } }: LaneEntry): Promise<TokenAnswer> {
    const { tokens } = this.tools;
    return rejectedToken === undefined ? tokens.get(appid) : tokens.refresh(appid, rejectedToken);
  }

  /** The permit covers the call alone: the claim is made while other calls still hold all permits. */
  async #claimAndAct(
    entry: LaneEntry,
    wait: ClaimWait,
    token: TokenAnswer,
  ): Promise<AttemptResult | LaneStep> {
    const { permits, breaker } = this.tools;
    transition(entry, { kind: 'acquiring', progress: entry.state.progress, wait });
    const claimed = await permits.takeFor(entry.method, async () =>
      breaker.isOpen ? undefined : this.#claim(entry, wait),
    );
    try {
      if (claimed !== undefined) return await this.#act(entry, token, claimed);
      // The breaker opened while the lane waited for a permit: its reservations will have passed.
      useReservations(wait);
      return again(REQUEUE_DELAY_MS);
    } finally {
      permits.give();
    }
  }

  async #claim(entry: LaneEntry, wait: ClaimWait): Promise<Claimed> {
    const request = claimOf(this.tools, entry, wait);
    const requestedAt = performance.now();
    const claim = await this.tools.store.operations.claim(request);
    return claimedAs(wait, claim, request, requestedAt);
  }

  async #act(entry: LaneEntry, token: TokenAnswer, claimed: Claimed): Promise<AttemptResult | LaneStep> {
    const { tools } = this;
    const { claim, leaseMs } = claimed;
    // It keeps its reservations: rechecking another worker's call uses none.
    if (claim.kind === 'wait' && claim.operation.state === 'RUNNING')
      return again(Math.min(RECHECK_MS, claim.waitMs + MARGIN_MS));
    const { forAppid = 0, forApi = 0 } = 'wait' in entry.state ? useReservations(entry.state.wait) : {};
    if (claim.kind !== 'claimed') return this.#notClaimed(entry, claim);
    transition(entry, claimedState(entry, claimed));
    const { operation } = claim;
    tools.spans?.claimed(entry, operation);
    if (tools.breaker.isOpen) return notSent(entry, operation, 'wechatUnavailable', 'WeChat is unavailable');
    await tools.limits.acquireReserved(entry.appid, nextApi(entry), forAppid, forApi);
    const validFrom = await leaseValidFrom(tools, operation, claimed);
    return validFrom === undefined
      ? notSent(entry, operation, 'internal', PROCESS_STALLED)
      : act(tools, entry, operation, token, { ms: leaseMs, validFrom });
  }

  async #notClaimed(
    entry: LaneEntry,
    claim: Exclude<Claim, { kind: 'claimed' }>,
  ): Promise<AttemptResult | LaneStep> {
    switch (claim.kind) {
      case 'lease-expired':
        return afterWorkerLoss(entry, claim.operation);
      case 'wait':
        return again(Math.max(0, claim.waitMs) + MARGIN_MS);
      case 'blocked':
        return (await this.tools.backlog.releaseIfEnded(entry.operationId)) ? again(0) : DONE;
      case 'unknown':
        await this.tools.onUnknown(entry);
        return DONE;
      default:
        return DONE;
    }
  }

  /** If the write fails, WeChat rejects the next operation too, which then marks it. */
  async #markAuthorizationLost({ operation: { appid }, authorizationLost }: AttemptResult): Promise<void> {
    if (authorizationLost === undefined) return;
    const { tokens, onStoreFailure } = this.tools;
    await tokens
      .markNeedsAuthorization?.(appid, authorizationLost.token, errorMessage(authorizationLost.error))
      .catch(onStoreFailure);
  }
}

/** The reservations of an entry, which has none afterwards. */
function useReservations(wait: ClaimWait): Pick<ClaimWait, 'forAppid' | 'forApi'> {
  const { forAppid, forApi } = wait;
  wait.forAppid = undefined;
  wait.forApi = undefined;
  return { forAppid, forApi };
}
