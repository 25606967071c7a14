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
import type { Permits } from '../lanes/permits.js';
import type { CircuitBreaker } from '../retrying/circuit-breaker.js';
import type { RetryBudget } from '../retrying/retry-budget.js';
import { MAX_LANE_WAIT_MS } from '../retrying/retry-policy.js';
import { errorMessage } from '../tokens/platform-token.js';
import type { TokenAnswer, TokenSource } from '../tokens/token-source.js';
import { type ActTools, type AttemptResult, act } from './act.js';
import { nextApi } from './preflight.js';
import { type AttemptFacts, isAsWritten, isSettled, settlement } from './settlement.js';

const STORE_RETRY_MS = 1_000;
/** A lane that was sent away looks again, as after its partition was dealt anew. */
const REQUEUE_DELAY_MS = 1;
/** A wait that Postgres names is a little longer here, so that it has passed there. */
const MARGIN_MS = 20;
/** Another worker's call ends long before its claim does, so it is looked for again after that. */
const RECHECK_MS = 1_000;

/** What a runner works with. */
export interface RunnerTools extends ActTools {
  store: Pick<Store, 'claim' | 'settle' | 'settleAndClaim' | 'parkForApi' | 'findOperation'> &
    ActTools['store'];
  backlog: Pick<BacklogStore, 'lookUp' | 'releaseIfEnded'>;
  tokens: TokenSource;
  permits: Permits;
  breaker: Pick<CircuitBreaker, 'isOpen' | 'untilClosed' | 'openWithinMs'>;
  budget: Pick<RetryBudget, 'take'>;
  /** After each settlement was committed. */
  onSettled(row: SettlementWithAudits, settled: Settled): void;
  /** After a settlement that touched no row: another claim, or a person, settled the operation. */
  onFenced(row: SettlementWithAudits): void;
  /** A well-formed command whose operation is not in Postgres; resolves when it is put aside. */
  onUnknown(entry: LaneEntry): Promise<void>;
}

/** A request of this size counts against the bytes that all calls in flight may have together. */
const LARGE_BYTES = 16 * 1024;
const MOST_LARGE_BYTES = 32 * 1024 * 1024;

/** Claim, act, settle: one step with the head of a lane. */
export class AttemptRunner {
  /** A request is in memory from its claim until its call has ended, three times over. */
  readonly #large = new ByteBudget(MOST_LARGE_BYTES);

  constructor(private readonly tools: RunnerTools) {}

  /**
   * Never rejects: where the store is away the step is taken again.
   * @param next the one behind it in its lane, where that may be claimed with this one's settlement.
   */
  async run(entry: LaneEntry, next: () => LaneEntry | undefined = () => undefined): Promise<LaneStep> {
    try {
      const { claimed } = entry;
      const acted = await (claimed === undefined ? this.#step(entry) : this.#goOn(entry, claimed));
      if ('kind' in acted) return acted;
      await this.#giveUp(acted);
      return await this.#settle(entry, acted, next);
    } catch (error) {
      this.tools.onStoreFailure(error);
      return again(STORE_RETRY_MS);
    }
  }

  async #step(entry: LaneEntry): Promise<AttemptResult | LaneStep> {
    if (entry.mayHaveEnded && (await this.#hasEnded(entry))) return DONE;
    if (await this.#parkForQuota(entry)) return DONE;
    entry.dueSince ??= performance.now();
    // Without a slot, while WeChat can't be reached.
    if (!(await this.tools.breaker.untilClosed(entry.appid))) return again(REQUEUE_DELAY_MS);
    const waitMs = this.#budget(entry) || (await this.#pace(entry));
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

  /** With one that was claimed when the one before it was settled. */
  async #goOn(entry: LaneEntry, claimed: Claimed): Promise<AttemptResult | LaneStep> {
    const { permits, onStoreFailure } = this.tools;
    // What is claimed ends in a settlement, whatever fails.
    const token = await this.#token(entry).catch((error: unknown): TokenAnswer => {
      onStoreFailure(error);
      return { kind: 'unavailable', why: 'the token could not be read' };
    });
    entry.claimed = undefined;
    await permits.arrive();
    try {
      return await this.#act(entry, token, claimed);
    } finally {
      permits.give();
    }
  }

  /** A command that comes again takes no reservation, token or permit. */
  async #hasEnded(entry: LaneEntry): Promise<boolean> {
    const { ended } = await this.tools.backlog.lookUp(entry.operationId, entry.appid);
    entry.mayHaveEnded = false;
    return ended;
  }

