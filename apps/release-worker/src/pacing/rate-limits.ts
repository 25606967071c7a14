import { setTimeout as delay } from 'node:timers/promises';
import type { WxaResult } from '@wxa/wxa-client';
import { Gcra } from './gcra.js';
import type { PlatformLimits } from './platform-limits.js';
import { LATE_MS } from './reservation-queue.js';

const SWEEP_AT = 10_000;
/** A lane is let go before its place, since its claim takes a while: so long at first, and at least, and at most. */
const LEAD_MS = { first: 50, least: 30, most: 250 };
/** A claim that is done so long before its place is early enough. */
const EARLY_MS = 15;

/** The limits under which this process calls WeChat: one API of one mini-program, and one API of the platform. */
export class RateLimits {
  readonly #lanes = new Map<string, Gcra>();
  /** Where mini-programs have no limit of ours, all that WeChat did not turn away. */
  readonly #unlimited = new Gcra(0);
  #leadMs = LEAD_MS.first;

  /**
   * @param rates perAppid: calls a second to one API of one mini-program; 0: no limit of ours. Kept here alone, since
   *   a mini-program's calls all come from one worker; empty at first.
   * @param platform what all workers share.
   */
  constructor(
    private readonly rates: { perAppid: number },
    private readonly platform: Pick<
      PlatformLimits,
      'reserve' | 'use' | 'isLimited' | 'isNear' | 'isStopped' | 'reopen' | 'learn' | 'perSecond'
    > = UNLIMITED,
  ) {}

  /** How many buckets of mini-programs are remembered. */
  get size(): number {
    return this.#lanes.size;
  }

  /** Reserves a call of one mini-program: when its own limit lets it go, by performance.now(). */
  reserveForAppid(appid: string, api: string, now = performance.now()): number {
    return now + this.#lane(appid, api, now).reserve(now);
  }

  /**
   * Reserves a call of the platform, to be asked when the mini-program's own limit lets the call go: when to be ready
   * for it, by performance.now(), once that is known; undefined where the asker is sent away without a place.
   */
  reserveForApi(api: string, kind: 'retry' | 'first' = 'first'): Promise<number | undefined> {
    return this.platform.reserve(api, kind);
  }

  /** Calls a second that an API may have over all workers; undefined: it has no limit now. */
  perSecond(api: string): number | undefined {
    return this.platform.perSecond(api);
  }

  /** In how many milliseconds to claim for a turn or a place. */
  msUntilClaim(due: number): number {
    return Math.max(0, due - this.#leadMs - performance.now());
  }

  /** Takes the turn of a call that needs not wait for one; false where it has to. */
  tryAcquire(appid: string, api: string, now = performance.now()): boolean {
    const lane = this.#lane(appid, api, now);
    if (this.platform.isLimited(api) || !lane.isIdle(now)) return false;
    lane.went(now);
    return true;
  }

  /** Waits for the turn of a call that goes before long, and resolves with true; with false where it has to wait longer. */
  async tryAcquireSoon(appid: string, api: string): Promise<boolean> {
    const now = performance.now();
    if (!this.#lane(appid, api, now).isIdle(now) || !this.platform.isNear(api)) return false;
    await this.#acquireFrom(appid, api, now);
    return true;
  }

  /** Resolves when a call may go that has its turn and was to be ready at `place`. */
  async acquireReserved(appid: string, api: string, turn: number, place: number): Promise<void> {
    const dueMs = Math.max(turn, place) - performance.now();
    if (this.platform.isLimited(api) || this.rates.perAppid > 0) this.#adaptLead(dueMs);
    await this.#acquireFrom(appid, api, turn);
  }

  /** Resolves when a call may go that comes between a lane's turn and its call. */
  async acquire(appid: string, api: string): Promise<void> {
    await this.#acquireFrom(appid, api, this.reserveForAppid(appid, api));
  }

  /** Resolves when a call may go that had its turn and was held up since. */
  async acquireLate(appid: string, api: string): Promise<void> {
    await this.#acquireFrom(appid, api, performance.now());
  }

  /** At a place under the platform's limit; where that is missed, at another one. */
  async #acquireFrom(appid: string, api: string, turn: number): Promise<void> {
    for (let isMissed = true; isMissed; ) {
      const place = await this.platform.use(api, turn);
      await this.#until(Math.max(turn, place ?? 0));
      isMissed = place !== undefined && performance.now() - place > LATE_MS;
    }
    const now = performance.now();
    this.#lane(appid, api, now).went(now);
  }

  async #until(due: number): Promise<void> {
    for (let waitMs = due - performance.now(); waitMs > 0; waitMs = due - performance.now())
      await delay(Math.ceil(waitMs));
  }

  /** Whether WeChat's quota for an API is used up for the whole platform. */
  isStopped(api: string): boolean {
    return this.platform.isStopped(api);
  }

  /** Postgres says that a stop was lifted. */
  reopen(api: string): void {
    this.platform.reopen(api);
  }

  /** Learns from WeChat's answer to a call. */
  learn(appid: string, api: string, result: WxaResult<unknown>): void {
    this.platform.learn(appid, api, result);
  }

  /** WeChat said "too often" (45011, 9402202): nothing to this API for this mini-program before `ms` from now. */
  block(appid: string, api: string, ms: number, now = performance.now()): void {
    this.#bucket(`${appid} ${api}`, now).block(now + ms);
  }

  /** Towards claims that are done shortly before their places: up fast, down slowly. */
  #adaptLead(earlyMs: number): void {
    const lackMs = EARLY_MS - earlyMs;
    const changed = this.#leadMs + (lackMs > 0 ? lackMs / 2 : lackMs / 20);
    this.#leadMs = Math.min(LEAD_MS.most, Math.max(LEAD_MS.least, changed));
  }

  #lane(appid: string, api: string, now: number): Gcra {
    const key = `${appid} ${api}`;
    if (this.rates.perAppid === 0) return this.#lanes.get(key) ?? this.#unlimited;
    return this.#bucket(key, now);
  }

  #bucket(key: string, now: number): Gcra {
    const known = this.#lanes.get(key);
    if (known !== undefined) return known;
    if (this.#lanes.size >= SWEEP_AT) this.#forgetIdle(now);
    const made = new Gcra(this.rates.perAppid);
    this.#lanes.set(key, made);
    return made;
  }

  #forgetIdle(now: number): void {
    for (const [key, gcra] of this.#lanes) if (gcra.isIdle(now)) this.#lanes.delete(key);
  }
}

/** No platform limit: nothing is shared. */
const UNLIMITED = {
  reserve: async () => performance.now(),
  use: async () => undefined,
  isLimited: () => false,
  isNear: () => true,
  isStopped: () => false,
  reopen: () => undefined,
  learn: () => undefined,
  perSecond: () => undefined,
};
