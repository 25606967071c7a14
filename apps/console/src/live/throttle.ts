/** Runs an action on demand: at once, or as soon as its last run is long enough ago. */
export class Throttle {
  #timer: NodeJS.Timeout | undefined;
  #runsAt = 0;
  #isStopped = false;
  #ranAt = Number.NEGATIVE_INFINITY;

  /** @param ms at least this long between two runs. */
  constructor(
    private readonly ms: number,
    private readonly action: () => void,
  ) {}

  /** @param ms instead of those of the throttle. */
  request(ms = this.ms): void {
    const at = this.#ranAt + ms;
    if (this.#isStopped || (this.#timer !== undefined && this.#runsAt <= at)) return;
    clearTimeout(this.#timer);
    this.#runsAt = at;
    this.#timer = setTimeout(this.#run, Math.max(0, at - performance.now()));
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
