import type { Reservations } from '@wxa/store';
import type { DatabaseClock } from './database-clock.js';

/** Reservations are asked for when those that were given end within so long. */
const AHEAD_MS = 300;
/** Two questions for places lie at least so far apart. */
const GAP_MS = 50;
const READY_GAP_MS = 25;
/** So long one that has its slot may wait for a place, rather than begin anew when that has come. */
const NEAR_MS = 100;
const RETRY_MS = 1_000;
/** A call that comes later than this after its place would crowd those after it: it takes another place. */
export const LATE_MS = 30;

/** Takes up to `wanted` places from Postgres; none: the API has no limit now. */
export type TakeReservations = (wanted: number) => Promise<Reservations | undefined>;

interface Waiter {
  resolve: (dueAt: number | undefined) => void;
  rank: number;
}

/** Who gets the next place: one that is ready for its call, then a retry, then what is called for the first time. */
const RANKS = { ready: 0, retry: 1, first: 2 } as const;

/**
 * Those who wait to call one API: places come from Postgres in blocks and are told in the order of asking. A lane that
 * was told one may be ready for it later than another: whoever is ready uses the first that is there.
 */
export class ReservationQueue {
  readonly #waiting: Waiter[] = [];
  /** Reservations told and not used up, by their time. */
  #unused: number[] = [];
  #taking = false;
  #timer: NodeJS.Timeout | undefined;
  #requestedAt = Number.NEGATIVE_INFINITY;
  #coveredUntil = Number.NEGATIVE_INFINITY;
  #spacingMs = 0;

  constructor(
    private readonly take: TakeReservations,
    private readonly clock: Pick<DatabaseClock, 'read' | 'local'>,
  ) {}

  /** How many wait for a place. */
  get length(): number {
    return this.#waiting.length;
  }

  /**
   * Resolves with the time to be ready for, by performance.now(), or with undefined when all are sent away.
   * @param kind a retry gets its place before first calls: it was accepted before most of them.
   */
  next(kind: 'retry' | 'first' = 'first'): Promise<number | undefined> {
    return this.#wait(RANKS[kind]);
  }

  /**
   * For one that is ready for its call, not before `from`: uses up the first place in hand that is not missed. Where
   * none is, it is told the next that comes, before all who wait.
   */
  async use(from: number): Promise<number | undefined> {
    this.#dropMissed();
    const i = this.#unused.findIndex((place) => place >= from - LATE_MS);
    return i < 0 ? this.#wait(RANKS.ready) : this.#unused.splice(i, 1)[0];
  }

  /** Whether one that is ready has its place before long, by what is known here. */
  isNear(): boolean {
    this.#dropMissed();
    const now = performance.now();
    const comesAt = Math.max(now, this.#coveredUntil) + this.#waiting.length * this.#spacingMs;
    return Math.min(this.#unused[0] ?? comesAt, comesAt) <= now + NEAR_MS;
  }

  /** Sends all away who wait; they may ask again. */
  releaseWaiters(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    for (const { resolve } of this.#waiting.splice(0)) resolve(undefined);
  }

  #wait(rank: number): Promise<number | undefined> {
    return new Promise((resolve) => {
      const behind = rank === RANKS.first ? -1 : this.#waiting.findIndex((waiting) => waiting.rank > rank);
      this.#waiting.splice(behind === -1 ? this.#waiting.length : behind, 0, { resolve, rank });
      this.#request();
    });
  }

  #request(): void {
    if (this.#taking || this.#timer !== undefined || this.#waiting.length === 0) return;
    const now = performance.now();
    // Who is ready has a slot, and waits with it.
    const gapMs = this.#waiting[0]?.rank === RANKS.ready ? READY_GAP_MS : GAP_MS;
    const waitMs = Math.max(this.#coveredUntil - AHEAD_MS, this.#requestedAt + gapMs) - now;
    if (waitMs > 0) this.#requestIn(waitMs);
    else this.#takeBlock(now);
  }

  #takeBlock(now: number): void {
    this.#requestedAt = now;
    this.#taking = true;
    this.take(this.#waiting.length).then(
      (places) => this.#taken(places),
      () => {
        this.#taking = false;
        this.#requestIn(RETRY_MS);
      },
    );
  }

  #requestIn(ms: number): void {
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.#request();
    }, ms);
  }

  #taken(places: Reservations | undefined): void {
    this.#taking = false;
    if (places === undefined) for (const { resolve } of this.#waiting.splice(0)) resolve(performance.now());
    else this.#distribute(places);
    this.#request();
  }

  #distribute({ startsAt, now: databaseNow, spacingMs, count }: Reservations): void {
    this.clock.read(databaseNow);
    const first = this.clock.local(startsAt);
    this.#coveredUntil = first + count * spacingMs;
    this.#spacingMs = spacingMs;
    this.#dropMissed();
    for (const [i, { resolve, rank }] of this.#waiting.splice(0, count).entries()) {
      const place = first + i * spacingMs;
      if (rank !== RANKS.ready) this.#unused.push(place);
      resolve(place);
    }
  }

  #dropMissed(): void {
    const missed = performance.now() - LATE_MS;
    if ((this.#unused[0] ?? missed) < missed) this.#unused = this.#unused.filter((place) => place >= missed);
  }
}
