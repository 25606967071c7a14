import { CODES_CHANNEL, type Store, type TokenStore } from '@wxa/store';
import { Poller } from '../poller.js';
import type { ComponentTokens } from './component-tokens.js';

const POLL_MS = 2_000;
const LOOK_AFTER_MS = 30_000;
/** Codes that are exchanged in one turn. */
const MAX_CODES = 100;

/** What the exchanger works with. */
export interface ExchangerTools {
  store: Pick<Store, 'listen'>;
  codes: Pick<TokenStore, 'authorizersWithCode'>;
  tokens: ComponentTokens;
  onFailure(error: unknown): void;
}

/**
 * Exchanges the codes of new authorizations as soon as they come, whoever kept them, since they end within the hour;
 * and sees to it that WeChat pushes tickets, that the platform has its token before anybody needs it, and that whoever
 * was given up is asked about again.
 */
export class CodeExchanger {
  readonly #looks = new Poller(POLL_MS, () => this.#poll());
  #unlisten: () => void = () => undefined;
  #lookedAt = Number.NEGATIVE_INFINITY;

  constructor(private readonly tools: ExchangerTools) {}

  start(): void {
    this.#unlisten = this.tools.store.listen(CODES_CHANNEL, () => this.wakeUp());
    this.#looks.start();
    this.wakeUp();
  }

  /** Looks now. */
  wakeUp(): void {
    this.#looks.wakeUp();
  }

  async stop(): Promise<void> {
    this.#unlisten();
    await this.#looks.stop();
  }

  async #poll(): Promise<void> {
    const { codes, tokens, onFailure } = this.tools;
    try {
      await this.#lookAfterPlatform();
      const appids = await codes.authorizersWithCode(MAX_CODES);
      await Promise.all(appids.map((appid) => tokens.get(appid)));
    } catch (error) {
      onFailure(error);
    }
  }

  async #lookAfterPlatform(): Promise<void> {
    const now = performance.now();
    if (now - this.#lookedAt < LOOK_AFTER_MS) return;
    this.#lookedAt = now;
    await this.tools.tokens.platform.requestMissingTicket();
    const { kind } = await this.tools.tokens.platform.get();
    // As where the first ticket is still on its way.
    if (kind !== 'token') this.#lookedAt = Number.NEGATIVE_INFINITY;
    // Codes end within the hour, so none waits for these.
    void this.tools.tokens.recheck().catch(this.tools.onFailure);
  }
}
