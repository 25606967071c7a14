import { randomUUID } from 'node:crypto';
import type { Leases } from '@wxa/postgres';
import { leaseLog } from '@wxa/service/lease-log';
import type { KafkaLogger } from '../connection.js';

const LEASE_MS = 5_000;
const RENEW_MS = 1_500;
/** All relays wake up at each notification; one without the lease asks for it only this often. */
const ASK_MS = 100;

/** The lease of an outbox: the process that holds it publishes, and is notified by the others. */
export class RelayLease {
  readonly #holder = relayHolder();
  readonly #logLease: (isHeld: boolean) => void;
  #renewedAt = Number.NEGATIVE_INFINITY;
  #refusedAt = Number.NEGATIVE_INFINITY;
  #notifying = false;
  #notifyPending = false;
  #unlisten: () => void = () => undefined;

  /**
   * @param name of the lease, and of the channel on which its holder listens.
   * @param options `minIntervalMs`: minimum time between two notifications.
   */
  constructor(
    private readonly leases: Leases,
    private readonly name: string,
    private readonly options: { logger: KafkaLogger; minIntervalMs?: number },
  ) {
    this.#logLease = leaseLog(options.logger, name);
  }

  /** Whether this process holds it, as far as it knows. */
  get isHeld(): boolean {
    return performance.now() - this.#renewedAt < LEASE_MS;
  }

  /** Takes or renews it. Returns whether this process holds it. */
  async hold(): Promise<boolean> {
    const now = performance.now();
    if (now - this.#renewedAt < RENEW_MS) return true;
    if (now - this.#refusedAt < ASK_MS) return false;
    const isHeld = await this.leases.hold(this.name, this.#holder, LEASE_MS);
    this.#renewedAt = isHeld ? now : Number.NEGATIVE_INFINITY;
    this.#refusedAt = isHeld ? Number.NEGATIVE_INFINITY : now;
    this.#logLease(isHeld);
    return isHeld;
  }

  /** Calls `onNotified` at each notification, until `unlisten`. */
  listen(onNotified: () => void): void {
    this.#unlisten = this.leases.listen(this.name, onNotified);
  }

  /** One notification at a time, so that many writes in a row wake up the holder once or twice. */
  notifyHolder(): void {
    this.#notifyPending = this.#notifying;
    if (this.#notifying) return;
    this.#notifying = true;
    const ended = () => {
      this.#notifying = false;
      if (this.#notifyPending) this.notifyHolder();
    };
    const rest = () => void setTimeout(ended, this.options.minIntervalMs ?? 0);
    this.leases.notify(this.name).then(rest, rest);
  }

  unlisten(): void {
    this.#unlisten();
  }

  async release(): Promise<void> {
    await this.leases.release(this.name, this.#holder).catch(() => undefined);
  }
}

/** The holder of the lease of a relay: a UUIDv8. It takes the lease from a relay of 0.2.0, which has a UUIDv4. */
function relayHolder(): string {
  const uuid = randomUUID();
  return `${uuid.slice(0, 14)}8${uuid.slice(15)}`;
}
