const EVERY_MS = 5_000;

/** A stream, or a call that waits, whose caller may lose its access while it is open. */
export interface OpenStream {
  /** Ends it if its credential or its access is no longer valid. */
  recheck(): void;
  /** Ends it if its caller was identified by a client certificate. */
  endCertified(): void;
}

/** Checks all open streams and waiting calls every 5 s, and at once after a change of the policy. */
export class OpenStreams {
  readonly #streams = new Set<OpenStream>();
  readonly #timer = setInterval(() => this.recheck(), EVERY_MS).unref();

  add(stream: OpenStream): void {
    this.#streams.add(stream);
  }

  delete(stream: OpenStream): void {
    this.#streams.delete(stream);
  }

  recheck(): void {
    for (const stream of [...this.#streams]) stream.recheck();
  }

  /** Ends those whose caller was identified by a client certificate. */
  endCertified(): void {
    for (const stream of [...this.#streams]) stream.endCertified();
  }

  stop(): void {
    clearInterval(this.#timer);
  }
}
