import { randomUUID } from 'node:crypto';
import { METHODS } from '@wxa/contracts';
import type { Store } from '@wxa/store';

const EVERY_MS = 10_000;
const RETRY_MS = 1_000;

/** Reports every 10 s that this worker runs, which methods it knows, so that gateways accept no others, and its rate, for plans. */
export class InstanceReport {
  readonly #id = randomUUID();
  #timer: NodeJS.Timeout | undefined;
  #reporting: Promise<void> | undefined;
  #stopped = false;

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
    this.#reporting = this.#store();
    await this.#reporting;
    this.#reportIn(EVERY_MS);
  }

  /** A worker that does not stop in this way counts as running for 60 s. */
  async stop(): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#timer);
    // A report in flight could otherwise be stored after the removal.
    await this.#reporting?.catch(() => undefined);
    await this.tools.instances.remove(this.#id).catch(this.tools.onFailure);
  }

  #reportIn(ms: number): void {
    if (this.#stopped) return;
    this.#timer = setTimeout(() => {
      this.#reporting = this.#report();
    }, ms);
  }

  async #report(): Promise<void> {
    try {
      await this.#store();
      this.#reportIn(EVERY_MS);
    } catch (error) {
      this.tools.onFailure(error);
      this.#reportIn(RETRY_MS);
    }
  }

  #store(): Promise<void> {
    const { instances, version, ratePerApi } = this.tools;
    const methods = Object.keys(METHODS);
    return instances.report({ id: this.#id, app: 'release-worker', version, methods, ratePerApi });
  }
}
