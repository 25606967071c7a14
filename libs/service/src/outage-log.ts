const AGAIN_MS = 60_000;

/** The part of pino's logger that OutageLog uses. */
interface Logger {
  warn(fields: object, message: string): void;
  info(fields: object, message: string): void;
}

/** Logs an outage at its start, then once a minute with the number of failures and its age, and at its end. */
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
    return { failures: this.#failures, seconds: Math.round((now - (this.#since ?? now)) / 1000) };
  }
}
