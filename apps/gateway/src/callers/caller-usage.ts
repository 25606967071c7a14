import { every, type Logger, polled } from '@wxa/service';
import type { CallerUsage, Store } from '@wxa/store';

const EVERY_MS = 2_000;

/** What callers have in progress, as a worker counts it every 5 s. Read every 2 s, so that accepting reads nothing. */
export class CallerUsageReader {
  #usage: ReadonlyMap<string, CallerUsage> = new Map();
  #end: () => void = () => undefined;

  constructor(private readonly logger: Pick<Logger, 'warn'>) {}

  /** The last count of a caller; undefined if it has nothing in progress. */
  of(caller: string): CallerUsage | undefined {
    return this.#usage.get(caller);
  }

  /** Reads now and then every 2 s. If Postgres is unavailable, the last counts stay. */
  start(store: { callers: Pick<Store['callers'], 'usage'> }): void {
    const read = polled(this.logger, () => this.#read(store));
    this.#end = every(EVERY_MS, read).end;
  }

  stop(): void {
    this.#end();
  }

  async #read({ callers }: { callers: Pick<Store['callers'], 'usage'> }): Promise<void> {
    const rows = await callers.usage();
    this.#usage = new Map(rows.map((row) => [row.caller, row]));
  }
}
