import { METHODS, type Method } from '@wxa/contracts';
import { every, type Logger, queryFailure } from '@wxa/service';
import type { Store } from '@wxa/store';
import { type RpcError, rpcError } from '../errors/rpc-error.js';

const EVERY_MS = 2_000;

/**
 * Which methods the running workers know, read every 2 s, so that accepting reads nothing. An older worker would dead-letter
 * the command of a method that it does not know.
 */
export class WorkerMethods {
  #workers: Awaited<ReturnType<Store['instances']['workers']>> = [];
  #failing = false;
  /** Those that a running worker does not know, separated by commas. */
  #refused = '';
  #end: () => void = () => undefined;

  constructor(
    private readonly instances: Pick<Store['instances'], 'workers'>,
    private readonly logger: Pick<Logger, 'info' | 'warn'>,
  ) {}

  /** Resolves when it has been read once; if Postgres is unavailable, what was read last stays. */
  async start(): Promise<void> {
    const { first, end } = every(EVERY_MS, () => this.#read());
    this.#end = end;
    await first;
  }

  stop(): void {
    this.#end();
  }

  /** The error of a method that a running worker does not know. */
  errorOf(method: Method): RpcError | undefined {
    const behind = this.#workers.find(({ methods }) => !methods.includes(method));
    return (
      behind &&
      rpcError('WORKERS_BEHIND', `a worker of version ${behind.version} does not know ${method} yet; retry`)
    );
  }

  async #read(): Promise<void> {
    try {
      this.#workers = await this.instances.workers();
      this.#failing = false;
      this.#logRefused();
    } catch (error) {
      if (!this.#failing) this.logger.warn(queryFailure(error), 'postgres query failed');
      this.#failing = true;
    }
  }

  /** Once per change. */
  #logRefused(): void {
    const known = (method: string) => this.#workers.every(({ methods }) => methods.includes(method));
    const refused = Object.keys(METHODS).filter((method) => !known(method));
    if (refused.join() === this.#refused) return;
    this.#refused = refused.join();
    if (refused.length === 0) this.logger.info({}, 'methods accepted');
    else this.logger.warn({ methods: refused }, 'methods refused');
  }
}
