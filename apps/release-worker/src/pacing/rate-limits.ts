import { setTimeout as delay } from 'node:timers/promises';
import type { WxaResult } from '@wxa/wxa-client';
import { Gcra } from './gcra.js';
import type { PlatformLimits } from './platform-limits.js';

const SWEEP_AT = 10_000;
/** A lane is let go before its place, since its claim takes a while: so long at first, and at least, and at most. */
const LEAD_MS = { first: 50, least: 30, most: 250 };
/** A claim that is done so long before its place is early enough. */
const EARLY_MS = 15;
/** A call that comes later than this would crowd those after it: it takes another place. */
const LATE_MS = 40;

/** The limits under which this process calls WeChat: one API of one mini-program, and one API of the platform. */
export class RateLimits {
  readonly #lanes = new Map<string, Gcra>();
  #leadMs = LEAD_MS.first;

  /**
   * @param rates perAppid: calls a second to one API of one mini-program; 0: no limit of ours. Kept here alone, since
   *   a mini-program's calls all come from one worker; empty at first.
   * @param platform what all workers share.
   */
  constructor(
    private readonly rates: { perAppid: number },
    private readonly platform: Pick<PlatformLimits, 'reserve' | 'isStopped' | 'opened' | 'learn'> = UNLIMITED,
  ) {}

  /** How many buckets of mini-programs are remembered. */
  get size(): number {
    return this.#lanes.size;
  }

  /** Reserves a call of one mini-program and tells in how many milliseconds its own limit lets it go. */
  reserveForAppid(appid: string, api: string, now = performance.now()): number {
    return this.#lane(appid, api, now).reserve(now);
  }

  /**
   * Reserves a call of the platform, to be asked when the mini-program's own limit lets the call go: its place, by
   * performance.now(), once that is known; undefined where the asker is sent away without one.
   */
  reserveForApi(api: string): Promise<number | undefined> {
    return this.platform.reserve(api);
  }

  /** In how many milliseconds to claim for a place. */
  untilClaim(place: number): number {
    return Math.max(0, place - this.#leadMs - performance.now());
  }

  /** Resolves at the place of a call; where that was missed, at another one. */
  async atPlace(api: string, place: number): Promise<void> {
    this.#adaptLead(place - performance.now());
    for (let due: number | undefined = place; due !== undefined; ) {
      const waitMs = due - performance.now();
      if (waitMs < -LATE_MS) due = await this.platform.reserve(api, true);
      else if (waitMs >= 1) await delay(waitMs);
      else return;
    }
  }

  /** Whether WeChat's quota for an API is used up for the whole platform. */
  isStopped(api: string): boolean {
    return this.platform.isStopped(api);
  }

  /** Postgres says that a stop was lifted. */
  opened(api: string): void {
    this.platform.opened(api);
  }

  /** Learns from WeChat's answer to a call. */
  learn(appid: string, api: string, result: WxaResult<unknown>): void {
    this.platform.learn(appid, api, result);
  }

  /** WeChat said "too often" (45011, 9402202): nothing to this API for this mini-program before `ms` from now. */
  block(appid: string, api: string, ms: number, now = performance.now()): void {
    this.#lane(appid, api, now).block(now + ms);
  }

  /** Towards claims that are done shortly before their places: up fast, down slowly. */
  #adaptLead(earlyMs: number): void {
    const lackMs = EARLY_MS - earlyMs;
    const changed = this.#leadMs + (lackMs > 0 ? lackMs / 2 : lackMs / 20);
    this.#leadMs = Math.min(LEAD_MS.most, Math.max(LEAD_MS.least, changed));
  }

  #lane(appid: string, api: string, now: number): Gcra {
    const key = `${appid} ${api}`;
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
  isStopped: () => false,
  opened: () => undefined,
  learn: () => undefined,
};
