import type { Pool } from 'pg';
import type { Author } from '../outbox-event.js';
import { type Claim, type ClaimRequest, claim } from './claim.js';
import { type Settled, type Settlement, settle } from './settle.js';
import { pipelined } from './transaction.js';

/** What became of an operation, and the claim of the one that comes after it. */
export interface SettleAndClaim {
  settlement: Settlement;
  claim: ClaimRequest;
}

/** What became of both; they are committed together. */
export interface SettledAndClaimed {
  settled: Settled;
  claim: Claim;
}

/** Settles many operations and claims those after them: a chain then waits for one commit between two calls. */
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
