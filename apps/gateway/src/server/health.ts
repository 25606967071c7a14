import { setTimeout as delay } from 'node:timers/promises';
import type { Server } from '@grpc/grpc-js';
import type { Readiness } from '@wxa/service';
import type { Store } from '@wxa/store';
import { HealthImplementation } from 'grpc-health-check';
import { packageDefinition } from '../decode/decode-request.js';
import { outboxDepth, outboxQuarantined } from '../metrics.js';

const EVERY_MS = 1000;
const TIMEOUT_MS = 2000;
const DEPTH_EVERY = 10;

const SERVICES = ['', ...Object.keys(packageDefinition)];

/** The standard gRPC health service. All services share the state of the process. */
export class Health {
  readonly #health = new HealthImplementation(
    Object.fromEntries(SERVICES.map((service) => [service, 'NOT_SERVING' as const])),
  );
  #serving = false;

  addTo(server: Pick<Server, 'addService'>): void {
    this.#health.addToServer(server);
  }

  set(serving: boolean): void {
    if (serving === this.#serving) return;
    this.#serving = serving;
    for (const service of SERVICES) this.#health.setStatus(service, serving ? 'SERVING' : 'NOT_SERVING');
  }
}

/** Checks Postgres every second and updates readiness and health in both directions. */
export class PostgresProbe {
  readonly #stopped = new AbortController();
  #pending: Promise<boolean> | undefined;

  constructor(
    private readonly store: Store,
    private readonly readiness: Readiness,
    private readonly health: Health,
  ) {}

  async run(): Promise<void> {
    for (let count = 0; !this.#stopped.signal.aborted; count += 1) {
      this.#report(await this.#check(count % DEPTH_EVERY === 0));
      await delay(EVERY_MS, undefined, { signal: this.#stopped.signal }).catch(() => undefined);
    }
  }

  /** Makes the process unready permanently. */
  stop(): void {
    this.#stopped.abort();
    this.readiness.set('postgres', false, 'stopping');
    this.health.set(false);
  }

  async #check(withDepth: boolean): Promise<boolean> {
    // While a database hangs, do not add another query every second.
    this.#pending ??= this.#ping(withDepth).finally(() => {
      this.#pending = undefined;
    });
    return Promise.race([this.#pending, delay(TIMEOUT_MS, false)]);
  }

  async #ping(withDepth: boolean): Promise<boolean> {
    try {
      await this.store.ping();
      if (withDepth) await this.#measureOutbox();
      return true;
    } catch {
      return false;
    }
  }

  async #measureOutbox(): Promise<void> {
    outboxDepth.set({ writer: 'gateway' }, await this.store.outbox.depth());
    const refused = await this.store.outbox.quarantined();
    outboxQuarantined.set({ writer: 'gateway' }, refused);
    this.readiness.set(
      'outbox',
      true,
      refused > 0 ? `${refused} events permanently rejected by Kafka` : undefined,
    );
  }

  #report(ready: boolean): void {
    if (this.#stopped.signal.aborted) return;
    this.readiness.set('postgres', ready);
    this.health.set(ready);
  }
}
