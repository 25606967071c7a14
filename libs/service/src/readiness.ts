/** Whether a process can do its work, part by part: what `/readyz` tells. */
export class Readiness {
  readonly #parts = new Map<string, { ready: boolean; detail?: string }>();

  /** @param parts must all be ready before the process is; none is at first. */
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
