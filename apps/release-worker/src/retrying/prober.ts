import { randomUUID } from 'node:crypto';
import type { Store } from '@wxa/store';
import type { CircuitBreaker } from './circuit-breaker.js';
import { BREAKER } from './retry-policy.js';

/** Who holds this lease asks; it is the same for all workers of a database. */
const LEASE = 'wechat_probe';
/** Where another worker asks, it is tried again after this, give or take half of it. */
const TRY_AGAIN_MS = 200;

/** What a prober works with. */
export interface ProberOptions {
  store: Pick<Store, 'holdLease' | 'notify' | 'listen'>;
  breaker: Pick<CircuitBreaker, 'isOpen' | 'close'>;
  /**
   * Asks WeChat something that changes nothing, within `timeoutMs` and not after an instant by performance.now();
   * whether it was answered. Never rejects.
   */
  ask(timeoutMs: number, notAfter: number): Promise<boolean>;
  /** After each probe. */
  onProbed(answered: boolean): void;
}

/**
 * While the breaker is open: one question to WeChat at a time, at most one a second, over all workers. The worker
 * that is answered tells the others, which then ask once themselves.
 */
export class Prober {
  #timer: NodeJS.Timeout | undefined;
  #probing = false;
  #stopped = false;
  #unlisten: () => void = () => undefined;

  constructor(
    private readonly options: ProberOptions,
    private readonly policy: Pick<typeof BREAKER, 'probeAfterMs' | 'probeTimeoutMs'> = BREAKER,
  ) {}

  /** The breaker has opened. */
  start(): void {
    if (this.#stopped) return;
    this.#unlisten = this.options.store.listen(
      LEASE,
      () => void this.#probe(performance.now() + this.policy.probeTimeoutMs),
    );
    this.#next(this.policy.probeAfterMs);
  }

  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
    this.#unlisten();
  }

  #next(ms: number): void {
    clearTimeout(this.#timer);
    if (this.#stopped || !this.options.breaker.isOpen) return;
    this.#timer = setTimeout(() => void this.#take(), ms);
  }

  async #take(): Promise<void> {
    const { probeAfterMs, probeTimeoutMs } = this.policy;
    const holder = randomUUID();
    const notAfter = performance.now() + probeTimeoutMs + probeAfterMs;
    if (!(await this.#hold(holder, probeTimeoutMs + probeAfterMs))) {
      this.#next(TRY_AGAIN_MS * (0.5 + Math.random()));
      return;
    }
    await this.#probe(notAfter);
    await this.#hold(holder, probeAfterMs);
    this.#next(probeAfterMs);
  }

  /** Without Postgres nothing can run: then nothing is asked either. */
  #hold(holder: string, ms: number): Promise<boolean> {
    return this.options.store.holdLease(LEASE, holder, ms).catch(() => false);
  }

  async #probe(notAfter: number): Promise<void> {
    const { store, breaker, ask, onProbed } = this.options;
    if (this.#probing || this.#stopped || !breaker.isOpen) return;
    this.#probing = true;
    const answered = await ask(this.policy.probeTimeoutMs, notAfter);
    this.#probing = false;
    if (answered) {
      this.#unlisten();
      breaker.close();
      // The others would find out by themselves, one a second.
      await store.notify(LEASE).catch(() => undefined);
    }
    onProbed(answered);
  }
}
