import { type Logger, untilItWorks } from '@wxa/service';
import type { Store } from '@wxa/store';

type RecordingStore = { callers: Pick<Store['callers'], 'recordPolicy'> };

/** Records each policy that comes into force. The first one is read before Postgres is reached. */
export class PolicyTrail {
  #store: RecordingStore | undefined;
  /** Read before Postgres was reached. */
  readonly #early: string[] = [];

  constructor(private readonly logger: Logger) {}

  /** Records a policy as soon as Postgres can be reached. */
  loaded({ sha256 }: { sha256: string }): void {
    if (this.#store === undefined) this.#early.push(sha256);
    else void this.#record(this.#store, sha256);
  }

  start(store: RecordingStore): void {
    this.#store = store;
    for (const sha256 of this.#early) void this.#record(store, sha256);
  }

  async #record({ callers }: RecordingStore, sha256: string): Promise<void> {
    await untilItWorks(this.logger, 'the audit trail', () => callers.recordPolicy(sha256));
  }
}
