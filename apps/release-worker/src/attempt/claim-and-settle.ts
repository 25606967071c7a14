import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { METHODS } from '@wxa/contracts';
import { ROOMS, serviceError } from '@wxa/methods';
import type {
  Claim,
  ClaimedOperation,
  ClaimRequest,
  Settled,
  SettlementWithAudits,
  StoredOperation,
} from '@wxa/operations';
import { isDataFault, isUnavailable } from '@wxa/postgres';
import { LARGE_BYTES } from '../lanes/byte-budget.js';
import {
  apiOf,
  type Claimed,
  type ClaimWait,
  type LaneEntry,
  throttled,
  transition,
} from '../lanes/lane-entry.js';
import { again, DONE, type LaneStep } from '../lanes/lanes.js';
import { observeStart } from '../metrics.js';
import { resultUnknown } from '../settle/attempt-errors.js';
import { type AttemptFacts, settlement } from '../settle/settlement.js';
import { MANY_CLAIMS } from '../throttle/permits.js';
import { stopOf } from '../throttle/platform-limits.js';
import type { AttemptResult } from './call.js';
import { nextApi } from './preflight.js';
import type { RunnerTools } from './runner-tools.js';

type ClaimTools = Pick<RunnerTools, 'timeoutMs' | 'leaseMarginMs' | 'breaker' | 'store'>;

/** The request for an entry's claim: asked again with the same key until it is answered. */
export function claimOf(
  { timeoutMs, leaseMarginMs, breaker }: ClaimTools,
  entry: LaneEntry,
  wait: ClaimWait,
): ClaimRequest {
  const longestMs = timeoutMs * ROOMS[entry.method].timeoutFactor;
  const dueForMs = wait.dueSince === undefined ? 0 : performance.now() - wait.dueSince;
  wait.claim ??= { key: randomUUID(), number: 0 };
  wait.claim.number += 1;
  return {
    id: entry.operationId,
    appid: entry.appid,
    isChange: METHODS[entry.method].kind === 'change',
    partition: entry.partition,
    requestBytes: entry.requestBytes,
    openMs: dueForMs > 0 ? breaker.openWithinMs(dueForMs) : 0,
    leaseMs: longestMs + leaseMarginMs,
    ...wait.claim,
  };
}

/** The answer to a claim: the next one has another key. */
export function claimedAs(
  wait: ClaimWait,
  claim: Claim,
  { leaseMs }: ClaimRequest,
  requestedAt: number,
): Claimed {
  wait.claim = undefined;
  if (claim.kind === 'claimed') observeStart(claim.operation);
  return { claim, leaseMs, requestedAt, answeredAt: performance.now() };
}

/**
 * The start of the lease, so that the call ends within it. The lease is renewed after a long wait for a permit or
 * reservation. Undefined if the process stalled (stopped, starved): nothing is sent then.
 */
export async function leaseValidFrom(
  { store, leaseMarginMs }: ClaimTools,
  { id, appid, fence, claimKey }: AttemptResult['operation'],
  { leaseMs, requestedAt, answeredAt }: Claimed,
): Promise<number | undefined> {
  if (performance.now() - requestedAt <= leaseMarginMs) return requestedAt;
  if (answeredAt - requestedAt > leaseMarginMs) return undefined;
  const renewedAt = performance.now();
  const isRenewed = await store.operations
    .snapshot({ id, appid, fence, claimKey, values: null, audit: null, leaseMs })
    .catch(() => false);
  return isRenewed && performance.now() - renewedAt <= leaseMarginMs ? renewedAt : undefined;
}

/** Longer delays are spent in Postgres, so that no Kafka offset stays uncommitted for longer. */
const MAX_LANE_WAIT_MS = 30_000;
const STORE_RETRY_MS = 1_000;
/** Another worker's call usually ends long before its lease expires. */
const RECHECK_MS = 1_000;

/** Writes the results of attempts, with the claim of the lane's next entry if that need not wait. */
export class AttemptSettler {
  /** Settlements in progress that claim the next entry. */
  #chaining = 0;

  constructor(private readonly tools: RunnerTools) {}

  /** Writes the result until Postgres stores it: a response of WeChat's must not be lost. */
  async settle(
    entry: LaneEntry,
    result: AttemptResult,
    next: () => LaneEntry | undefined,
  ): Promise<LaneStep> {
    const { operation, decision } = result;
    const afterMs = decision.kind === 'retry' ? decision.afterMs : 0;
    const delayed = decision.kind === 'retry' && attemptedForMs(entry) + afterMs > MAX_LANE_WAIT_MS;
    const made = settlement(operation, decision, factsOf(entry, result, delayed));
    for (let writes = 1; ; writes += 1) {
      // Each time: Postgres may have failed over since the last one.
      const row = this.#verified(made);
      try {
        const settled = await this.#write(row, next);
        const found = settled.kind === 'lost' ? await this.tools.store.operations.find(row.id) : undefined;
        // The worker with the newer claim may be lost: an unsettled operation is rechecked, and its record is kept.
        if (settled.kind === 'lost' && !(writes > 1 && isAsWritten(row, found))) {
          if (!(await settleForgotten(this.tools, row, operation, found))) {
            this.tools.onFenced(row, operation);
            return needsNoAttempt(found) ? DONE : again(RECHECK_MS);
          }
        }
        this.tools.onSettled(row, settled, operation);
        return row.state === 'RETRYING' && !delayed ? again(afterMs) : DONE;
      } catch (error) {
        this.tools.onStoreFailure(error);
        await delay(STORE_RETRY_MS);
        // No column can hold the result: an error is stored instead.
        if (isDataFault(error) && !result.unstorable)
          return this.settle(entry, unstorable(entry, result), next);
      }
    }
  }

