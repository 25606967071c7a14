/** Thrown instead of waiting in a queue that is full. */
export class QueueFull extends Error {}

/** How many tasks run at once, in all and of one key, and how many may wait. */
interface Limits {
  running: number;
  runningOfKey: number;
  waiting: number;
}

/** Runs a few tasks at once. Keys take turns, so that the tasks of one do not delay those of another. */
export class FairQueue {
  /** The key whose turn is next comes first. */
  readonly #waiting = new Map<string, (() => Promise<void>)[]>();
  readonly #running = new Map<string, number>();
  #allRunning = 0;
  #allWaiting = 0;

  constructor(private readonly limits: Limits) {}

  /** Resolves or rejects as the task does, once it was its turn; rejects with QueueFull if too many wait. */
  run<T>(key: string, task: () => Promise<T>): Promise<T> {
    if (this.#allWaiting >= this.limits.waiting) return Promise.reject(new QueueFull());
    return new Promise((resolve, reject) => {
      const waiting = this.#waiting.get(key) ?? [];
      this.#waiting.set(key, [...waiting, () => task().then(resolve, reject)]);
      this.#allWaiting += 1;
      this.#startWhatMay();
    });
  }

  #startWhatMay(): void {
    for (const [key, [next, ...others]] of this.#waiting) {
      if (this.#allRunning >= this.limits.running) return;
      if (next === undefined || this.#runningOf(key) >= this.limits.runningOfKey) continue;
      this.#waiting.delete(key);
      // At the end, where this loop comes to it again.
      if (others.length > 0) this.#waiting.set(key, others);
      this.#allWaiting -= 1;
      this.#count(key, 1);
      void next().then(() => {
        this.#count(key, -1);
        this.#startWhatMay();
      });
    }
  }

  #runningOf(key: string): number {
    return this.#running.get(key) ?? 0;
  }

  #count(key: string, change: 1 | -1): void {
    this.#allRunning += change;
    const running = this.#runningOf(key) + change;
    if (running === 0) this.#running.delete(key);
    else this.#running.set(key, running);
  }
}
