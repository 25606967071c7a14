import type { BacklogStore } from '@wxa/store';
import { Poller } from '../poller.js';

const POLL_MS = 10_000;
/** Far longer than any claim holds, any lane's timer waits and any event stays in the outbox. */
const LOST_AFTER_MS = 15 * 60 * 1000;
const BEGINNING = '00000000-0000-0000-0000-000000000000';
/** Blockers looked at in one pass. */
const BLOCKERS = 250;

/** What the search for lost commands works with. */
export interface LostCommandsTools {
  store: Pick<BacklogStore, 'findUntouched' | 'recover' | 'releaseMissed'>;
  /** Whether a lane has the operation. */
  inLane(operationId: string): boolean;
  /** Looks at Kafka: the partition of a mini-program, where this worker owns it and has read it to its end. */
  readToEnd(): Promise<(appid: string) => number | undefined>;
  /** Operations may be loaded. */
  onRecovered(): void;
  onFailure(error: unknown): void;
}

/**
 * Finds operations that Kafka will not bring: the owner of their partition has read past their command, or it is gone, and
 * they are in no lane, wait for nothing and were untouched for 15 minutes. They run from Postgres. And, as a safety
 * net, what waits for an operation that has ended.
 */
export class LostCommands {
  readonly #looks = new Poller(POLL_MS, () => this.#poll());
  #after = BEGINNING;
  #afterBlocker = BEGINNING;

  constructor(
    private readonly tools: LostCommandsTools,
    private readonly lostAfterMs = LOST_AFTER_MS,
  ) {}

  start(): void {
    this.#looks.start();
  }

  stop(): Promise<void> {
    return this.#looks.stop();
  }

  /** Looks now. */
  wakeUp(): void {
    this.#looks.wakeUp();
  }

  async #poll(): Promise<void> {
    const { store, onFailure } = this.tools;
    try {
      await this.#findLost();
      const { next, released } = await store.releaseMissed(this.#afterBlocker, BLOCKERS);
      this.#afterBlocker = next ?? BEGINNING;
      if (released > 0) this.tools.onRecovered();
    } catch (error) {
      onFailure(error);
    }
  }

  async #findLost(): Promise<void> {
    const { store, inLane, readToEnd, onRecovered } = this.tools;
    const { next, untouched } = await store.findUntouched(this.#after, this.lostAfterMs);
    this.#after = next ?? BEGINNING;
    const missing = untouched.filter(({ id }) => !inLane(id));
    if (missing.length === 0) return;
    // Only now: what was read in the meantime is in a lane, or was touched.
    const partitionOf = await readToEnd();
    const lost = missing.flatMap(({ id, appid }) => {
      const partition = partitionOf(appid);
      return partition === undefined || inLane(id) ? [] : [{ id, partition }];
    });
    if (lost.length > 0 && (await store.recover(lost, this.lostAfterMs)) > 0) onRecovered();
  }
}
