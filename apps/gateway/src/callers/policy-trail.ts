import { hostname } from 'node:os';
import { type Logger, untilItWorks } from '@wxa/service';
import type { LoadedPolicy, Store } from '@wxa/store';

type RecordingStore = { callers: Pick<Store['callers'], 'recordPolicy'> };

/** Records each policy that comes into force. The first one is read before Postgres is reached. */
export class PolicyTrail {
  #store: RecordingStore | undefined;
  /** Read before Postgres was reached. */
  readonly #early: LoadedPolicy[] = [];
  #sha256: string | null = null;

  constructor(private readonly logger: Logger) {}

  /** Records a policy as soon as Postgres can be reached. */
  loaded({ sha256 }: { sha256: string }, files: string): void {
    const loaded = { sha256, before: this.#sha256, instance: `${hostname()}:${process.pid}`, files };
    this.#sha256 = sha256;
    if (this.#store === undefined) this.#early.push(loaded);
    else void this.#record(this.#store, loaded);
  }

  start(store: RecordingStore): void {
    this.#store = store;
    for (const loaded of this.#early.splice(0)) void this.#record(store, loaded);
  }

  async #record({ callers }: RecordingStore, loaded: LoadedPolicy): Promise<void> {
    await untilItWorks(this.logger, 'the audit trail', () => callers.recordPolicy(loaded));
  }
}
