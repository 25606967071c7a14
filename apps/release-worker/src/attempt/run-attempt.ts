import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { ROOMS, reconciliationOf, serviceError } from '@wxa/methods';
import {
  type BacklogStore,
  type Claim,
  type ClaimRequest,
  isDataFault,
  isUnavailable,
  type Settled,
  type SettlementWithAudits,
  type Store,
} from '@wxa/store';
import { ByteBudget } from '../lanes/byte-budget.js';
import type { Claimed, LaneEntry } from '../lanes/lane-entry.js';
import type { LaneStep } from '../lanes/lanes.js';
import { type AttemptFacts, isAsWritten, isSettled, settlement } from '../settle/settlement.js';
import type { Permits } from '../throttle/permits.js';
import type { RetryBudget } from '../throttle/retry-budget.js';
import { MAX_LANE_WAIT_MS } from '../throttle/retry-policy.js';
import { errorMessage, PROCESS_STALLED } from '../tokens/platform-token.js';
import type { TokenAnswer, TokenSource } from '../tokens/token-source.js';
import type { CircuitBreaker } from '../wechat/circuit-breaker.js';
import { type AttemptResult, act } from './call.js';
import type { CallTools } from './call-tools.js';
import { nextApi } from './preflight.js';

const STORE_RETRY_MS = 1_000;
/** Delay after which a released waiter tries again, as after a rebalance. */
const REQUEUE_DELAY_MS = 1;
/** Added to a wait that Postgres returned, so that it has passed by Postgres's clock. */
const MARGIN_MS = 20;
/** Another worker's call usually ends long before its lease expires. */
const RECHECK_MS = 1_000;

export interface RunnerTools extends CallTools {
  store: Pick<Store, 'claim' | 'settle' | 'settleAndClaim' | 'parkForApi' | 'findOperation'> &
    CallTools['store'];
  backlog: Pick<BacklogStore, 'lookUp' | 'releaseIfEnded'>;
  tokens: TokenSource;
  permits: Permits;
  breaker: Pick<CircuitBreaker, 'isOpen' | 'untilClosed' | 'openWithinMs'>;
  budget: Pick<RetryBudget, 'take'>;
  /** After each settlement was committed. */
  onSettled(row: SettlementWithAudits, settled: Settled): void;
  /** After a fenced settlement: another claim or an operator settled the operation. */
  onFenced(row: SettlementWithAudits): void;
  /** A well-formed command whose operation is not in Postgres; resolves once it is dead-lettered. */
  onUnknown(entry: LaneEntry): Promise<void>;
}

/** Requests of at least this size share a byte budget while they are in flight. */
const LARGE_BYTES = 16 * 1024;
const MAX_LARGE_BYTES = 32 * 1024 * 1024;

/** Claim, act, settle: one step of the head of a lane. */
export class AttemptRunner {
  /** A request is in memory three times from its claim until its call has ended. */
  readonly #large = new ByteBudget(MAX_LARGE_BYTES);

  constructor(private readonly tools: RunnerTools) {}

  /**
   * Never rejects: the step is retried if the store is unavailable.
   * @param next returns the next entry of the lane if it may be claimed with this one's settlement.
   */
  async run(entry: LaneEntry, next: () => LaneEntry | undefined = () => undefined): Promise<LaneStep> {
    try {
      const { claimed } = entry;
      const result = await (claimed === undefined ? this.#step(entry) : this.#actOnClaimed(entry, claimed));
      if ('kind' in result) return result;
      await this.#markAuthorizationLost(result);
      return await this.#settle(entry, result, next);
    } catch (error) {
      this.tools.onStoreFailure(error);
      return again(STORE_RETRY_MS);
    }
  }

  async #step(entry: LaneEntry): Promise<AttemptResult | LaneStep> {
    if (entry.mayHaveEnded && (await this.#hasEnded(entry))) return DONE;
    if (await this.#parkForQuota(entry)) return DONE;
    entry.dueSince ??= performance.now();
    // No permit is held while the circuit breaker is open.
    if (!(await this.tools.breaker.untilClosed(entry.appid))) return again(REQUEUE_DELAY_MS);
    const waitMs = this.#takeFromBudget(entry) || (await this.#reserve(entry));
    if (waitMs > 0) return again(waitMs);
    const token = await this.#token(entry);
    if (entry.requestBytes < LARGE_BYTES) return this.#claimAndAct(entry, token);
    await this.#large.take(entry.requestBytes);
    try {
      return await this.#claimAndAct(entry, token);
    } finally {
      this.#large.give(entry.requestBytes);
    }
  }

  /** Acts on an entry that was claimed with the settlement before it. */
  async #actOnClaimed(entry: LaneEntry, claimed: Claimed): Promise<AttemptResult | LaneStep> {
    const { permits, onStoreFailure } = this.tools;
    // A claimed operation must reach a settlement, whatever fails.
    const token = await this.#token(entry).catch((error: unknown): TokenAnswer => {
      onStoreFailure(error);
      return { kind: 'unavailable', why: 'failed to read the token' };
    });
    entry.claimed = undefined;
    await permits.arrive();
    try {
      return await this.#act(entry, token, claimed);
    } finally {
      permits.give();
    }
  }

