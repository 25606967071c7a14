import { writeFile } from 'node:fs/promises';
import { availableParallelism, cpus, loadavg } from 'node:os';
import { onStopSignal } from '@wxa/stack';
import { writeReport } from './report/write-report.js';
import type { Origin, Results } from './results.js';

/**
 * A run of the benchmark. What a part has registered is stopped when the part ends or the process gets a signal, which also
 * aborts `signal`.
 */
export class Run {
  readonly #aborted = new AbortController();
  readonly #stops: (() => Promise<unknown>)[] = [];
  #handlesSignals = false;

  get signal(): AbortSignal {
    return this.#aborted.signal;
  }

  log(line: string): void {
    console.error(line);
  }

  /** Registers a resource that is stopped at the end, the last one first. */
  register<T extends { stop(): Promise<unknown> }>(resource: T): T {
    this.#stops.push(() => resource.stop());
    return resource;
  }

  /** Measures one part, then stops what it registered. */
  async measurePart<T>(measure: () => Promise<T>): Promise<T & Origin> {
    this.#handleSignals();
    const loadBefore = Number((loadavg()[0] ?? 0).toFixed(1));
    try {
      const measured = await measure();
      const machine = `${availableParallelism()} cores, ${cpus()[0]?.model ?? 'unknown'}, Node ${process.version}`;
      return { at: new Date().toISOString(), machine, loadBefore, ...measured };
    } catch (error) {
      // The signal handler is stopping the servers and then ends the process.
      if (this.signal.aborted) await new Promise(() => undefined);
      throw error;
    } finally {
      if (!this.signal.aborted) await this.#stop();
    }
  }

  #handleSignals(): void {
    if (this.#handlesSignals) return;
    this.#handlesSignals = true;
    onStopSignal(async () => {
      this.#aborted.abort();
      await this.#stop();
    });
  }

  async #stop(): Promise<void> {
    for (const stop of this.#stops.splice(0).reverse()) await stop();
  }
}

/** Stores the results of a part in bench/results and writes the tables of bench/RESULTS.md. */
export async function storeResult<Name extends keyof Results>(
  name: Name,
  result: Results[Name],
): Promise<void> {
  const file = new URL(`../results/${name}.json`, import.meta.url);
  await writeFile(file, `${JSON.stringify(result, null, 2)}\n`);
  await writeReport();
}
