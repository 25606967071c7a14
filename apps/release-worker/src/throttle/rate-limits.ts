import { Gcra } from '@wxa/service';
import type { PlatformLimits } from './platform-limits.js';
import { LATE_MS, until } from './reservation-queue.js';

const SWEEP_AT = 10_000;
/** How long before its reservation a lane starts its claim: initially, at least and at most. */
const LEAD_MS = { initial: 50, min: 30, max: 250 };
/** Target time between the end of a claim and its reservation: a later call misses it, an earlier one holds its permit. */
const EARLY_MS = 15;

/** The rate limits of this process's WeChat calls: per API of a mini-program, and per API of the platform. */
export class RateLimits {
  readonly #lanes = new Map<string, Gcra>();
  /** Shared by all mini-programs that WeChat did not rate-limit, if WECHAT_RATE_PER_APPID is 0. */
  readonly #unlimited = new Gcra(0);
  #leadMs = LEAD_MS.initial;

  /**
   * @param rates perAppid: calls per second to one API of one mini-program; 0: no limit. Not shared, because all calls
   *   of a mini-program come from one worker.
   * @param platform the limits shared by all workers.
   */
  constructor(
    private readonly rates: { perAppid: number },
    readonly platform: Pick<
      PlatformLimits,
      'reserve' | 'use' | 'isLimited' | 'isNear' | 'stoppedBy' | 'reopen' | 'learn' | 'storeStop'
    >,
  ) {}

  get size(): number {
    return this.#lanes.size;
  }

  /** Makes a reservation of the mini-program's limit; returns its time, in performance.now() time. */
  reserveForAppid(appid: string, api: string, now = performance.now()): number {
    return now + this.#lane(appid, api, now).reserve(now);
  }

  /** Milliseconds until the claim for a reservation should start. */
  msUntilClaim(due: number): number {
    return Math.max(0, due - this.#leadMs - performance.now());
  }

  /** Acquires a call that need not wait; returns false if it would have to. */
  tryAcquire(appid: string, api: string, now = performance.now()): boolean {
    const lane = this.#lane(appid, api, now);
    if (this.platform.isLimited(api) || !lane.isIdle(now)) return false;
    lane.sent(now);
    return true;
  }

  /** Acquires a call and waits if the wait is short; resolves with false if it is longer. */
  async tryAcquireSoon(appid: string, api: string): Promise<boolean> {
    const now = performance.now();
    if (!this.#lane(appid, api, now).isIdle(now) || !this.platform.isNear(api)) return false;
    await this.acquire(appid, api, now);
    return true;
  }

  /** Resolves when a call with these two reservations may be sent; adapts the lead to the duration of its claim. */
  async acquireReserved(appid: string, api: string, appidDueAt: number, apiDueAt: number): Promise<void> {
    const lackMs = EARLY_MS - (Math.max(appidDueAt, apiDueAt) - performance.now());
    const changed = this.#leadMs + (lackMs > 0 ? lackMs / 2 : lackMs / 20);
    if (this.platform.isLimited(api) || this.rates.perAppid > 0)
      this.#leadMs = Math.min(LEAD_MS.max, Math.max(LEAD_MS.min, changed));
    await this.acquire(appid, api, appidDueAt);
  }

  /**
   * Resolves when a call may be sent: it uses a reservation of the platform's limit, and another one if that was missed.
   * @param appidDueAt the mini-program's reservation; by default a new one.
   */
  async acquire(appid: string, api: string, appidDueAt = this.reserveForAppid(appid, api)): Promise<void> {
    for (let isMissed = true; isMissed; ) {
      const apiDueAt = await this.platform.use(api, appidDueAt);
      await until(Math.max(appidDueAt, apiDueAt ?? 0));
      isMissed = apiDueAt !== undefined && performance.now() - apiDueAt > LATE_MS;
    }
    const now = performance.now();
    this.#lane(appid, api, now).sent(now);
  }

  /** After WeChat's rate limit (45011, 9402202): no call to this API for this mini-program for `ms`. */
  block(appid: string, api: string, ms: number, now = performance.now()): void {
    this.#bucket(`${appid} ${api}`, now).block(now + ms);
  }

  #lane(appid: string, api: string, now: number): Gcra {
    const key = `${appid} ${api}`;
    if (this.rates.perAppid === 0) return this.#lanes.get(key) ?? this.#unlimited;
    return this.#bucket(key, now);
  }

  #bucket(key: string, now: number): Gcra {
    const known = this.#lanes.get(key);
    if (known !== undefined) return known;
    if (this.#lanes.size >= SWEEP_AT)
      for (const [idle, gcra] of this.#lanes) if (gcra.isIdle(now)) this.#lanes.delete(idle);
    const made = new Gcra(this.rates.perAppid);
    this.#lanes.set(key, made);
    return made;
  }
}
