import { randomUUID } from 'node:crypto';
import { ROOMS } from '@wxa/methods';
import type { Claim, ClaimRequest } from '@wxa/store';
import type { Claimed } from '../lanes/entry-state.js';
import type { LaneEntry } from '../lanes/lane-entry.js';
import type { AttemptResult } from './call.js';
import type { RunnerTools } from './runner-tools.js';

type ClaimTools = Pick<RunnerTools, 'timeoutMs' | 'leaseMarginMs' | 'breaker' | 'store'>;

/** The request for an entry's claim: asked again with the same key until it is answered. */
export function claimOf({ timeoutMs, leaseMarginMs, breaker }: ClaimTools, entry: LaneEntry): ClaimRequest {
  const longestMs = timeoutMs * ROOMS[entry.method].timeoutFactor;
  const dueForMs = entry.dueSince === undefined ? 0 : performance.now() - entry.dueSince;
  entry.claimKey ??= randomUUID();
  entry.claimNumber += 1;
  return {
    id: entry.operationId,
    appid: entry.appid,
    partition: entry.partition,
    requestBytes: entry.requestBytes,
    openMs: dueForMs > 0 ? breaker.openWithinMs(dueForMs) : 0,
    leaseMs: longestMs + leaseMarginMs,
    key: entry.claimKey,
    number: entry.claimNumber,
  };
}

/** The answer to a claim, remembered by its lane. */
export function claimedAs(
  entry: LaneEntry,
  claim: Claim,
  { leaseMs }: ClaimRequest,
  requestedAt: number,
): Claimed {
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

/**
 * The start of the lease, so that the call ends within it. The lease is renewed after a long wait for a permit or
 * reservation. Undefined if the process stalled (stopped, starved): nothing is sent then.
 */
export async function leaseValidFrom(
  { store, leaseMarginMs }: ClaimTools,
  { id, appid, fence }: AttemptResult['operation'],
  { leaseMs, requestedAt, answeredAt }: Claimed,
): Promise<number | undefined> {
  if (performance.now() - requestedAt <= leaseMarginMs) return requestedAt;
  if (answeredAt - requestedAt > leaseMarginMs) return undefined;
  const renewedAt = performance.now();
  const isRenewed = await store.operations
    .snapshot({ id, appid, fence, values: null, audit: null, leaseMs })
    .catch(() => false);
  return isRenewed && performance.now() - renewedAt <= leaseMarginMs ? renewedAt : undefined;
}
