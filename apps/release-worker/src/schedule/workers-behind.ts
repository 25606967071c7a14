import { METHODS } from '@wxa/contracts';
import { every } from '@wxa/service';
import type { Store } from '@wxa/store';

const EVERY_MS = 2_000;

/**
 * Whether a running worker does not know a method that this one knows, read every 2 s. Until none does, this worker accepts no
 * operations of its own: the older one would dead-letter their commands. Until then the older ones accept theirs.
 */
export class WorkersBehind {
  #isAny = true;
  #end: () => void = () => undefined;

  constructor(
    private readonly instances: Pick<Store['instances'], 'workers'>,
    private readonly onFailure: (error: unknown) => void,
  ) {}

  /** True until it has been read; if Postgres is unavailable, what was read last stays. */
  get isAny(): boolean {
    return this.#isAny;
  }

  start(): void {
    this.#end = every(EVERY_MS, () => this.#read().catch(this.onFailure)).end;
  }

  stop(): void {
    this.#end();
  }

  async #read(): Promise<void> {
    const workers = await this.instances.workers();
    const known = Object.keys(METHODS);
    this.#isAny = workers.some(({ methods }) => known.some((method) => !methods.includes(method)));
  }
}
