/** Looks for work by a timer and when it is kicked, one look at a time; a kick during a look has another one follow. */
export class Poller {
  #timer: NodeJS.Timeout | undefined;
  #polling: Promise<void> | undefined;
  #again = false;
  #stopped = false;

  /** @param poll never rejects. */
  constructor(
    private readonly everyMs: number,
    private readonly poll: () => Promise<void>,
  ) {}

  start(): void {
    this.#timer = setInterval(() => this.wakeUp(), this.everyMs);
  }

  /** Looks now. */
  wakeUp(): void {
    if (this.#stopped) return;
    if (this.#polling !== undefined) {
      this.#again = true;
      return;
    }
    this.#polling = this.poll().finally(() => {
      this.#polling = undefined;
      if (!this.#again) return;
      this.#again = false;
      this.wakeUp();
    });
  }

  /** The look that is under way ends, and none is begun. */
  async stop(): Promise<void> {
    this.#stopped = true;
    clearInterval(this.#timer);
    await this.#polling;
  }
}
