/** The readiness of a process by part, as returned by `/readyz`. */
export class Readiness {
  readonly #parts = new Map<string, { ready: boolean; detail?: string }>();

  /** @param parts all must be ready for the process to be ready; initially none is. */
  constructor(parts: string[]) {
    for (const part of parts) this.#parts.set(part, { ready: false });
  }

  set(part: string, ready: boolean, detail?: string): void {
    this.#parts.set(part, detail === undefined ? { ready } : { ready, detail });
  }

  get ready(): boolean {
    return [...this.#parts.values()].every((part) => part.ready);
  }

  /** Each part by name. */
  report(): Record<string, { ready: boolean; detail?: string }> {
    return Object.fromEntries(this.#parts);
  }
}
