import type { TokenStore } from '@wxa/authorizers';
import { Poller } from '@wxa/service';
import type { ComponentTokens } from './component-tokens.js';

const POLL_MS = 2_000;
/** Renewals of this process at once, which leaves room for operations that need a token. */
const MAX_CONCURRENT = 10;
/** While more are due, none is claimed before so many have ended: a claim costs Postgres as much as a renewal. */
const CLAIMED_AT_ONCE = 3;

export interface RenewalTools {
  renewals: Pick<TokenStore, 'claimRenewals'>;
  tokens: Pick<ComponentTokens, 'renew' | 'platform'>;
  /** Whether the circuit breaker is open: nothing is claimed then. */
  isUnavailable(): boolean;
  onFailure(error: unknown): void;
}

/**
 * Renews the tokens that readers of the token service or operators want renewed, and ahead of their end those that were read lately. One
 * that hangs delays no other.
 */
export class TokenRenewals {
  readonly #poller = new Poller(
    POLL_MS,
    () => this.#poll(),
    (error) => this.tools.onFailure(error),
  );
  readonly #running = new Set<Promise<void>>();
  /** Whether more may be due than were claimed. */
  #isFull = false;

  constructor(private readonly tools: RenewalTools) {}

  start(): void {
    this.#poller.start();
  }

  /** A renewal may be wanted. */
  wakeUp(): void {
    this.#poller.wakeUp();
  }

  /** Begins no renewal; resolves when those that run have ended. */
  async stop(): Promise<void> {
    await this.#poller.stop();
    await Promise.all(this.#running);
  }

  get #room(): number {
    return MAX_CONCURRENT - this.#running.size;
  }

  async #poll(): Promise<void> {
    const { renewals, tokens, isUnavailable, onFailure } = this.tools;
    if (isUnavailable()) return;
    const room = this.#room;
    const { appids, isPlatformWanted } = await renewals.claimRenewals(room);
    if (isPlatformWanted) void tokens.platform.renewIfWanted().catch(onFailure);
    this.#isFull = appids.length === room;
    for (const appid of appids) this.#run(appid);
  }

  #run(appid: string): void {
    const running: Promise<void> = this.tools.tokens
      .renew(appid)
      .catch(this.tools.onFailure)
      .then(() => {
        this.#running.delete(running);
        if (this.#isFull && this.#room >= CLAIMED_AT_ONCE) this.#poller.wakeUp();
      });
    this.#running.add(running);
  }
}