  /** A redelivered command must not take a reservation, token or permit. */
  async #hasEnded(entry: LaneEntry): Promise<boolean> {
    const { ended } = await this.tools.backlog.lookUp(entry.operationId, entry.appid);
    entry.mayHaveEnded = false;
    return ended;
  }

  /** If WeChat's quota for the API is exhausted, the operation is delayed in Postgres until it resets. */
  async #parkForQuota({ method, operationId, partition }: LaneEntry): Promise<boolean> {
    const { limits, store } = this.tools;
    const { api } = ROOMS[method];
    if (!limits.isStopped(api)) return false;
    const { stopped, parked } = await store.parkForApi(operationId, api, partition);
    if (!stopped) limits.reopen(api);
    return parked;
  }

  /** The wait for the retry budget; a retry at its deadline needs none, so that no retry waits without limit. */
  #takeFromBudget(entry: LaneEntry): number {
    if (entry.retryUntil === undefined) return 0;
    const waitMs = Math.min(this.tools.budget.take(), entry.retryUntil - performance.now());
    if (waitMs > 0) return waitMs;
    entry.retryUntil = undefined;
    return 0;
  }

  /** Takes the two reservations in turn; returns how long to wait for the one that is not due yet. */
  async #reserve(entry: LaneEntry): Promise<number> {
    const { limits } = this.tools;
    const api = nextApi(entry);
    entry.appidReservation ??= limits.reserveForAppid(entry.appid, api);
    const waitMs = limits.msUntilClaim(entry.appidReservation);
    if (waitMs > 0) return waitMs;
    entry.apiReservation ??= await limits.reserveForApi(api, entry.isRetry ? 'retry' : 'first');
    return entry.apiReservation === undefined ? REQUEUE_DELAY_MS : limits.msUntilClaim(entry.apiReservation);
  }

  #token({ appid, rejectedToken }: LaneEntry): Promise<TokenAnswer> {
    const { tokens } = this.tools;
    return rejectedToken === undefined ? tokens.get(appid) : tokens.refresh(appid, rejectedToken);
  }

  /** The permit covers the call alone: the claim is made while other calls still hold all permits. */
  async #claimAndAct(entry: LaneEntry, token: TokenAnswer): Promise<AttemptResult | LaneStep> {
    const { permits, breaker } = this.tools;
    const claimed = await permits.takeFor(entry.method, async () =>
      breaker.isOpen ? undefined : this.#claim(entry),
    );
    try {
      return claimed === undefined ? withoutReservation(entry) : await this.#act(entry, token, claimed);
    } finally {
      permits.give();
    }
  }

  async #claim(entry: LaneEntry): Promise<Claimed> {
    const request = this.#claimOf(entry);
    const requestedAt = performance.now();
    const claim = await this.tools.store.claim(request);
    return claimedAs(entry, claim, request, requestedAt);
  }

  #claimOf(entry: LaneEntry): ClaimRequest {
    const longestMs = this.tools.timeoutMs * ROOMS[entry.method].timeoutFactor;
    const dueForMs = entry.dueSince === undefined ? 0 : performance.now() - entry.dueSince;
    entry.claimKey ??= randomUUID();
    entry.claimNumber += 1;
    return {
      id: entry.operationId,
      appid: entry.appid,
      partition: entry.partition,
      requestBytes: entry.requestBytes,
      openMs: dueForMs > 0 ? this.tools.breaker.openWithinMs(dueForMs) : 0,
      leaseMs: longestMs + this.tools.leaseMarginMs,
      key: entry.claimKey,
      number: entry.claimNumber,
    };
  }

  async #act(entry: LaneEntry, token: TokenAnswer, claimed: Claimed): Promise<AttemptResult | LaneStep> {
    const { tools } = this;
    const { claim, leaseMs } = claimed;
    // It keeps its reservations: rechecking another worker's call uses none.
    if (claim.kind === 'wait' && claim.operation.state === 'RUNNING')
      return again(Math.min(RECHECK_MS, claim.waitMs + MARGIN_MS));
    const { appidReservation = 0, apiReservation = 0 } = entry;
    entry.appidReservation = undefined;
    entry.apiReservation = undefined;
    if (claim.kind !== 'claimed') return this.#notClaimed(entry, claim);
    const { operation } = claim;
    if (tools.breaker.isOpen) return notSent(entry, operation, 'wechatUnavailable', 'WeChat is unavailable');
    await tools.limits.acquireReserved(entry.appid, nextApi(entry), appidReservation, apiReservation);
    const leaseValidFrom = await this.#leaseValidFrom(operation, claimed);
    return leaseValidFrom === undefined
      ? notSent(entry, operation, 'internal', PROCESS_STALLED)
      : act(tools, entry, operation, token, { leaseMs, leaseValidFrom });
  }

  /**
   * The start of the lease, so that the call ends within it. The lease is renewed after a long wait for a permit or
   * reservation. Undefined if the process stalled (stopped, starved): nothing is sent then.
   */
  async #leaseValidFrom(
    { id, appid, fence }: AttemptResult['operation'],
    { leaseMs, requestedAt, answeredAt }: Claimed,
  ): Promise<number | undefined> {
    const { store, leaseMarginMs } = this.tools;
    if (performance.now() - requestedAt <= leaseMarginMs) return requestedAt;
    if (answeredAt - requestedAt > leaseMarginMs) return undefined;
    const renewedAt = performance.now();
    const isRenewed = await store
      .snapshot({ id, appid, fence, noted: null, audit: null, leaseMs })
      .catch(() => false);
    return isRenewed && performance.now() - renewedAt <= leaseMarginMs ? renewedAt : undefined;
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

  /** Writes the result until Postgres stores it: a response of WeChat's must not be lost. */
  async #settle(
    entry: LaneEntry,
    result: AttemptResult,
    next: () => LaneEntry | undefined,
  ): Promise<LaneStep> {
    const { operation, decision } = result;
    const afterMs = decision.kind === 'retry' ? decision.afterMs : 0;
    const parked = decision.kind === 'retry' && attemptedForMs(entry) + afterMs > MAX_LANE_WAIT_MS;
    const row = settlement(operation, decision, factsOf(entry, result, parked));
    for (let writes = 1; ; writes += 1) {
      try {
        const settled = await this.#write(row, next);
        const found = settled.kind === 'lost' ? await this.tools.store.findOperation(row.id) : undefined;
        // The worker with the newer claim may be lost: an unsettled operation is rechecked, and its record is kept.
        if (settled.kind === 'lost' && !(writes > 1 && isAsWritten(row, found))) {
          this.tools.onFenced(row);
          return isSettled(found) ? DONE : again(RECHECK_MS);
        }
        this.tools.onSettled(row, settled);
        return row.state === 'RETRYING' && !parked ? again(afterMs) : DONE;
      } catch (error) {
        this.tools.onStoreFailure(error);
        await delay(STORE_RETRY_MS);
        // No column can hold the result: an error is stored instead.
        if (isDataFault(error) && !result.unstorable)
          return this.#settle(entry, unstorable(entry, result), next);
      }
    }
  }

  /** Writes the settlement, and claims the next entry of the lane in the same transaction if that need not wait. */
  async #write(row: SettlementWithAudits, next: () => LaneEntry | undefined): Promise<Settled> {
    const { store, permits } = this.tools;
    const entry = row.endedAt === null || row.auditEffect !== null ? undefined : next();
    if (entry === undefined || !this.#canClaimNext(entry)) return store.settle(row);
    const request = this.#claimOf(entry);
    const requestedAt = performance.now();
    entry.isClaiming = true;
    try {
      const { settled, claim } = await store.settleAndClaim({ settlement: row, claim: request });
      entry.claimed = claimedAs(entry, claim, request, requestedAt);
      return settled;
    } catch (error) {
      permits.leave();
      if (isUnavailable(error)) throw error;
      // Postgres may have rejected the claim: the settlement is written without it.
      return store.settle(row);
    } finally {
      entry.isClaiming = false;
    }
  }

  /** Whether the entry needs no wait and takes no permit or budget from others that wait for one. */
  #canClaimNext(entry: LaneEntry): boolean {
    const { breaker, limits, permits } = this.tools;
    if (breaker.isOpen || entry.retryUntil !== undefined || entry.appidReservation !== undefined)
      return false;
    if (entry.requestBytes >= LARGE_BYTES) return false;
    if (limits.isStopped(ROOMS[entry.method].api) || !permits.approachAlone()) return false;
    const isAcquired = limits.tryAcquire(entry.appid, nextApi(entry));
    if (!isAcquired) permits.leave();
    else entry.appidReservation = entry.apiReservation = performance.now();
    return isAcquired;
  }
}

