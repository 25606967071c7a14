import { METHODS, type Method } from '@wxa/contracts';
import { isListed, ROOMS } from '@wxa/methods';
import type { BacklogOf, FreeRoom } from '@wxa/operations/backlog';
import type { LaneEntry } from '../lanes/lane-entry.js';
import type { Lanes } from '../lanes/lanes.js';

/** How many operations a worker holds in memory; others are delayed in Postgres. */
export interface RoomLimits {
  /** In one lane. */
  lane: number;
  /** In all lanes; the first operation of a lane is admitted regardless. */
  total: number;
  /** Lanes with an operation of one method at their head. */
  method: number;
  /** At most as many of those as the rate limit allows in this many seconds. */
  rateSeconds: number;
}

const ROOM: RoomLimits = { lane: 1_000, total: 30_000, method: 20_000, rateSeconds: 30 };

/** Minimum of lanes in memory under a low rate limit, so that the limit is always used. */
const MIN_OF_METHOD = 100;
/** Loaded from Postgres at a time, for one method or one lane, and for all lanes together. */
const PAGE = 500;
const PAGE_OF_LANES = 2_000;
/** Room is refilled when at most this share of it is used. */
const REFILL_AT = 0.5;

type Of = Pick<LaneEntry, 'appid' | 'method'>;

/** Decides for which operations a worker has room; tracks the methods and lanes with operations in Postgres. */
export class LaneRoom {
  readonly #methods = new WaitingKeys();
  readonly #lanes = new WaitingKeys();

  /** @param perSecond the limit of an API in calls per second; undefined if it has none. */
  constructor(
    private readonly lanes: Pick<Lanes, 'size' | 'lengthOf' | 'headsOf'>,
    private readonly perSecond: (api: string) => number | undefined,
    private readonly limits: RoomLimits = ROOM,
  ) {}

  /** Why an operation must be delayed in Postgres; undefined if there is room. Operations delayed before it go first. */
  backlogFor({ appid, method }: Of): BacklogOf | undefined {
    if (this.isLaneFull(appid) || this.#lanes.has(appid)) return 'lane';
    if (this.lanes.lengthOf(appid) > 0) return undefined;
    return this.#freeOf(method) <= 0 || this.#methods.has(method) ? 'method' : undefined;
  }

  isLaneFull(appid: string): boolean {
    const length = this.lanes.lengthOf(appid);
    return length >= this.limits.lane || (length > 0 && this.lanes.size >= this.limits.total);
  }

  /** An operation is being written to Postgres, so later ones are too. Call the returned function once it is written. */
  wait(backlog: BacklogOf, { appid, method }: Of): () => void {
    return backlog === 'lane' ? this.#lanes.wait(appid) : this.#methods.wait(method);
  }

  /** Lanes with operations that a previous owner left in Postgres. */
  foundLanes(appids: string[]): void {
    for (const appid of appids) this.#lanes.add(appid);
  }

  /** Drops all knowledge of what is in Postgres. */
  forget(): void {
    this.#methods.clear();
    this.#lanes.clear();
  }

  /** Whether the removal of an operation made enough room to load others. */
  isWorthLoading({ appid, method }: Of): boolean {
    if (this.#lanes.has(appid) && this.#freeOfLane(appid) > 0) return true;
    return this.#methods.has(method) && this.lanes.headsOf(method) <= this.#maxOf(method) * REFILL_AT;
  }

  /** The room for every method: other workers may have left operations of any method in Postgres. */
  ofMethods(): FreeRoom[] {
    const free = (method: Method) => ({ of: method, count: Math.min(PAGE, this.#freeOf(method)) });
    return this.#methods.startLoad((Object.keys(METHODS) as Method[]).map(free));
  }

  /** The room in the lanes with operations in Postgres, round-robin, within the total. */
  ofLanes(): FreeRoom[] {
    let left = Math.min(PAGE_OF_LANES, Math.max(PAGE, this.limits.total - this.lanes.size));
    const room: FreeRoom[] = [];
    for (const appid of [...this.#lanes]) {
      const count = Math.min(left, this.#freeOfLane(appid));
      if (count === 0) continue;
      room.push({ of: appid, count });
      this.#lanes.serve(appid);
      left -= count;
      if (left === 0) break;
    }
    return this.#lanes.startLoad(room);
  }

  /** Records what was loaded for each method or lane: less than there was room for means that no more waits. */
  loaded(backlog: BacklogOf, room: FreeRoom[], counts: ReadonlyMap<string, number>): void {
    (backlog === 'lane' ? this.#lanes : this.#methods).found(room, counts);
  }

  #freeOfLane(appid: string): number {
    const length = this.lanes.lengthOf(appid);
    if (this.lanes.size >= this.limits.total) return length === 0 ? 1 : 0;
    const page = Math.min(PAGE, this.limits.lane);
    return length <= page * REFILL_AT ? page - length : 0;
  }

  #maxOf(method: Method): number {
    const { api } = ROOMS[method];
    const rate = isListed(api) ? undefined : this.perSecond(api);
    if (rate === undefined) return this.limits.method;
    const ofRate = Math.max(MIN_OF_METHOD, rate * this.limits.rateSeconds);
    return Math.floor(Math.min(this.limits.method, ofRate));
  }

  #freeOf(method: Method): number {
    return this.#maxOf(method) - this.lanes.headsOf(method);
  }
}

/** The methods, or lanes, with operations delayed in Postgres, as far as this worker knows. */
class WaitingKeys {
  readonly #keys = new Set<string>();
  /** Number of operations per key that are being written to Postgres. */
  readonly #writing = new Map<string, number>();
  /** Keys with operations written since the current load started, which may have missed them. */
  readonly #missed = new Set<string>();

  has(key: string): boolean {
    return this.#keys.has(key);
  }

  [Symbol.iterator](): IterableIterator<string> {
    return this.#keys.values();
  }

  add(key: string): void {
    this.#keys.add(key);
  }

  /** Moves a key to the end of the round. */
  serve(key: string): void {
    this.#keys.delete(key);
    this.#keys.add(key);
  }

  clear(): void {
    this.#keys.clear();
  }

  /** An operation is being written to Postgres, until the returned function is called. */
  wait(key: string): () => void {
    this.#keys.add(key);
    this.#missed.add(key);
    this.#writing.set(key, (this.#writing.get(key) ?? 0) + 1);
    return () => {
      const left = (this.#writing.get(key) ?? 1) - 1;
      if (left > 0) this.#writing.set(key, left);
      else this.#writing.delete(key);
    };
  }

  /** A load from Postgres starts, for the keys with room. */
  startLoad(room: FreeRoom[]): FreeRoom[] {
    this.#missed.clear();
    for (const key of this.#writing.keys()) this.#missed.add(key);
    return room.filter(({ count }) => count > 0);
  }

  /** The load found these counts: fewer than there was room for means that no more operations of the key wait. */
  found(room: FreeRoom[], counts: ReadonlyMap<string, number>): void {
    for (const { of: key, count } of room) {
      if ((counts.get(key) ?? 0) === count) this.#keys.add(key);
      else if (!this.#missed.has(key)) this.#keys.delete(key);
    }
  }
}
