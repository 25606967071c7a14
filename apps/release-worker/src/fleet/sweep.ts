import { randomUUID } from 'node:crypto';
import { FleetPart } from '@wxa/contracts';
import type { DueRead, FleetWork } from '@wxa/fleet';
import { FLEET_APIS, ROOMS } from '@wxa/methods';
import { ownOperation } from '@wxa/operations';
import { Poller } from '@wxa/service';
import type { Store } from '@wxa/store';
import { type PlatformLimits, stopOf } from '../throttle/platform-limits.js';
import type { PlatformDomainsRead } from './platform-domains.js';
import { ReadBudget, shareOfRates } from './read-budget.js';

/** Held by the worker that sweeps for all; expires by itself if that worker is lost. */
export const FLEET_LEASE = 'fleet';
const LEASE_MS = 15_000;
/** How often the holder renews it. */
const RENEW_MS = 5_000;
const EVERY_MS = 1_000;
/** Rows of one turn. */
const MOST = { missing: 5_000, computed: 100 };
/** Reads a second, however high the rates are: of all kinds, and of the versions of all mini-programs. */
const PER_SECOND = { all: 10, versions: 2 };
const ADD_EVERY_MS = 60 * 60_000;

export interface SweepTools {
  store: {
    fleet: Pick<
      Store['fleet'],
      'lookForWork' | 'takeDue' | 'takeVersionsDue' | 'addMissing' | 'computedBefore' | 'keepReads'
    >;
    leases: Pick<Store['leases'], 'hold' | 'release'>;
    operations: Pick<Store['operations'], 'accept'>;
  };
  /** Measured under the same lease. */
  reports?: readonly { measure(): Promise<void>; lost(): void }[];
  /** Asked under the same lease. */
  domains?: Pick<PlatformDomainsRead, 'ask'>;
  limits: Pick<PlatformLimits, 'perSecond' | 'stoppedBy' | 'waitingLong'>;
  /** Whether the circuit breaker is open: reads would queue, and all run once it closes. */
  isUnavailable(): boolean;
  /** False while an older worker runs, or Postgres is not verified. */
  mayAsk(): boolean;
  /** Operations were accepted. */
  onAsked(): void;
  onLease(isHeld: boolean): void;
  onFailure(error: unknown): void;
}

/**
 * Keeps the inventory up to date, in one worker at a time: reads what is due, as ordinary operations and within a tenth of the
 * rate of an API, and applies the rules again after the settings have changed. It asks for nothing while a caller waits for a
 * rate, or an API is stopped.
 */
export class FleetSweep {
  readonly #holder = randomUUID();
  readonly #poller = new Poller(
    EVERY_MS,
    () => this.#turn(),
    (error) => this.tools.onFailure(error),
  );
  readonly #all = new ReadBudget(PER_SECOND.all);
  readonly #versions = new ReadBudget(PER_SECOND.versions);
  #addedAt = Number.NEGATIVE_INFINITY;
  #renewedAt = Number.NEGATIVE_INFINITY;

  constructor(private readonly tools: SweepTools) {}

  start(): void {
    this.#poller.start();
  }

  /** Another worker takes over at once. */
  async stop(): Promise<void> {
    await this.#poller.stop();
    this.#lost();
    await this.tools.store.leases.release(FLEET_LEASE, this.#holder).catch(this.tools.onFailure);
  }

  async #turn(): Promise<void> {
    if (!this.tools.mayAsk()) return;
    if (!(await this.#holds())) return this.#lost();
    await this.#addMissing();
    const work = await this.tools.store.fleet.lookForWork();
    if (work.isStale) await this.#computeAgain();
    for (const report of this.tools.reports ?? []) await report.measure();
    await this.#askForDomains();
    if (!this.#isBusy()) await this.#take(work);
  }

  /** Its turns are shorter than what a lease has left when it is not renewed yet. */
  async #holds(): Promise<boolean> {
    const now = performance.now();
    if (now - this.#renewedAt < RENEW_MS) return true;
    const isHeld = await this.tools.store.leases.hold(FLEET_LEASE, this.#holder, LEASE_MS);
    this.#renewedAt = isHeld ? now : Number.NEGATIVE_INFINITY;
    this.tools.onLease(isHeld);
    return isHeld;
  }

  async #take({ isDue, areVersionsDue }: FleetWork): Promise<void> {
    const { fleet } = this.tools.store;
    const share = shareOfRates(FLEET_APIS.map((api) => this.tools.limits.perSecond(api)));
    const available = this.#all.available(share);
    const ask = (taken: DueRead[]) => this.#ask(taken);
    const due = isDue && available >= 1 ? await fleet.takeDue(available, ask) : [];
    this.#all.take(due.length);
    const left = Math.min(available - due.length, this.#versions.available(share));
    const versions = areVersionsDue && left >= 1 ? await fleet.takeVersionsDue(left, ask) : [];
    this.#all.take(versions.length);
    this.#versions.take(versions.length);
    if (due.length + versions.length > 0) this.tools.onAsked();
  }

  #lost(): void {
    for (const report of this.tools.reports ?? []) report.lost();
  }

  /** Reads that wait for the end of a stop would all run then. */
  async #askForDomains(): Promise<void> {
    const { domains, limits, onAsked } = this.tools;
    if (stopOf(limits, 'GetPlatformDomains', ROOMS.GetPlatformDomains.api) !== undefined) return;
    if (await domains?.ask()) onAsked();
  }

  /** All of an upgrade at first; then those that an older process has added. */
  async #addMissing(): Promise<void> {
    if (performance.now() - this.#addedAt < ADD_EVERY_MS) return;
    const added = await this.tools.store.fleet.addMissing(MOST.missing);
    if (added < MOST.missing) this.#addedAt = performance.now();
  }

  async #computeAgain(): Promise<void> {
    const { fleet } = this.tools.store;
    const appids = await fleet.computedBefore(MOST.computed);
    for (const appid of appids) await fleet.keepReads({ appid, reads: [], at: new Date() });
  }

  #isBusy(): boolean {
    const { limits, isUnavailable } = this.tools;
    if (isUnavailable()) return true;
    const waiting = limits.waitingLong();
    return FLEET_APIS.some((api) => (waiting.get(api) ?? 0) > 0 || limits.stoppedBy(api) !== undefined);
  }

  async #ask(due: DueRead[]): Promise<void> {
    await Promise.all(
      due.map(({ appid, parts }) =>
        this.tools.store.operations.accept(
          ownOperation('RefreshMiniProgram', {
            appid,
            requestId: `fleet-${randomUUID()}`,
            ...(parts.length > 0 && { parts: parts.map((part) => FleetPart[`FLEET_PART_${part}`]) }),
          }),
        ),
      ),
    );
  }
}
