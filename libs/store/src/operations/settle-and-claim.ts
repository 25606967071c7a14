import type { Pool } from 'pg';
import { pipelined } from '../leases/transaction.js';
import type { Author } from '../outbox/author.js';
import { type Claim, type ClaimRequest, claim } from './claim.js';
import { type Settled, type Settlement, settle } from './settle.js';

/** The settlement of an operation, and the claim of the next one in its lane. */
export interface SettleAndClaim {
  settlement: Settlement;
  claim: ClaimRequest;
}

/** The results of both; they are committed together. */
export interface SettledAndClaimed {
  settled: Settled;
  claim: Claim;
}

/** Settles operations and claims the next ones, so that a lane waits for one commit between two calls. */
export async function settleAndClaim(
  pool: Pool,
  author: Author,
  links: SettleAndClaim[],
): Promise<SettledAndClaimed[]> {
  const [settled, claims] = await pipelined(pool, (client) => [
    settle(
      client,
      author,
      links.map((link) => link.settlement),
    ),
    claim(
      client,
      links.map((link) => link.claim),
    ),
  ]);
  return links.map((_, i) => ({ settled: settled[i] as Settled, claim: claims[i] as Claim }));
}
