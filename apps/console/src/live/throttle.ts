/** Runs an action on demand: at once, or as soon as its last run is long enough ago. */
export class Throttle {
  #timer: NodeJS.Timeout | undefined;
  #isStopped = false;
  #ranAt = Number.NEGATIVE_INFINITY;

  /** @param ms at least this long between two runs. */
  constructor(
    private readonly ms: number,
    private readonly action: () => void,
  ) {}

  request(): void {
    if (this.#timer !== undefined || this.#isStopped) return;
    this.#timer = setTimeout(this.#run, Math.max(0, this.#ranAt + this.ms - performance.now()));
  }

  /** Runs nothing more. */
  stop(): void {
    this.#isStopped = true;
    clearTimeout(this.#timer);
  }

  readonly #run = (): void => {
    this.#timer = undefined;
    this.#ranAt = performance.now();
    this.action();
  };
}