  /** Where WeChat's quota for the API is used up, the operation waits in Postgres until that is over. */
  async #parkForQuota({ method, operationId, partition }: LaneEntry): Promise<boolean> {
    const { limits, store } = this.tools;
    const { api } = ROOMS[method];
    if (!limits.isStopped(api)) return false;
    const { stopped, parked } = await store.parkForApi(operationId, api, partition);
    if (!stopped) limits.reopen(api);
    return parked;
  }

  /** A retry takes of the budget; at its deadline it goes without, so that none waits for ever. */
  #budget(entry: LaneEntry): number {
    if (entry.retryUntil === undefined) return 0;
    const waitMs = Math.min(this.tools.budget.take(), entry.retryUntil - performance.now());
    if (waitMs > 0) return waitMs;
    entry.retryUntil = undefined;
    return 0;
  }

  /** Passes the two rate limits in turn; how long to wait for the one that holds it up. */
  async #pace(entry: LaneEntry): Promise<number> {
    const { limits } = this.tools;
    const api = nextApi(entry);
    entry.appidReservation ??= limits.reserveForAppid(entry.appid, api);
    const waitMs = limits.msUntilClaim(entry.appidReservation);
    if (waitMs > 0) return waitMs;
    entry.apiReservation ??= await limits.reserveForApi(api, entry.isRetry ? 'retry' : 'first');
    return entry.apiReservation === undefined ? REQUEUE_DELAY_MS : limits.msUntilClaim(entry.apiReservation);
  }

  #token({ appid, refusedToken }: LaneEntry): Promise<TokenAnswer> {
    const { tokens } = this.tools;
    return refusedToken === undefined ? tokens.get(appid) : tokens.refresh(appid, refusedToken);
  }

  /** The slot is for the call alone: the claim is made while others still have it. */
  async #claimAndAct(entry: LaneEntry, token: TokenAnswer): Promise<AttemptResult | LaneStep> {
    const { permits, breaker } = this.tools;
    const claimed = await permits.takeFor(entry.method, async () =>
      breaker.isOpen ? undefined : this.#claim(entry),
    );
    try {
      return claimed === undefined ? heldBack(entry) : await this.#act(entry, token, claimed);
    } finally {
      permits.give();
    }
  }

  async #claim(entry: LaneEntry): Promise<Claimed> {
    const request = this.#claimOf(entry);
    const askedAt = performance.now();
    const claim = await this.tools.store.claim(request);
    return claimedAs(entry, claim, request, askedAt);
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
    // Others hold no more claims than they have calls in flight; looking again takes no turn and no place of anyone's.
    if (claim.kind === 'wait' && claim.operation.state === 'RUNNING')
      return again(Math.min(RECHECK_MS, claim.waitMs + MARGIN_MS));
    const { appidReservation = 0, apiReservation = 0 } = entry;
    entry.appidReservation = undefined;
    entry.apiReservation = undefined;
    if (claim.kind !== 'claimed') return this.#notClaimed(entry, claim);
    const { operation } = claim;
    if (tools.breaker.isOpen)
      return notSent(entry, operation, 'wechatUnavailable', 'WeChat can not be reached');
    await tools.limits.acquireReserved(entry.appid, nextApi(entry), appidReservation, apiReservation);
    const leaseValidFrom = await this.#heldSince(operation, claimed);
    return leaseValidFrom === undefined
      ? notSent(entry, operation, 'internal', 'the worker was held up before the call')
      : act(tools, entry, operation, token, { leaseMs, leaseValidFrom });
  }

  /**
   * Since when its claim holds, so that the call ends within it. One that waited long for its slot or its turn is claimed
   * anew; one whose process was held up (stopped, starved) is not begun: undefined.
   */
  async #heldSince(
    { id, appid, fence }: AttemptResult['operation'],
    { leaseMs, askedAt, answeredAt }: Claimed,
  ): Promise<number | undefined> {
    const { store, leaseMarginMs } = this.tools;
    if (performance.now() - askedAt <= leaseMarginMs) return askedAt;
    if (answeredAt - askedAt > leaseMarginMs) return undefined;
    const renewedAt = performance.now();
    const held = await store
      .snapshot({ id, appid, fence, noted: null, audit: null, leaseMs })
      .catch(() => false);
    return held && performance.now() - renewedAt <= leaseMarginMs ? renewedAt : undefined;
  }

  async #notClaimed(
    entry: LaneEntry,
    claim: Exclude<Claim, { kind: 'claimed' }>,
  ): Promise<AttemptResult | LaneStep> {
    switch (claim.kind) {
      case 'lease-expired':
        return workerLost(entry, claim.operation);
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

  /** Where that can't be written, the next operation finds out anew. */
  async #giveUp({ operation: { appid }, authorizationLost }: AttemptResult): Promise<void> {
    if (authorizationLost === undefined) return;
    const { tokens, onStoreFailure } = this.tools;
    await tokens
      .markNeedsAuthorization?.(appid, authorizationLost.token, errorMessage(authorizationLost.error))
      .catch(onStoreFailure);
  }

  /** Writes what became of it, until Postgres has it: an answer of WeChat's must not be lost. */
  async #settle(
    entry: LaneEntry,
    acted: AttemptResult,
    next: () => LaneEntry | undefined,
  ): Promise<LaneStep> {
    const { operation, verdict } = acted;
    const afterMs = verdict.kind === 'retry' ? verdict.afterMs : 0;
    const parked = verdict.kind === 'retry' && triedForMs(entry) + afterMs > MAX_LANE_WAIT_MS;
    const row = settlement(operation, verdict, endingOf(entry, acted, parked));
    for (let tries = 1; ; tries += 1) {
      try {
        const settled = await this.#write(row, next);
        const found = settled.kind === 'lost' ? await this.tools.store.findOperation(row.id) : undefined;
        // The worker that claimed what is not settled yet may be lost: it is looked at again, and its record is kept.
        if (settled.kind === 'lost' && !(tries > 1 && isAsWritten(row, found))) {
          this.tools.onFenced(row);
          return isSettled(found) ? DONE : again(RECHECK_MS);
        }
        this.tools.onSettled(row, settled);
        return row.state === 'RETRYING' && !parked ? again(afterMs) : DONE;
      } catch (error) {
        this.tools.onStoreFailure(error);
        await delay(STORE_RETRY_MS);
        // A result that no column can hold: what can be said is written instead.
        if (isDataFault(error) && !acted.unstorable)
          return this.#settle(entry, unwritable(entry, acted), next);
      }
    }
  }

  /** Writes it, and claims the next of the lane in the same transaction where that need not wait for anything. */
  async #write(row: SettlementWithAudits, next: () => LaneEntry | undefined): Promise<Settled> {
    const { store, permits } = this.tools;
    const entry = row.endedAt === null || row.auditEffect !== null ? undefined : next();
    if (entry === undefined || !this.#mayGoOn(entry)) return store.settle(row);
    const request = this.#claimOf(entry);
    const askedAt = performance.now();
    entry.isClaiming = true;
    try {
      const { settled, claim } = await store.settleAndClaim({ settlement: row, claim: request });
      entry.claimed = claimedAs(entry, claim, request, askedAt);
      return settled;
    } catch (error) {
      permits.leave();
      if (isUnavailable(error)) throw error;
      // It may be the claim that was refused: what became of this one is not to suffer for it.
      return store.settle(row);
    } finally {
      entry.isClaiming = false;
    }
  }

  /** Whether its claim and its call need no turn, no budget, no bytes and no slot of those who wait for one. */
  #mayGoOn(entry: LaneEntry): boolean {
    const { breaker, limits, permits } = this.tools;
    if (breaker.isOpen || entry.retryUntil !== undefined || entry.appidReservation !== undefined)
      return false;
    if (entry.requestBytes >= LARGE_BYTES) return false;
    if (limits.isStopped(ROOMS[entry.method].api) || !permits.approachAlone()) return false;
    const goes = limits.tryAcquire(entry.appid, nextApi(entry));
    if (!goes) permits.leave();
    else entry.appidReservation = entry.apiReservation = performance.now();
    return goes;
  }
}

