import { setTimeout as delay } from 'node:timers/promises';
import type { FaultRecord } from '../history.js';
import type { PlannedFault } from './schedule.js';

/** The faults that were injected, and those that are active. */
export class FaultLog {
  readonly records: FaultRecord[] = [];
  readonly #now = new Set<string>();

  /** The active faults, for the terminal. */
  get now(): string {
    return [...this.#now].join(' · ');
  }

  note(name: string, target: string, from = Date.now()): void {
    this.records.push({ name, target, from, to: Date.now() });
  }

  /** Injects one fault after the other until `signal` is aborted; resolves when the last one has ended. */
  async follow(
    faults: Iterable<PlannedFault>,
    inject: (planned: PlannedFault) => Promise<string>,
    signal: AbortSignal,
  ): Promise<void> {
    for (const planned of faults) {
      await delay(planned.pauseMs, undefined, { signal }).catch(() => undefined);
      if (signal.aborted) return;
      const from = Date.now();
      this.#now.add(planned.name);
      const target = await inject(planned);
      this.#now.delete(planned.name);
      this.note(planned.name, target, from);
    }
  }
}
