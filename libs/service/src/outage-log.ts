const AGAIN_MS = 60_000;

/** The part of pino's logger that OutageLog uses. */
interface Logger {
  warn(fields: object, message: string): void;
  info(fields: object, message: string): void;
}

/** Logs an outage at its start, then once a minute, and at its end, with the time of its start and the number of failures. */
export class OutageLog {
  #since: number | undefined;
  #failures = 0;
  #loggedAt = Number.NEGATIVE_INFINITY;

  /** @param messages of its start and of its end. */
  constructor(
    private readonly logger: Logger,
    private readonly messages: { failing: string; ended: string },
  ) {}

  /** @param fields logged with the error. */
  failed(error: unknown, fields: object = {}): void {
    const now = performance.now();
    this.#since ??= now;
    this.#failures += 1;
    if (now - this.#loggedAt < AGAIN_MS) return;
    this.#loggedAt = now;
    this.logger.warn({ error: String(error), ...fields, ...this.#extent(now) }, this.messages.failing);
  }

  /** Does nothing unless something failed before. */
  worked(fields: object = {}): void {
    if (this.#since === undefined) return;
    this.logger.info({ ...fields, ...this.#extent(performance.now()) }, this.messages.ended);
    this.#since = undefined;
    this.#failures = 0;
    this.#loggedAt = Number.NEGATIVE_INFINITY;
  }

  #extent(now: number): object {
    return { since: new Date(Date.now() - (now - (this.#since ?? now))), failures: this.#failures };
  }
}