function claimedAs(entry: LaneEntry, claim: Claim, { leaseMs }: ClaimRequest, askedAt: number): Claimed {
  entry.claimKey = undefined;
  const answeredAt = performance.now();
  if (claim.kind === 'claimed') {
    if (entry.firstClaimedAt === undefined) entry.firstClaimedAt = answeredAt;
    else entry.throttledMs += answeredAt - (entry.dueSince ?? answeredAt);
    entry.dueSince = undefined;
    entry.isRetry = true;
  }
  return { claim, leaseMs, askedAt, answeredAt };
}

const DONE: LaneStep = { kind: 'done' };

function again(ms: number): LaneStep {
  return { kind: 'again', afterMs: Math.max(0, ms) };
}

/** How long it was tried in this lane, without what it waited for our own limits. */
function triedForMs({ firstClaimedAt, throttledMs }: LaneEntry): number {
  return firstClaimedAt === undefined ? 0 : performance.now() - firstClaimedAt - throttledMs;
}

/** WeChat went away while the lane waited for a slot: its turn under the rate limits will be over. */
function heldBack(entry: LaneEntry): LaneStep {
  entry.appidReservation = undefined;
  entry.apiReservation = undefined;
  return again(REQUEUE_DELAY_MS);
}

function notSent(
  { method }: LaneEntry,
  operation: AttemptResult['operation'],
  fault: 'wechatUnavailable' | 'internal',
  why: string,
): AttemptResult {
  const error = serviceError(fault, why, ROOMS[method].api);
  return { operation, verdict: { kind: 'retry', error, afterMs: 0 }, sent: false };
}

