import { setTimeout as delay } from 'node:timers/promises';
import type { Readiness } from '@wxa/service';
import type { Store } from '@wxa/store';
import type { Health } from './grpc/health.js';
import { outboxDepth, outboxQuarantined } from './metrics.js';

const EVERY_MS = 1000;
const TIMEOUT_MS = 2000;
const DEPTH_EVERY = 10;

/** Asks Postgres every second whether it is there: readiness and health follow, down and up again. */
export class PostgresProbe {
  readonly #stopped = new AbortController();
  #asked: Promise<boolean> | undefined;

  constructor(
    private readonly store: Store,
    private readonly readiness: Readiness,
    private readonly health: Health,
  ) {}

  async run(): Promise<void> {
    for (let turn = 0; !this.#stopped.signal.aborted; turn += 1) {
      this.#say(await this.#ask(turn % DEPTH_EVERY === 0));
      await delay(EVERY_MS, undefined, { signal: this.#stopped.signal }).catch(() => undefined);
    }
  }

  /** From now on the process is not ready. */
  stop(): void {
    this.#stopped.abort();
    this.readiness.set('postgres', false, 'stopping');
    this.health.set(false);
  }

  async #ask(withDepth: boolean): Promise<boolean> {
    // A database that hangs must not be given one more question every second.
    this.#asked ??= this.#ping(withDepth).finally(() => {
      this.#asked = undefined;
    });
    return Promise.race([this.#asked, delay(TIMEOUT_MS, false)]);
  }

  async #ping(withDepth: boolean): Promise<boolean> {
    try {
      await this.store.ping();
      if (withDepth) await this.#lookAtOutbox();
      return true;
    } catch {
      return false;
    }
  }

  async #lookAtOutbox(): Promise<void> {
    outboxDepth.set({ writer: 'gateway' }, await this.store.outboxDepth());
    const refused = await this.store.refusedEvents();
    outboxQuarantined.set({ writer: 'gateway' }, refused);
    this.readiness.set(
      'outbox',
      true,
      refused > 0 ? `${refused} events permanently rejected by Kafka` : undefined,
    );
  }

  #say(ready: boolean): void {
    if (this.#stopped.signal.aborted) return;
    this.readiness.set('postgres', ready);
    this.health.set(ready);
  }
}
