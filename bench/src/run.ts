import { writeFile } from 'node:fs/promises';
import { availableParallelism, cpus, loadavg } from 'node:os';
import { stopOnSignal } from '@wxa/stack';
import { writeReport } from './report/write-report.js';
import type { Results, Told } from './results.js';

/** A run of the benchmark: what a part started is stopped when the part ends, or when a signal comes. */
export class Run {
  readonly #aborted = new AbortController();
  readonly #started: (() => Promise<unknown>)[] = [];

  #watching = false;

  /** Aborted when a signal comes. */
  get signal(): AbortSignal {
    return this.#aborted.signal;
  }

  tell(line: string): void {
    console.error(line);
  }

  /** Notes what is to be stopped, the last started first. */
  started<T extends { stop(): Promise<unknown> }>(what: T): T {
    this.#started.push(() => what.stop());
    return what;
  }

  /** Measures one part and stops what it started; says when, and what the machine was busy with before. */
  async part<T>(measure: () => Promise<T>): Promise<T & Pick<Told, 'at' | 'machine' | 'loadBefore'>> {
    this.#watch();
    const loadBefore = Number((loadavg()[0] ?? 0).toFixed(1));
    try {
      const measured = await measure();
      return { at: new Date().toISOString(), machine: machine(), loadBefore, ...measured };
    } catch (error) {
      // What it stood on is being stopped; the process ends when all is.
      if (this.signal.aborted) await new Promise(() => undefined);
      throw error;
    } finally {
      if (!this.signal.aborted) await this.#stop();
    }
  }

  /** Only when something is started: a part that is no part of this watches itself. */
  #watch(): void {
    if (this.#watching) return;
    this.#watching = true;
    stopOnSignal(async () => {
      this.#aborted.abort();
      await this.#stop();
    });
  }

  async #stop(): Promise<void> {
    for (const stop of this.#started.splice(0).reverse()) await stop();
  }
}

export function machine(): string {
  return `${availableParallelism()} cores, ${cpus()[0]?.model ?? 'unknown'}, Node ${process.version}`;
}

/** Stores the results of a part in bench/results and writes the tables of bench/RESULTS.md. */
export async function keep<Name extends keyof Results>(name: Name, result: Results[Name]): Promise<void> {
  await writeFile(
    new URL(`../results/${name}.json`, import.meta.url),
    `${JSON.stringify(result, null, 2)}\n`,
  );
  await writeReport();
}
