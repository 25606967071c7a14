/** Polls for work by a timer and on wake-up, one poll at a time; a wake-up during a poll causes another one. */
export class Poller {
  #timer: NodeJS.Timeout | undefined;
  #polling: Promise<void> | undefined;
  #again = false;
  #stopped = false;

  /**
   * @param poll never rejects.
   * @param isDue whether to poll when the time has come.
   */
  constructor(
    private readonly everyMs: number,
    private readonly poll: () => Promise<void>,
    private readonly isDue: () => boolean = () => true,
  ) {}

  start(): void {
    this.#timer = setInterval(() => {
      if (this.isDue()) this.wakeUp();
    }, this.everyMs);
  }

  /** Polls now. */
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

  /** Starts no poll; resolves when the running one has ended. */
  async stop(): Promise<void> {
    this.#stopped = true;
    clearInterval(this.#timer);
    await this.#polling;
  }
}