function claimedAs(entry: LaneEntry, claim: Claim, { leaseMs }: ClaimRequest, requestedAt: number): Claimed {
  entry.claimKey = undefined;
  const answeredAt = performance.now();
  if (claim.kind === 'claimed') {
    if (entry.firstClaimedAt === undefined) entry.firstClaimedAt = answeredAt;
    else entry.throttledMs += answeredAt - (entry.dueSince ?? answeredAt);
    entry.dueSince = undefined;
    entry.isRetry = true;
  }
  return { claim, leaseMs, requestedAt, answeredAt };
}

const DONE: LaneStep = { kind: 'done' };

function again(ms: number): LaneStep {
  return { kind: 'again', afterMs: Math.max(0, ms) };
}

/** Time since the first claim in this lane, without the time throttled by our own limits. */
function attemptedForMs({ firstClaimedAt, throttledMs }: LaneEntry): number {
  return firstClaimedAt === undefined ? 0 : performance.now() - firstClaimedAt - throttledMs;
}

/** The breaker opened while the lane waited for a permit: its reservations will have passed. */
function withoutReservation(entry: LaneEntry): LaneStep {
  entry.appidReservation = undefined;
  entry.apiReservation = undefined;
  return again(REQUEUE_DELAY_MS);
}

function notSent(
  { method }: LaneEntry,
  operation: AttemptResult['operation'],
  name: 'wechatUnavailable' | 'internal',
  why: string,
): AttemptResult {
  const error = serviceError(name, why, ROOMS[method].api);
  return { operation, decision: { kind: 'retry', error, afterMs: 0 }, sent: false };
}

