import type { Store } from '@wxa/store';
import { WxaClient, type WxaClientOptions, type WxaResult } from '@wxa/wxa-client';
import type { TokenSource } from '../tokens/token-source.js';
import { CircuitBreaker, isAnswer } from './circuit-breaker.js';
import { Prober } from './prober.js';

/** Probes without a token: WeChat rejects it, which is an answer. */
const NO_TOKEN = 'none';

export interface WechatConnectionOptions {
  client: WxaClientOptions;
  store: { leases: Pick<Store['leases'], 'hold' | 'notify' | 'listen'> };
  /** After each exchange with WeChat. */
  onResult(result: WxaResult<unknown>, api: string, seconds: number): void;
  /** A retry was requested from the retry budget. */
  onRetry(granted: boolean): void;
  /** The breaker opened or closed, or a probe failed. @param since when it is open. @param probes their number since it opened. */
  onChange(since: Date | undefined, probes: number): void;
}

/** A worker's client of WeChat, with the circuit breaker and retry budget that observe all its calls, reads included. */
export class WechatConnection {
  readonly client: WxaClient;
  readonly breaker: CircuitBreaker;
  readonly budget: RetryBudget;
  readonly #prober: Prober;
  #tokens: TokenSource | undefined;
  #probes = 0;

  constructor(private readonly options: WechatConnectionOptions) {
    this.breaker = new CircuitBreaker(() => this.#opened());
    this.budget = new RetryBudget(options.onRetry);
    this.client = new WxaClient({
      ...options.client,
      onResult: (result, api, seconds) => {
        this.budget.called();
        this.breaker.record(result);
        options.onResult(result, api, seconds);
      },
    });
    this.#prober = new Prober({
      store: options.store,
      breaker: this.breaker,
      probe: (timeoutMs, notAfter) => this.#probe(timeoutMs, notAfter),
      onProbed: () => {
        this.#probes += 1;
        options.onChange(this.breaker.openSince, this.#probes);
      },
    });
  }

  /** The tokens that probes use; they are made with this connection's client. */
  useTokens(tokens: TokenSource): void {
    this.#tokens = tokens;
  }

  /** Releases all waiters; calls in flight continue. */
  stop(): void {
    this.#prober.stop();
    this.breaker.stop();
  }

  #opened(): void {
    this.#probes = 0;
    this.#prober.start();
    this.options.onChange(this.breaker.openSince, 0);
  }

  /** A read of a mini-program's versions: a change as a probe could leave an operation in doubt. */
  async #probe(timeoutMs: number, notAfter: number): Promise<boolean> {
    const { candidate } = this.breaker;
    const found = candidate === undefined ? undefined : await this.#tokens?.get(candidate);
    const token = found?.kind === 'token' ? found.token : NO_TOKEN;
    return isAnswer(await this.client.getVersionInfo({}, { token, timeoutMs, notAfter }));
  }
}

/** The retry budget of all lanes of a worker. */
const BUDGET = {
  share: 0.2,
  /** Minimum per second, so that a quiet service still retries. */
  perSecond: 10,
  /** Maximum of unused retries. */
  maxSaved: 100,
  /** Delay before a lane's next request, ± 50 %. */
  retryMs: 500,
} as const;

/** Refill interval: the share applies if it had many calls, the minimum if it had few. */
const REFILL_EVERY_MS = 100;

/**
 * The retries of all lanes of a worker: a share of its calls, with a minimum rate, so that retries do not add to
 * WeChat's load and a quiet service still retries.
 */
export class RetryBudget {
  #saved: number = BUDGET.perSecond;
  #calls = 0;
  #refilledAt: number;

  /** @param onRequest is called with whether a retry was granted. */
  constructor(
    private readonly onRequest: (granted: boolean) => void = () => undefined,
    private readonly now: () => number = () => performance.now(),
    private readonly random: () => number = Math.random,
  ) {
    this.#refilledAt = now();
  }

  /** Counts a call of any kind. */
  called(): void {
    this.#calls += 1;
  }

  /** 0 if a retry is granted; otherwise milliseconds until the next request, with jitter. */
  take(): number {
    this.#refill();
    const granted = this.#saved >= 1;
    this.onRequest(granted);
    if (!granted) return BUDGET.retryMs * (0.5 + this.random());
    this.#saved -= 1;
    return 0;
  }

  #refill(): void {
    const elapsedMs = this.now() - this.#refilledAt;
    if (elapsedMs < REFILL_EVERY_MS) return;
    const earned = Math.max((elapsedMs / 1000) * BUDGET.perSecond, this.#calls * BUDGET.share);
    this.#saved = Math.min(BUDGET.maxSaved, this.#saved + earned);
    this.#refilledAt += elapsedMs;
    this.#calls = 0;
  }
}
