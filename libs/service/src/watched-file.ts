import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';

/** How to use the content of watched files. */
export interface WatchOptions<K extends string, T> {
  /** Each file has a name of the caller's choice. */
  paths: Readonly<Record<K, string>>;
  /** How often the files are read, in milliseconds. */
  intervalMs: number;
  /** The value of the contents. Throws if they are invalid. */
  parse(contents: Record<K, string>): T;
  /** This is called with each value after the first one. */
  onChange?(value: T): void;
  /** Called when the files become unreadable or invalid, or for another reason than before. */
  onError(error: Error): void;
}

/**
 * The value of files that are read again at an interval, whether they are replaced by rename (as by Kubernetes) or written in
 * place. If they are unreadable, incomplete or invalid, the last good value is kept.
 */
export class WatchedFiles<T, K extends string = string> {
  #value: T;
  #text: string;
  #error = '';
  /** Numbers of the last reading that began, and of that whose result is in use. */
  #begun = 0;
  #used = 0;
  readonly #timer: NodeJS.Timeout;

  /** Reads the files. Throws if they are unreadable or invalid. */
  constructor(private readonly options: WatchOptions<K, T>) {
    const contents = this.#contents(this.#paths.map((path) => readFileSync(path, 'utf8')));
    this.#value = options.parse(contents);
    this.#text = JSON.stringify(contents);
    this.#timer = setInterval(() => void this.readAgain(), options.intervalMs).unref();
  }

  /** The last good value. */
  get value(): T {
    return this.#value;
  }

  /** The value of what the files contain at this moment, or else the last good one. Blocks the process while it reads them. */
  get latest(): T {
    this.#begun += 1;
    this.#used = this.#begun;
    try {
      this.#take(this.#paths.map((path) => readFileSync(path, 'utf8')));
    } catch (error) {
      this.#report(error as Error);
    }
    return this.#value;
  }

  /** Reads the files now. Never rejects. */
  async readAgain(): Promise<void> {
    this.#begun += 1;
    const reading = this.#begun;
    const [read] = await Promise.allSettled([Promise.all(this.#paths.map((path) => readFile(path, 'utf8')))]);
    if (reading < this.#used) return;
    this.#used = reading;
    try {
      if (read.status === 'rejected') throw read.reason;
      this.#take(read.value);
    } catch (error) {
      this.#report(error as Error);
    }
  }

  /** Readings that have begun have no effect either. */
  stop(): void {
    clearInterval(this.#timer);
    this.#used = Number.POSITIVE_INFINITY;
  }

  get #paths(): string[] {
    return Object.values(this.options.paths);
  }

  /** @param texts in the order of `#paths`. */
  #contents(texts: readonly string[]): Record<K, string> {
    const names = Object.keys(this.options.paths);
    return Object.fromEntries(names.map((name, i) => [name, texts[i]])) as Record<K, string>;
  }

  /** Throws if the texts are invalid. */
  #take(texts: readonly string[]): void {
    const contents = this.#contents(texts);
    const text = JSON.stringify(contents);
    if (text !== this.#text) this.#accept(this.options.parse(contents), text);
    this.#error = '';
  }

  #accept(value: T, text: string): void {
    this.#text = text;
    this.#value = value;
    this.options.onChange?.(value);
  }

  /** An error is reported once per reason, not at each interval. */
  #report(error: Error): void {
    if (error.message === this.#error) return;
    this.#error = error.message;
    this.options.onError(error);
  }
}