/** What is noted before a call is written before it is sent: without it, nothing was. */
function workerLost({ method }: LaneEntry, operation: AttemptResult['operation']): AttemptResult {
  const error = serviceError('workerLost', 'the worker ended in the middle of the call', ROOMS[method].api);
  const isSent = reconciliationOf(method)?.snapshot === undefined || operation.noted !== null;
  return isSent
    ? { operation, verdict: { kind: 'in-doubt', error }, sent: true, mayHaveActed: true }
    : { operation, verdict: { kind: 'retry', error, afterMs: 0 }, sent: false };
}

function endingOf(
  entry: LaneEntry,
  { operation, sent, mayHaveActed = false, reconcileInMs = 0, sentAt }: AttemptResult,
  parked: boolean,
): AttemptFacts {
  const negativeReads = sent ? 0 : Math.max(entry.negativeReads, operation.negativeReads);
  return { sent, mayHaveActed, askInMs: reconcileInMs, negativeReads, sentAt, now: new Date(), parked };
}

/** A change that this or an earlier try may have done is in doubt. Whatever else could not be written has failed. */
function unwritable({ method }: LaneEntry, acted: AttemptResult): AttemptResult {
  const error = serviceError('internal', 'what came of it could not be stored', ROOMS[method].api);
  const mayHaveActed = acted.sent || acted.mayHaveActed === true || acted.operation.mayHaveActed;
  const kind = acted.operation.isChange && mayHaveActed ? 'in-doubt' : 'failed';
  return { ...acted, verdict: { kind, error }, mayHaveActed, unstorable: true };
}
