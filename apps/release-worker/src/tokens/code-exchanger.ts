import { CODES_CHANNEL, type TokenStore } from '@wxa/authorizers';
import { Poller } from '@wxa/service';
import type { Store } from '@wxa/store';
import type { ComponentTokens } from './component-tokens.js';

const POLL_MS = 2_000;
const CHECK_PLATFORM_MS = 30_000;
/** Codes exchanged in one poll. */
const MAX_CODES = 100;

export interface ExchangerTools {
  store: { leases: Pick<Store['leases'], 'listen'> };
  codes: Pick<TokenStore, 'authorizersWithCode'>;
  tokens: ComponentTokens;
  /** Wait for the same notifications. */
  renewals: { wakeUp(): void };
  onFailure(error: unknown): void;
}

/**
 * Exchanges the codes of new authorizations immediately, whichever process stored them, since they expire within an
 * hour. It also requests missing tickets, obtains the platform's token in advance, and rechecks mini-programs that need
 * authorization.
 */
export class CodeExchanger {
  readonly #poller = new Poller(
    POLL_MS,
    () => this.#poll(),
    (error) => this.tools.onFailure(error),
  );
  #unlisten: () => void = () => undefined;
  #checkedAt = Number.NEGATIVE_INFINITY;

  constructor(private readonly tools: ExchangerTools) {}

  start(): void {
    this.#unlisten = this.tools.store.leases.listen(CODES_CHANNEL, () => {
      this.wakeUp();
      this.tools.renewals.wakeUp();
    });
    this.#poller.start();
    this.wakeUp();
  }

  /** Polls now. */
  wakeUp(): void {
    this.#poller.wakeUp();
  }

  async stop(): Promise<void> {
    this.#unlisten();
    await this.#poller.stop();
  }

  async #poll(): Promise<void> {
    const { codes, tokens } = this.tools;
    await this.#checkPlatform();
    const appids = await codes.authorizersWithCode(MAX_CODES);
    await Promise.all(appids.map((appid) => tokens.get(appid)));
  }

  async #checkPlatform(): Promise<void> {
    const now = performance.now();
    if (now - this.#checkedAt < CHECK_PLATFORM_MS) return;
    this.#checkedAt = now;
    await this.tools.tokens.platform.requestMissingTicket();
    const { kind } = await this.tools.tokens.platform.get();
    // The first ticket may still be on its way.
    if (kind !== 'token') this.#checkedAt = Number.NEGATIVE_INFINITY;
    // Not awaited: codes expire within an hour.
    void this.tools.tokens.recheck().catch(this.tools.onFailure);
  }
}
