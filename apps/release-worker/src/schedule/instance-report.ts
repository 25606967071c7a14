import { randomUUID } from 'node:crypto';
import { METHODS } from '@wxa/contracts';
import { every } from '@wxa/service';
import type { Store } from '@wxa/store';

const EVERY_MS = 10_000;

/** Reports every 10 s that this worker runs and which methods it knows, so that gateways accept no others. */
export class InstanceReport {
  readonly #id = randomUUID();
  #end: () => void = () => undefined;

  constructor(
    private readonly tools: {
      instances: Pick<Store['instances'], 'report' | 'remove'>;
      version: string;
      onFailure(error: unknown): void;
    },
  ) {}

  /** Resolves when the worker has been reported once: to be awaited before it reads commands. */
  async start(): Promise<void> {
    const { first, end } = every(EVERY_MS, () => this.#report());
    this.#end = end;
    await first;
  }

  /** A worker that does not stop in this way counts as running for 60 s. */
  async stop(): Promise<void> {
    this.#end();
    await this.tools.instances.remove(this.#id).catch(this.tools.onFailure);
  }

  async #report(): Promise<void> {
    const { instances, version, onFailure } = this.tools;
    const methods = Object.keys(METHODS);
    await instances.report({ id: this.#id, app: 'release-worker', version, methods }).catch(onFailure);
  }
}
