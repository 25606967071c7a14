import { randomUUID } from 'node:crypto';
import { METHODS } from '@wxa/contracts';
import { Poller } from '@wxa/service';
import type { Store } from '@wxa/store';

const EVERY_MS = 10_000;
const RETRY_MS = 1_000;

/** Reports every 10 s that this worker runs, which methods it knows, so that gateways accept no others, and its rate, for plans. */
export class InstanceReport {
  readonly #id = randomUUID();
  readonly #poller = new Poller(
    () => (this.#isFailing ? RETRY_MS : EVERY_MS),
    () => this.#report(),
    (error) => this.tools.onFailure(error),
  );
  #first: Promise<void> | undefined;
  #isFailing = false;

  constructor(
    private readonly tools: {
      instances: Pick<Store['instances'], 'report' | 'remove'>;
      version: string;
      /** WECHAT_RATE_PER_API. */
      ratePerApi: number;
      onFailure(error: unknown): void;
    },
  ) {}

  /**
   * To be awaited before the worker reads commands. Rejects if the first report cannot be stored: start again then. A later
   * one that fails is repeated after 1 s.
   */
  async start(): Promise<void> {
    this.#first = this.#report();
    await this.#first;
    this.#poller.start();
  }

  /** A worker that does not stop in this way counts as running for 60 s. */
  async stop(): Promise<void> {
    // A report in flight could otherwise be stored after the removal.
    await Promise.allSettled([this.#first, this.#poller.stop()]);
    await this.tools.instances.remove(this.#id).catch(this.tools.onFailure);
  }

  async #report(): Promise<void> {
    const { instances, version, ratePerApi } = this.tools;
    const methods = Object.keys(METHODS);
    this.#isFailing = true;
    await instances.report({ id: this.#id, app: 'release-worker', version, methods, ratePerApi });
    this.#isFailing = false;
  }
}
