import { Poller } from '@wxa/service';
import type { Store } from '@wxa/store';

const POLL_MS = 10_000;
/** Far longer than any lease, any lane's delay and any event's time in the outbox. */
const LOST_AFTER_MS = 15 * 60 * 1000;
const BEGINNING = '00000000-0000-0000-0000-000000000000';
/** Blockers checked per poll. */
const BLOCKERS = 250;

export interface LostCommandsTools {
  store: Pick<Store['backlog'], 'findUntouched' | 'recover' | 'releaseMissed'>;
  inLane(operationId: string): boolean;
  /** False while Postgres is not verified: an operation may have ended already. */
  mayRecover(): boolean;
  /** Reads the end offsets from Kafka; returns a mini-program's partition if this worker owns it and has read it to its end. */
  readToEnd(): Promise<(appid: string) => number | undefined>;
  /** Operations may be loaded. */
  onRecovered(): void;
  onFailure(error: unknown): void;
}

/**
 * Recovers operations that Kafka will not deliver: their partition's owner has read it to its end, and they are in no
 * lane, wait for nothing and were untouched for 15 minutes. They are loaded from Postgres. As a safety net, it also
 * releases operations whose blocker has ended.
 */
export class LostCommands {
  readonly #poller = new Poller(
    POLL_MS,
    () => this.#poll(),
    (error) => this.tools.onFailure(error),
  );
  #after = BEGINNING;
  #afterBlocker = BEGINNING;

  constructor(
    private readonly tools: LostCommandsTools,
    private readonly lostAfterMs = LOST_AFTER_MS,
  ) {}

  start(): void {
    this.#poller.start();
  }

  stop(): Promise<void> {
    return this.#poller.stop();
  }

  /** Polls now. */
  wakeUp(): void {
    this.#poller.wakeUp();
  }

  async #poll(): Promise<void> {
    const { store, mayRecover, onRecovered } = this.tools;
    if (!mayRecover()) return;
    await this.#findLost();
    const { next, released } = await store.releaseMissed(this.#afterBlocker, BLOCKERS);
    this.#afterBlocker = next ?? BEGINNING;
    if (released > 0) onRecovered();
  }

  async #findLost(): Promise<void> {
    const { store, inLane, readToEnd, onRecovered } = this.tools;
    const { next, untouched } = await store.findUntouched(this.#after, this.lostAfterMs);
    this.#after = next ?? BEGINNING;
    const missing = untouched.filter(({ id }) => !inLane(id));
    if (missing.length === 0) return;
    // Read last: any command read since is in a lane or was touched.
    const partitionOf = await readToEnd();
    const lost = missing.flatMap(({ id, appid }) => {
      const partition = partitionOf(appid);
      return partition === undefined || inLane(id) ? [] : [{ id, partition }];
    });
    if (lost.length > 0 && (await store.recover(lost, this.lostAfterMs)) > 0) onRecovered();
  }
}