  /** While Postgres is not verified, an audit may have been decided and published already: a later read decides it. */
  #verified(row: SettlementWithAudits): SettlementWithAudits {
    const isDecision = row.auditEffect?.kind === 'observed';
    return isDecision && !this.tools.store.history.isVerified ? { ...row, auditEffect: null } : row;
  }

  /** Writes the settlement, and claims the next entry of the lane in the same transaction if that need not wait. */
  async #write(row: SettlementWithAudits, next: () => LaneEntry | undefined): Promise<Settled> {
    const { store, permits } = this.tools;
    const entry = row.endedAt === null || row.auditEffect !== null ? undefined : next();
    if (entry === undefined || !this.#canClaimNext(entry)) return store.operations.settle(row);
    const { progress, wait } = throttled(entry);
    const request = claimOf(this.tools, entry, wait);
    const requestedAt = performance.now();
    wait.forAppid = requestedAt;
    wait.forApi = requestedAt;
    transition(entry, { kind: 'chained', progress, wait });
    this.#chaining += 1;
    try {
      const { settled, claim } = await store.operations.settleAndClaim({ settlement: row, claim: request });
      const claimed = claimedAs(wait, claim, request, requestedAt);
      transition(entry, { kind: 'chained', progress, wait, claimed });
      return settled;
    } catch (error) {
      permits.give();
      transition(entry, throttled(entry));
      if (isUnavailable(error)) throw error;
      // Postgres may have rejected the claim: the settlement is written without it.
      return store.operations.settle(row);
    } finally {
      this.#chaining -= 1;
    }
  }

  /** Whether the entry needs no wait and takes no permit or budget from others that wait for one. */
  #canClaimNext(entry: LaneEntry): boolean {
    const { breaker, limits, permits } = this.tools;
    const { state } = entry;
    if (breaker.isOpen || !('wait' in state)) return false;
    if (state.wait.retryUntil !== undefined || state.wait.forAppid !== undefined) return false;
    if (entry.requestBytes >= LARGE_BYTES) return false;
    if (stopOf(limits.platform, entry.method, apiOf(entry)) !== undefined) return false;
    if (this.#chaining >= MANY_CLAIMS || !permits.tryTake()) return false;
    const isAcquired = limits.tryAcquire(entry.appid, nextApi(entry));
    if (!isAcquired) permits.give();
    return isAcquired;
  }
}

/** Whether a settlement that appears fenced was stored by an earlier write whose acknowledgement was lost. */
function isAsWritten(row: SettlementWithAudits, found: StoredOperation | undefined): boolean {
  return found?.fence === row.fence && found.claimKey === row.claimKey && found.state === row.state;
}

/** Whether the worker has nothing more to do for an operation. */
function needsNoAttempt(found: StoredOperation | undefined): boolean {
  return found === undefined || found.endedAt !== null || found.state === 'IN_DOUBT';
}

/**
 * After a settlement that matched no row. If Postgres has forgotten the claim, it has lost time: that is reported, and
 * WeChat's answer, which only this worker knows, is stored on top of what Postgres has. Returns whether it was. Rejects if
 * Postgres is unavailable.
 */
async function settleForgotten(
  { store: { history }, onForgotten }: Pick<RunnerTools, 'store' | 'onForgotten'>,
  row: SettlementWithAudits,
  operation: ClaimedOperation,
  found: Pick<StoredOperation, 'fence'> | undefined,
): Promise<boolean> {
  if (found !== undefined && found.fence >= row.fence) return false;
  const { id, appid, fence, claimKey } = row;
  const { isChange, startedAt } = operation;
  if (!(await history.reportLostClaim({ id, appid, fence, claimKey, isChange, startedAt }))) return false;
  const isStored = await history.settleForward(row, startedAt).catch((error: unknown) => {
    // For example, another change of the mini-program has begun.
    if (isDataFault(error)) return false;
    throw error;
  });
  onForgotten(row, isStored, operation);
  return isStored;
}

/** Time since the first claim in this lane, without the time throttled by our own limits. */
function attemptedForMs({ state: { progress } }: LaneEntry): number {
  return progress.attemptedSince === undefined ? 0 : performance.now() - progress.attemptedSince;
}

function factsOf(
  entry: LaneEntry,
  { operation, sent, mayHaveActed = false, reconcileInMs = 0, sentAt }: AttemptResult,
  delayed: boolean,
): AttemptFacts {
  const negativeReads = sent ? 0 : Math.max(entry.memory.negativeReads, operation.negativeReads);
  return { sent, mayHaveActed, reconcileInMs, negativeReads, sentAt, now: new Date(), delayed };
}

/** A change that this or an earlier attempt may have executed is in doubt; anything else has failed. */
function unstorable(entry: LaneEntry, result: AttemptResult): AttemptResult {
  const error = serviceError('internal', 'failed to store the result', apiOf(entry));
  const mayHaveActed = result.sent || result.mayHaveActed === true || result.operation.mayHaveActed;
  const isOpen = result.operation.isChange && mayHaveActed;
  // A listed call is never in doubt.
  if (isOpen && entry.method === 'ChangeWechat')
    return { ...result, decision: { kind: 'failed', error: resultUnknown(error) }, unstorable: true };
  const kind = isOpen ? 'in-doubt' : 'failed';
  return { ...result, decision: { kind, error }, mayHaveActed, unstorable: true };
}
