import type { Places } from '@wxa/store';
import type { DatabaseClock } from './database-clock.js';
import { REAL_TIME, type Time } from './time.js';

/** Places are asked for when those at hand end within so long. */
const AHEAD_MS = 300;
/** Two questions for places lie at least so far apart. */
const GAP_MS = 50;
const RETRY_MS = 1_000;

/** Takes up to `wanted` places from Postgres; none: the API has no limit now. */
export type TakePlaces = (wanted: number) => Promise<Places | undefined>;

/** Those who wait to call one API: places come from Postgres in blocks and are given out in the order of asking. */
export class PlaceQueue {
  readonly #waiting: ((dueAt: number | undefined) => void)[] = [];
  #taking = false;
  #cancelTimer: (() => void) | undefined;
  #askedAt = Number.NEGATIVE_INFINITY;
  #coveredUntil = Number.NEGATIVE_INFINITY;

  constructor(
    private readonly take: TakePlaces,
    private readonly clock: Pick<DatabaseClock, 'read' | 'local'>,
    private readonly time: Time = REAL_TIME,
  ) {}

  /** How many wait for a place. */
  get length(): number {
    return this.#waiting.length;
  }

  /**
   * Resolves with the time of the place that was given, by performance.now(), or with undefined when all are sent
   * away. @param first before all who wait.
   */
  next(first = false): Promise<number | undefined> {
    return new Promise((resolve) => {
      if (first) this.#waiting.unshift(resolve);
      else this.#waiting.push(resolve);
      this.#ask();
    });
  }

  /** Sends all away who wait; they may ask again. */
  sendAway(): void {
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
    for (const resolve of this.#waiting.splice(0)) resolve(undefined);
  }

  #ask(): void {
    if (this.#taking || this.#cancelTimer !== undefined || this.#waiting.length === 0) return;
    const now = this.time.now();
    const waitMs = Math.max(this.#coveredUntil - AHEAD_MS, this.#askedAt + GAP_MS) - now;
    if (waitMs > 0) this.#askIn(waitMs);
    else this.#takeSome(now);
  }

  #takeSome(now: number): void {
    this.#askedAt = now;
    this.#taking = true;
    this.take(this.#waiting.length).then(
      (places) => this.#taken(places),
      () => {
        this.#taking = false;
        this.#askIn(RETRY_MS);
      },
    );
  }

  #askIn(ms: number): void {
    this.#cancelTimer = this.time.after(ms, () => {
      this.#cancelTimer = undefined;
      this.#ask();
    });
  }

  #taken(places: Places | undefined): void {
    this.#taking = false;
    if (places === undefined) for (const resolve of this.#waiting.splice(0)) resolve(this.time.now());
    else this.#giveOut(places);
    this.#ask();
  }

  #giveOut({ startsAt, now: databaseNow, spacingMs, count }: Places): void {
    this.clock.read(databaseNow);
    const first = this.clock.local(startsAt);
    this.#coveredUntil = first + count * spacingMs;
    for (const [i, resolve] of this.#waiting.splice(0, count).entries()) resolve(first + i * spacingMs);
  }
}
