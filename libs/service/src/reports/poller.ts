/**
 * Polls at an interval and on wake-up, one poll at a time. The interval runs from one poll of the timer to the next; what
 * comes due during a poll causes another one after it.
 */
export class Poller {
  readonly #intervalMs: () => number;
  #timer: NodeJS.Timeout | undefined;
  #polling: Promise<void> | undefined;
  /** When the timer polled last, or started. */
  #tickedAt = Number.POSITIVE_INFINITY;
  #again = false;
  #stopped = false;

  /**
   * @param everyMs the interval; a function is asked after each poll.
   * @param poll does not reject if there is no `onFailure`.
   */
  constructor(
    everyMs: number | (() => number),
    private readonly poll: () => Promise<void>,
    private readonly onFailure?: (error: unknown) => void,
  ) {
    this.#intervalMs = typeof everyMs === 'number' ? () => everyMs : everyMs;
  }

  /** Polls once the interval has passed, and so on. */
  start(): void {
    this.#tickedAt = performance.now();
    this.#wait();
  }

  wakeUp(): void {
    if (this.#stopped) return;
    if (this.#polling === undefined) void this.run();
    else this.#again = true;
  }

  /** Polls now if no poll is running, also when stopped; resolves when the poll has ended. */
  run(): Promise<void> {
    this.#polling ??= this.#poll();
    return this.#polling;
  }

  /** No poll is started any more; the promise resolves when the running one has ended. */
  async stop(): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#timer);
    await this.#polling;
  }

  async #poll(): Promise<void> {
    this.#again = false;
    await this.poll().catch(this.onFailure);
    this.#polling = undefined;
    this.#wait();
  }

  #wait(): void {
    clearTimeout(this.#timer);
    if (this.#stopped) return;
    const waitMs = this.#tickedAt + this.#intervalMs() - performance.now();
    if (waitMs <= 0) this.#tick();
    else if (this.#again) this.wakeUp();
    else if (waitMs < Number.POSITIVE_INFINITY) this.#timer = setTimeout(() => this.#tick(), waitMs);
  }

  #tick(): void {
    this.#tickedAt = performance.now();
    this.wakeUp();
  }
}

/** Runs `task`, which does not reject, at once and then every `ms`. @returns `first` resolves after the first run. */
export function every(ms: number, task: () => Promise<void>): { first: Promise<void>; end(): void } {
  const poller = new Poller(ms, task);
  poller.start();
  return { first: poller.run(), end: () => void poller.stop() };
}
