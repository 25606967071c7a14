import { setTimeout as delay } from 'node:timers/promises';
import type { WxaResult } from '@wxa/wxa-client';
import { Gcra } from './gcra.js';
import type { PlatformLimits } from './platform-limits.js';

const SWEEP_AT = 10_000;
/** A lane is let go before its place, since its claim takes a while: so long at first, and at least, and at most. */
export const LEAD_MS = { first: 50, least: 30, most: 250 };
/** A claim that is done so long before its place is early enough. */
export const EARLY_MS = 15;
/** A call that comes later than this would crowd those after it: it takes another place. */
export const LATE_MS = 30;

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
    private readonly platform: Pick<
      PlatformLimits,
      'reserve' | 'isLimited' | 'isStopped' | 'opened' | 'learn'
    > = UNLIMITED,
  ) {}

  /** How many buckets of mini-programs are remembered. */
  get size(): number {
    return this.#lanes.size;
  }

  /** Reserves a call of one mini-program: when its own limit lets it go, by performance.now(). */
  turnForAppid(appid: string, api: string, now = performance.now()): number {
    return now + this.#lane(appid, api, now).reserve(now);
  }

  /**
   * Reserves a call of the platform, to be asked when the mini-program's own limit lets the call go: its place, by
   * performance.now(), once that is known; undefined where the asker is sent away without one.
   */
  reserveForApi(api: string): Promise<number | undefined> {
    return this.platform.reserve(api);
  }

  /** In how many milliseconds to claim for a turn or a place. */
  untilClaim(due: number): number {
    return Math.max(0, due - this.#leadMs - performance.now());
  }

  /** Takes the turn of a call that needs not wait for one; false where it has to. */
  goesAtOnce(appid: string, api: string, now = performance.now()): boolean {
    const lane = this.#lane(appid, api, now);
    if (this.platform.isLimited(api) || !lane.isIdle(now)) return false;
    lane.went(now);
    return true;
  }

  /** Resolves when a call may go: at its turn and its place, or, where that was missed, at another place. */
  async atTurn(appid: string, api: string, turn: number, place: number): Promise<void> {
    const due = Math.max(turn, place);
    if (this.platform.isLimited(api) || this.rates.perAppid > 0) this.#adaptLead(due - performance.now());
    await this.#goAt(appid, api, due);
  }

  /** Resolves when a call may go that comes between a lane's turn and its call: before all who wait for a place. */
  async inBetween(appid: string, api: string): Promise<void> {
    const turn = this.turnForAppid(appid, api);
    const place = await this.platform.reserve(api, true);
    await this.#goAt(appid, api, Math.max(turn, place ?? 0));
  }

  /** Resolves when a call may go that had its turn and was held up since: before all who wait for a place. */
  async afterAll(appid: string, api: string): Promise<void> {
    await this.#goAt(appid, api, await this.platform.reserve(api, true));
  }

  async #goAt(appid: string, api: string, at: number | undefined): Promise<void> {
    const limited = this.platform.isLimited(api);
    for (let due = at; due !== undefined; ) {
      const waitMs = due - performance.now();
      if (waitMs > 0) await delay(Math.ceil(waitMs));
      else if (limited && waitMs < -LATE_MS) due = await this.platform.reserve(api, true);
      else break;
    }
    const now = performance.now();
    this.#lane(appid, api, now).went(now);
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
  isLimited: () => false,
  isStopped: () => false,
  opened: () => undefined,
  learn: () => undefined,
};
