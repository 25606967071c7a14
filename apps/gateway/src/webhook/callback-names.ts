import type { CallbackName, Store } from '@wxa/store';

const WRITE_MS = 10_000;
/** Of each name that is stored, and of names between two writes. */
const MAX_LENGTH = 100;
const MAX_NAMES = 500;

/** Counts by name which callbacks arrive, and adds the counts to those in Postgres every 10 s while any do. */
export class CallbackNames {
  #counts = new Map<string, CallbackName>();
  #timer: NodeJS.Timeout | undefined;

  constructor(private readonly callbacks: Pick<Store['callbacks'], 'addNames'>) {}

  add({ kind, name }: Pick<CallbackName, 'kind' | 'name'>, at = new Date()): void {
    const short = name.slice(0, MAX_LENGTH);
    const known = this.#counts.get(`${kind} ${short}`);
    if (known !== undefined) {
      known.seen += 1;
      known.lastAt = at;
    } else if (this.#counts.size < MAX_NAMES) {
      this.#counts.set(`${kind} ${short}`, { kind, name: short, firstAt: at, lastAt: at, seen: 1 });
    }
    this.#timer ??= setTimeout(() => void this.write(), WRITE_MS).unref();
  }

  /** Counts that Postgres does not take are lost: they are an overview. */
  async write(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const counts = [...this.#counts.values()];
    this.#counts = new Map();
    await this.callbacks.addNames(counts).catch(() => undefined);
  }
}
