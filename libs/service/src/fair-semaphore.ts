/**
 * Runs at most `max` tasks concurrently, and of one owner at most `maxOfOwner`. Further ones wait, each owner's in their order of arrival; the
 * owners are served one task after the other, so that one with many tasks delays another by at most one of them. p-limit would serve all in
 * their order of arrival.
 */
export class FairSemaphore {
  /** By owner; the first one that may run is next. */
  readonly #waiting = new Map<string, (() => void)[]>();
  readonly #running = new Map<string, number>();
  #free: number;

  constructor(
    max: number,
    private readonly maxOfOwner = max,
  ) {
    this.#free = max;
  }

  /** How many tasks wait. */
  get waiting(): number {
    let waiting = 0;
    for (const waiters of this.#waiting.values()) waiting += waiters.length;
    return waiting;
  }

  waitingOf(owner: string): number {
    return this.#waiting.get(owner)?.length ?? 0;
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
    if (this.#mayRun(owner)) this.#count(owner, 1);
    else
      await new Promise<void>((resolve) => {
        const waiters = this.#waiting.get(owner) ?? [];
        waiters.push(resolve);
        this.#waiting.set(owner, waiters);
      });
    return () => this.#end(owner);
  }

  #mayRun(owner: string): boolean {
    return this.#free > 0 && (this.#running.get(owner) ?? 0) < this.maxOfOwner;
  }

  #count(owner: string, change: 1 | -1): void {
    this.#free -= change;
    const running = (this.#running.get(owner) ?? 0) + change;
    if (running === 0) this.#running.delete(owner);
    else this.#running.set(owner, running);
  }

  #end(owner: string): void {
    this.#count(owner, -1);
    for (const [next, waiters] of this.#waiting) {
      if (!this.#mayRun(next)) continue;
      this.#count(next, 1);
      waiters.shift()?.();
      this.#waiting.delete(next);
      if (waiters.length > 0) this.#waiting.set(next, waiters);
      return;
    }
  }
}
