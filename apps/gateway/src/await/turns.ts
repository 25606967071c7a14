/**
 * Semaphore: runs at most `max` tasks concurrently. Further ones wait; those who wait take turns, each with its tasks in their order of
 * arrival, so that one with many tasks delays another by at most one of them.
 */
export class Turns {
  /** By whose tasks they are; the first one is next. */
  readonly #waiting = new Map<string, (() => void)[]>();
  #free: number;

  constructor(max: number) {
    this.#free = max;
  }

  async run<T>(work: () => Promise<T>, of = ''): Promise<T> {
    const end = await this.begin(of);
    try {
      return await work();
    } finally {
      end();
    }
  }

  /** Resolves when a task of `of` may begin, to the function that ends it. */
  async begin(of: string): Promise<() => void> {
    if (this.#free > 0) this.#free -= 1;
    else
      await new Promise<void>((resolve) => {
        const waiters = this.#waiting.get(of) ?? [];
        waiters.push(resolve);
        this.#waiting.set(of, waiters);
      });
    return () => this.#next();
  }

  #next(): void {
    const [first] = this.#waiting;
    if (first === undefined) {
      this.#free += 1;
      return;
    }
    const [of, waiters] = first;
    this.#waiting.delete(of);
    waiters.shift()?.();
    if (waiters.length > 0) this.#waiting.set(of, waiters);
  }
}
