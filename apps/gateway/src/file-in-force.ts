import { setTimeout as delay } from 'node:timers/promises';
import type { PolicyError } from '@wxa/policy';
import { ConfigError } from '@wxa/service';

const EVERY_MS = 1_000;
/** Between the two readings of a change. */
const CONFIRM_MS = 200;

/** A file that was read has errors or a value, never both. `files`: all texts, which change if and only if the value may. */
export interface Reading<T> {
  value?: T | undefined;
  errors: PolicyError[];
  files: string;
}

export interface FileOptions<T> {
  /** The setting that names it, for errors at the start. */
  setting: string;
  read(): Promise<Reading<T>>;
  /** Called with each value that comes into force, the first one included, and the texts of its files. */
  onLoaded(value: T, files: string): void;
  /** Called with whether the newest version is invalid, and its errors as `file:line: message`. */
  onRead(errors: string[]): void;
  /** Waits until a change that was read is read once more. */
  beforeConfirming?: (() => Promise<unknown>) | undefined;
}

/**
 * What a file of rules says, as long as its version is valid: it is read again every second, and an invalid version changes nothing. A
 * change is read twice, because a file that is written in place may be valid without its end, such as a deny rule.
 */
export class FileInForce<T> {
  #files = '';
  #current: T | undefined;
  #timer: NodeJS.Timeout | undefined;

  private constructor(private readonly options: FileOptions<T>) {}

  /** Reads the file. Rejects with ConfigError if it is invalid. */
  static async open<T>(options: FileOptions<T>): Promise<FileInForce<T>> {
    const file = new FileInForce(options);
    const errors = await file.readAgain();
    if (errors.length > 0) throw new ConfigError(errors.map((error) => `${options.setting}: ${error}`));
    file.#schedule();
    return file;
  }

  get current(): T {
    if (this.#current === undefined) throw new Error('no file has been read');
    return this.#current;
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  /** Reads the files now. Returns the errors of a new, invalid version; one that is being written is left to the next reading. */
  async readAgain(): Promise<string[]> {
    const { value, errors, files } = await this.options.read();
    if (files === this.#files) return [];
    if (this.#current !== undefined && !(await this.#isStill(files))) return [];
    this.#files = files;
    const texts = errors.map(({ file, line, message }) => `${file}:${line}: ${message}`);
    this.options.onRead(texts);
    if (value === undefined) return texts;
    this.#current = value;
    this.options.onLoaded(value, files);
    return [];
  }

  async #isStill(files: string): Promise<boolean> {
    const { beforeConfirming = () => delay(CONFIRM_MS, undefined, { ref: false }) } = this.options;
    await beforeConfirming();
    return (await this.options.read()).files === files;
  }

  #schedule(): void {
    this.#timer = setTimeout(() => {
      void this.readAgain().finally(() => {
        if (this.#timer !== undefined) this.#schedule();
      });
    }, EVERY_MS).unref();
  }
}