/** The snapshot is stored before the call is sent: without it, nothing was sent. */
function afterWorkerLoss({ method }: LaneEntry, operation: AttemptResult['operation']): AttemptResult {
  const error = serviceError('workerLost', 'worker lost during the call', ROOMS[method].api);
  const isSent = reconciliationOf(method)?.snapshot === undefined || operation.noted !== null;
  return isSent
    ? { operation, decision: { kind: 'in-doubt', error }, sent: true, mayHaveActed: true }
    : { operation, decision: { kind: 'retry', error, afterMs: 0 }, sent: false };
}

function factsOf(
  entry: LaneEntry,
  { operation, sent, mayHaveActed = false, reconcileInMs = 0, sentAt }: AttemptResult,
  parked: boolean,
): AttemptFacts {
  const negativeReads = sent ? 0 : Math.max(entry.negativeReads, operation.negativeReads);
  return { sent, mayHaveActed, askInMs: reconcileInMs, negativeReads, sentAt, now: new Date(), parked };
}

/** A change that this or an earlier attempt may have executed is in doubt; anything else has failed. */
function unstorable({ method }: LaneEntry, result: AttemptResult): AttemptResult {
  const error = serviceError('internal', 'failed to store the result', ROOMS[method].api);
  const mayHaveActed = result.sent || result.mayHaveActed === true || result.operation.mayHaveActed;
  const kind = result.operation.isChange && mayHaveActed ? 'in-doubt' : 'failed';
  return { ...result, decision: { kind, error }, mayHaveActed, unstorable: true };
}
