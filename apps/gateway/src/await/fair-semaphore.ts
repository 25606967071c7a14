/**
 * Runs at most `max` tasks concurrently. Further ones wait, each owner's in their order of arrival; the owners are served one task after
 * the other, so that one with many tasks delays another by at most one of them. p-limit would serve all in their order of arrival.
 */
export class FairSemaphore {
  /** By owner; the first one is next. */
  readonly #waiting = new Map<string, (() => void)[]>();
  #free: number;

  constructor(max: number) {
    this.#free = max;
  }

  /** How many tasks wait. */
  get waiting(): number {
    let waiting = 0;
    for (const waiters of this.#waiting.values()) waiting += waiters.length;
    return waiting;
  }

  async run<T>(work: () => Promise<T>, owner = ''): Promise<T> {
    const end = await this.begin(owner);
    try {
      return await work();
    } finally {
      end();
    }
  }

  /** Resolves when a task of the owner may begin, to the function that ends it. */
  async begin(owner: string): Promise<() => void> {
    if (this.#free > 0) this.#free -= 1;
    else
      await new Promise<void>((resolve) => {
        const waiters = this.#waiting.get(owner) ?? [];
        waiters.push(resolve);
        this.#waiting.set(owner, waiters);
      });
    return () => this.#next();
  }

  #next(): void {
    const [first] = this.#waiting;
    if (first === undefined) {
      this.#free += 1;
      return;
    }
    const [owner, waiters] = first;
    this.#waiting.delete(owner);
    waiters.shift()?.();
    if (waiters.length > 0) this.#waiting.set(owner, waiters);
  }
}
