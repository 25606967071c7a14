import { writeFile } from 'node:fs/promises';
import { availableParallelism, cpus, loadavg } from 'node:os';
import { stopOnSignal } from '@wxa/stack';
import type { Origin } from './origin.js';
import { writeReport } from './report/write-report.js';
import type { Results } from './results.js';

/** A run of the benchmark: what a part started is stopped when the part ends, or at a signal, which aborts `signal`. */
export class Run {
  readonly #aborted = new AbortController();
  readonly #started: (() => Promise<unknown>)[] = [];
  #watching = false;

  get signal(): AbortSignal {
    return this.#aborted.signal;
  }

  tell(line: string): void {
    console.error(line);
  }

  /** Registers what is stopped at the end, the last started first. */
  started<T extends { stop(): Promise<unknown> }>(what: T): T {
    this.#started.push(() => what.stop());
    return what;
  }

  /** Measures one part and stops what it started. */
  async part<T>(measure: () => Promise<T>): Promise<T & Origin> {
    this.#watch();
    const loadBefore = Number((loadavg()[0] ?? 0).toFixed(1));
    try {
      const measured = await measure();
      const machine = `${availableParallelism()} cores, ${cpus()[0]?.model ?? 'unknown'}, Node ${process.version}`;
      return { at: new Date().toISOString(), machine, loadBefore, ...measured };
    } catch (error) {
      // Its servers are being stopped; the process ends when all are.
      if (this.signal.aborted) await new Promise(() => undefined);
      throw error;
    } finally {
      if (!this.signal.aborted) await this.#stop();
    }
  }

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

/** Stores the results of a part in bench/results and writes the tables of bench/RESULTS.md. */
export async function keep<Name extends keyof Results>(name: Name, result: Results[Name]): Promise<void> {
  const file = new URL(`../results/${name}.json`, import.meta.url);
  await writeFile(file, `${JSON.stringify(result, null, 2)}\n`);
  await writeReport();
}
