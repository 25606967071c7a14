/** Looks for work by a timer and when it is kicked, one look at a time; a kick during a look has another one follow. */
export class Looks {
  #timer: NodeJS.Timeout | undefined;
  #look: Promise<void> | undefined;
  #again = false;
  #stopped = false;

  /** @param look never rejects. */
  constructor(
    private readonly everyMs: number,
    private readonly look: () => Promise<void>,
  ) {}

  start(): void {
    this.#timer = setInterval(() => this.kick(), this.everyMs);
  }

  /** Looks now. */
  kick(): void {
    if (this.#stopped) return;
    if (this.#look !== undefined) {
      this.#again = true;
      return;
    }
    this.#look = this.look().finally(() => {
      this.#look = undefined;
      if (!this.#again) return;
      this.#again = false;
      this.kick();
    });
  }

  /** The look that is under way ends, and none is begun. */
  async stop(): Promise<void> {
    this.#stopped = true;
    clearInterval(this.#timer);
    await this.#look;
  }
}
