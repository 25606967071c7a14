const TERMINAL_INTERVAL_MS = 1000;
const LOG_INTERVAL_MS = 10_000;

/** The status of a run. */
export interface Status {
  requested: number;
  states: Record<string, number>;
  faults: string;
}

/** Prints the progress to stderr: on a terminal in one line that is updated, otherwise a line from time to time. */
export class RunProgress {
  readonly #isTerminal = process.stderr.isTTY;
  readonly #from = Date.now();
  #written = 0;

  /** Prints the next phase; the line stays on the terminal. */
  phase(what: string): void {
    this.#clear();
    process.stderr.write(`${((Date.now() - this.#from) / 1000).toFixed(0)} s: ${what} …\n`);
  }

  /** Prints what is being waited for, unless something was printed a moment ago. */
  show(line: string): void {
    const now = Date.now();
    if (now - this.#written < (this.#isTerminal ? TERMINAL_INTERVAL_MS : LOG_INTERVAL_MS)) return;
    this.#written = now;
    this.#clear();
    process.stderr.write(this.#isTerminal ? line.slice(0, process.stderr.columns - 1) : `${line}\n`);
  }

  /** Prints the status repeatedly; returns the function that ends it. */
  follow(seconds: number, read: () => Promise<Status>): () => void {
    const from = Date.now();
    this.phase(`load and faults for ${seconds} s`);
    const timer = setInterval(() => {
      void read().then((status) => this.show(lineOf(status, (Date.now() - from) / 1000, seconds)));
    }, 1000);
    return () => clearInterval(timer);
  }

  #clear(): void {
    if (this.#isTerminal) process.stderr.write('\r\u001b[K');
  }
}

function lineOf({ requested, states, faults }: Status, at: number, seconds: number): string {
  const counts = Object.entries(states).map(([state, count]) => `${state} ${count}`);
  return `${Math.round(at)}/${seconds} s · ${requested} requested · ${counts.sort().join(' · ')}${faults && ` · ${faults}`}`;
}
