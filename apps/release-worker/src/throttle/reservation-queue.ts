import type { Reservations } from '@wxa/limits';

/** More reservations are requested when the previous block ends within this time. */
const AHEAD_MS = 300;
/** Minimum interval between two requests for reservations. */
const GAP_MS = 50;
/** The same while a call waits that is ready: it holds a permit. */
const READY_GAP_MS = 25;
/** A call that holds a permit may wait this long for a reservation instead of returning to its lane. */
const NEAR_MS = 100;
const RETRY_MS = 1_000;
/** A wait that counts as long. */
const LONG_MS = 1_000;
/** A call that is later than this for its reservation would crowd the next ones: it takes another reservation. */
export const LATE_MS = 30;

/** Takes up to `wanted` reservations from Postgres; undefined if the API has no limit. */
export type TakeReservations = (wanted: number) => Promise<Reservations | undefined>;

interface Waiter {
  resolve: (dueAt: number | undefined) => void;
  rank: number;
  since: number;
}

/** Priority for the next reservation: calls that are ready, then retries, then first calls. */
const RANKS = { ready: 0, retry: 1, first: 2 } as const;

/**
 * The calls waiting for one API. Reservations come from Postgres in blocks and are assigned in the order of requests.
 * They are interchangeable: the first ready call uses the earliest one, whichever lane it was assigned to.
 */
export class ReservationQueue {
  readonly #waiting: Waiter[] = [];
  /** Reservations assigned and not used yet, in order of time. */
  #unused: number[] = [];
  #isServing = false;
  #requestedAt = Number.NEGATIVE_INFINITY;
  #coveredUntil = Number.NEGATIVE_INFINITY;
  #spacingMs = 0;

  constructor(
    private readonly take: TakeReservations,
    private readonly clock: Pick<DatabaseClock, 'read' | 'local'>,
  ) {}

  get length(): number {
    return this.#waiting.length;
  }

  /** How many calls have waited for more than a second. */
  get waitingLong(): number {
    const before = performance.now() - LONG_MS;
    return this.#waiting.filter(({ since }) => since < before).length;
  }

  /**
   * Resolves with the reserved time, in performance.now() time, or with undefined if the waiters are released.
   * @param kind a retry precedes first calls: it was accepted before most of them.
   * @param giveUpAt when the waiter is released, in performance.now() time.
   */
  next(kind: 'retry' | 'first' = 'first', giveUpAt?: number): Promise<number | undefined> {
    return this.#wait(RANKS[kind], giveUpAt);
  }

  /**
   * For a call that is ready, not before `from`: uses the earliest reservation that has not been missed. If there is
   * none, the call gets the next one, before all other waiters.
   */
  async use(from: number): Promise<number | undefined> {
    this.#dropMissed();
    const i = this.#unused.findIndex((dueAt) => dueAt >= from - LATE_MS);
    return i < 0 ? this.#wait(RANKS.ready) : this.#unused.splice(i, 1)[0];
  }

  /** Whether a ready call is expected to get a reservation within NEAR_MS. */
  isNear(): boolean {
    this.#dropMissed();
    const now = performance.now();
    const nextAt = Math.max(now, this.#coveredUntil) + this.#waiting.length * this.#spacingMs;
    return Math.min(this.#unused[0] ?? nextAt, nextAt) <= now + NEAR_MS;
  }

  /** Releases all waiters; they may request again. */
  releaseWaiters(): void {
    for (const { resolve } of this.#waiting.splice(0)) resolve(undefined);
  }

  /** Releases the waiters that are not ready. Ready ones hold a claim and a permit, and would be sent without a reservation. */
  releaseUnclaimed(): void {
    const ready = this.#waiting.findLastIndex(({ rank }) => rank === RANKS.ready) + 1;
    for (const { resolve } of this.#waiting.splice(ready)) resolve(undefined);
  }

  #wait(rank: number, giveUpAt = Number.POSITIVE_INFINITY): Promise<number | undefined> {
    return new Promise((resolve) => {
      const behind = rank === RANKS.first ? -1 : this.#waiting.findIndex((waiting) => waiting.rank > rank);
      const waiter = { resolve, rank, since: performance.now() };
      this.#waiting.splice(behind === -1 ? this.#waiting.length : behind, 0, waiter);
      if (giveUpAt < Number.POSITIVE_INFINITY) this.#releaseAt(giveUpAt, waiter);
      if (!this.#isServing) void this.#serve();
    });
  }

  #releaseAt(giveUpAt: number, waiter: Waiter): void {
    const { resolve } = waiter;
    const timer = setTimeout(() => {
      this.#waiting.splice(this.#waiting.indexOf(waiter), 1);
      resolve(undefined);
    }, giveUpAt - performance.now());
    waiter.resolve = (dueAt) => {
      clearTimeout(timer);
      resolve(dueAt);
    };
  }

  /** Takes blocks for as long as calls wait. */
  async #serve(): Promise<void> {
    this.#isServing = true;
    while (this.#waiting.length > 0) {
      const gapMs = this.#waiting[0]?.rank === RANKS.ready ? READY_GAP_MS : GAP_MS;
      const requestAt = Math.max(this.#coveredUntil - AHEAD_MS, this.#requestedAt + gapMs);
      if (performance.now() < requestAt) await until(requestAt);
      else await this.#takeBlock().catch(() => until(performance.now() + RETRY_MS));
    }
    this.#isServing = false;
  }

  async #takeBlock(): Promise<void> {
    this.#requestedAt = performance.now();
    const block = await this.take(this.#waiting.length);
    if (block === undefined) for (const { resolve } of this.#waiting.splice(0)) resolve(performance.now());
    else this.#distribute(block);
  }

  #distribute({ startsAt, now: databaseNow, spacingMs, count }: Reservations): void {
    this.clock.read(databaseNow);
    const first = this.clock.local(startsAt);
    this.#coveredUntil = first + count * spacingMs;
    this.#spacingMs = spacingMs;
    this.#dropMissed();
    for (const [i, { resolve, rank }] of this.#waiting.splice(0, count).entries()) {
      const dueAt = first + i * spacingMs;
      if (rank !== RANKS.ready) this.#unused.push(dueAt);
      resolve(dueAt);
    }
  }

  #dropMissed(): void {
    const missed = performance.now() - LATE_MS;
    if ((this.#unused[0] ?? missed) < missed) this.#unused = this.#unused.filter((dueAt) => dueAt >= missed);
  }
}

/** Resolves at a performance.now() time, never before it. A timer may end up to a millisecond early. */
export async function until(due: number): Promise<void> {
  for (let waitMs = due - performance.now(); waitMs > 0; waitMs = due - performance.now())
    await new Promise((resolve) => setTimeout(resolve, Math.ceil(waitMs)));
}

const READINGS = 16;

/** Converts the database's time to local time: reservations use the former, so that all workers share one clock. */
export class DatabaseClock {
  readonly #offsets: number[] = [];

  /** Records a reading received at `now`, in milliseconds. */
  read(databaseNow: number, now = performance.now()): void {
    this.#offsets.push(databaseNow - now);
    if (this.#offsets.length > READINGS) this.#offsets.shift();
  }

  /** Converts a database time to performance.now() time, by the reading with the lowest latency. */
  local(databaseTime: number): number {
    return databaseTime - Math.max(...this.#offsets);
  }
}
