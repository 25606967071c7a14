import { METHODS, type Method } from '@wxa/contracts';
import { ROOMS } from '@wxa/methods';
import type { BacklogOf, Room as FreeRoom } from '@wxa/store';
import type { LaneEntry } from '../lanes/lane-entry.js';
import type { Lanes } from '../lanes/lanes.js';
import { WaitingKeys } from './waiting-keys.js';

/** How many operations a worker keeps in memory; what comes beyond that waits in Postgres. */
export interface RoomLimits {
  /** In one lane. */
  lane: number;
  /** In all lanes; one that begins a lane of its own is kept all the same. */
  total: number;
  /** Lanes with an operation of one method at their head. */
  method: number;
  /** As many of those as a rate limit lets through in so many seconds, where that is fewer. */
  rateSeconds: number;
}

export const ROOM: RoomLimits = { lane: 1_000, total: 30_000, method: 20_000, rateSeconds: 30 };

/** Even under a low rate limit so many lanes wait in memory, so that the limit is always used. */
const LEAST_OF_METHOD = 100;
/** Taken from Postgres at a time, for one method or one lane, and for all lanes together. */
const PAGE = 500;
const PAGE_OF_LANES = 2_000;
/** Room is filled again when this part of it is used. */
const REFILL_AT = 0.5;

type Of = Pick<LaneEntry, 'appid' | 'method'>;

/** Decides for which operations a worker has room, and knows of which methods and lanes others wait in Postgres. */
export class Room {
  readonly #methods = new WaitingKeys();
  readonly #lanes = new WaitingKeys();

  /** @param perSecond calls a second that an API may have; undefined: as many as there are. */
  constructor(
    private readonly lanes: Pick<Lanes, 'size' | 'lengthOf' | 'headsOf'>,
    private readonly perSecond: (api: string) => number | undefined,
    private readonly limits: RoomLimits = ROOM,
  ) {}

  /** What an operation has to wait for in Postgres; undefined where there is room. What waits there already goes first. */
  backlogFor({ appid, method }: Of): BacklogOf | undefined {
    if (this.isLaneFull(appid) || this.#lanes.has(appid)) return 'lane';
    if (this.lanes.lengthOf(appid) > 0) return undefined;
    return this.#freeOf(method) <= 0 || this.#methods.has(method) ? 'method' : undefined;
  }

  isLaneFull(appid: string): boolean {
    const length = this.lanes.lengthOf(appid);
    return length >= this.limits.lane || (length > 0 && this.lanes.size >= this.limits.total);
  }

  /** An operation is being written to Postgres: what comes after it waits there too. Call the result when it is written. */
  wait(backlog: BacklogOf, { appid, method }: Of): () => void {
    return backlog === 'lane' ? this.#lanes.wait(appid) : this.#methods.wait(method);
  }

  /** Lanes that an earlier owner left operations of. */
  foundLanes(appids: string[]): void {
    for (const appid of appids) this.#lanes.add(appid);
  }

  /** Nothing is known of what waits. */
  forget(): void {
    this.#methods.clear();
    this.#lanes.clear();
  }

  /** Whether what left a lane made so much room that what waits should be loaded. */
  isWorthLoading({ appid, method }: Of): boolean {
    if (this.#lanes.has(appid) && this.#freeOfLane(appid) > 0) return true;
    return this.#methods.has(method) && this.lanes.headsOf(method) <= this.#mostOf(method) * REFILL_AT;
  }

  /** The room for every method: others may have left operations of any in Postgres. */
  ofMethods(): FreeRoom[] {
    const free = (method: Method) => ({ of: method, count: Math.min(PAGE, this.#freeOf(method)) });
    return this.#methods.look((Object.keys(METHODS) as Method[]).map(free));
  }

  /** The room in the lanes of which operations wait, in turn, and no more than there is in all. */
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
    return this.#lanes.look(room);
  }

  /** What was loaded for the room of each method, or lane: less than there is room for means that no more waits. */
  loaded(backlog: BacklogOf, room: FreeRoom[], counts: ReadonlyMap<string, number>): void {
    (backlog === 'lane' ? this.#lanes : this.#methods).found(room, counts);
  }

  #freeOfLane(appid: string): number {
    const length = this.lanes.lengthOf(appid);
    if (this.lanes.size >= this.limits.total) return length === 0 ? 1 : 0;
    const page = Math.min(PAGE, this.limits.lane);
    return length <= page * REFILL_AT ? page - length : 0;
  }

  #mostOf(method: Method): number {
    const rate = this.perSecond(ROOMS[method].api);
    if (rate === undefined) return this.limits.method;
    const ofRate = Math.max(LEAST_OF_METHOD, rate * this.limits.rateSeconds);
    return Math.floor(Math.min(this.limits.method, ofRate));
  }

  #freeOf(method: Method): number {
    return this.#mostOf(method) - this.lanes.headsOf(method);
  }
}
