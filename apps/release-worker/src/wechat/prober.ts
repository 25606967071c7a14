import { randomUUID } from 'node:crypto';
import type { Store } from '@wxa/store';
import { BREAKER, type CircuitBreaker } from './circuit-breaker.js';

/** The holder of this lease probes; all workers of a database share it. */
const LEASE = 'wechat_probe';
/** Delay before the next request for the lease, ± 50 %. */
const LEASE_RETRY_MS = 200;

export interface ProberOptions {
  store: { leases: Pick<Store['leases'], 'hold' | 'notify' | 'listen'> };
  breaker: Pick<CircuitBreaker, 'isOpen' | 'close'>;
  /**
   * Sends a read to WeChat with this time-out, not after `notAfter` (performance.now() time); resolves with whether it
   * was answered. Rejects if it could not be sent, as while Postgres is unavailable and its token cannot be read.
   */
  probe(timeoutMs: number, notAfter: number): Promise<boolean>;
  onProbed(answered: boolean): void;
}

/**
 * While the breaker is open, sends one half-open probe at a time, at most one per second over all workers. The worker
 * whose probe is answered notifies the others, which then probe once themselves.
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

  /** Called when the breaker has opened. */
  start(): void {
    if (this.#stopped) return;
    this.#unlisten = this.options.store.leases.listen(
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
      this.#next(LEASE_RETRY_MS * (0.5 + Math.random()));
      return;
    }
    await this.#probe(notAfter);
    await this.#hold(holder, probeAfterMs);
    this.#next(probeAfterMs);
  }

  /** Without Postgres no operation can run, so no probe is sent either. */
  #hold(holder: string, ms: number): Promise<boolean> {
    return this.options.store.leases.hold(LEASE, holder, ms).catch(() => false);
  }

  async #probe(notAfter: number): Promise<void> {
    const { store, breaker, probe, onProbed } = this.options;
    if (this.#probing || this.#stopped || !breaker.isOpen) return;
    this.#probing = true;
    const answered = await probe(this.policy.probeTimeoutMs, notAfter).catch(() => false);
    this.#probing = false;
    if (answered) {
      this.#unlisten();
      breaker.close();
      // Without it only one of the other workers per second would detect it.
      await store.leases.notify(LEASE).catch(() => undefined);
    }
    onProbed(answered);
  }
}
