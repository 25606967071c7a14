import type { Store } from '@wxa/store';
import { WxaClient, type WxaClientOptions } from '@wxa/wxa-client';
import type { TokenSource } from '../tokens/token-source.js';
import { CircuitBreaker, isAnswer } from './circuit-breaker.js';
import { Prober } from './prober.js';
import { RetryBudget } from './retry-budget.js';

/** A probe of a mini-program whose token can't be had: WeChat refuses it, which is an answer. */
const NO_TOKEN = 'none';

/** What a reach is made with. */
export interface WechatConnectionOptions {
  client: WxaClientOptions;
  store: Pick<Store, 'holdLease' | 'notify' | 'listen'>;
  tokens: TokenSource;
  /** A retry asked for its share of the calls. */
  onRetry(granted: boolean): void;
  /** WeChat went away, came back, or did not answer a probe; how many probes there were since it went. */
  onChange(probes: number): void;
}

/** How a worker reaches WeChat: its client, and what is learnt from every one of its calls, questions too. */
export class WechatConnection {
  readonly client: WxaClient;
  readonly breaker: CircuitBreaker;
  readonly budget: RetryBudget;
  readonly #prober: Prober;
  #probes = 0;

  constructor(private readonly options: WechatConnectionOptions) {
    this.breaker = new CircuitBreaker(() => this.#opened());
    this.budget = new RetryBudget(options.onRetry);
    this.client = new WxaClient({
      ...options.client,
      onResult: (result) => {
        this.budget.called();
        this.breaker.record(result);
      },
    });
    this.#prober = new Prober({
      store: options.store,
      breaker: this.breaker,
      ask: (timeoutMs, notAfter) => this.#probe(timeoutMs, notAfter),
      onProbed: () => {
        this.#probes += 1;
        options.onChange(this.#probes);
      },
    });
  }

  /** Nobody waits for WeChat any longer; calls in flight go on. */
  stop(): void {
    this.#prober.stop();
    this.breaker.stop();
  }

  #opened(): void {
    this.#probes = 0;
    this.#prober.start();
    this.options.onChange(0);
  }

  /** A look at a mini-program's versions: a probe that is a change would leave one more in doubt each time. */
  async #probe(timeoutMs: number, notAfter: number): Promise<boolean> {
    const { candidate } = this.breaker;
    const known = candidate === undefined ? undefined : await this.options.tokens.get(candidate);
    const token = known?.kind === 'token' ? known.token : NO_TOKEN;
    return isAnswer(await this.client.getVersionInfo({}, { token, timeoutMs, notAfter }));
  }
}
