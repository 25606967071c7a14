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

  /** Resolves after the first report, to be awaited before the worker reads commands. A failed report is repeated after 1 s. */
  async start(): Promise<void> {
    this.#reporting = this.#report();
    await this.#reporting;
  }

  /** A worker that does not stop in this way counts as running for 60 s. */
  async stop(): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#timer);
    // A report in flight could otherwise be stored after the removal.
    await this.#reporting;
    await this.tools.instances.remove(this.#id).catch(this.tools.onFailure);
  }

  async #report(): Promise<void> {
    const { instances, version, ratePerApi, onFailure } = this.tools;
    const methods = Object.keys(METHODS);
    let nextMs = EVERY_MS;
    try {
      await instances.report({ id: this.#id, app: 'release-worker', version, methods, ratePerApi });
    } catch (error) {
      onFailure(error);
      nextMs = RETRY_MS;
    }
    if (!this.#stopped) this.#timer = setTimeout(() => void this.start(), nextMs);
  }
}
