import { ReservationQueue, USED_SHARE } from '@wxa/release-worker';
import { blockS, type Reservations } from '@wxa/store';
import type { Timeline } from './timeline.js';

/** One statement to Postgres and back. */
const STATEMENT_MS = 2;
/** All clocks are one here. */
const CLOCK = { read: () => undefined, local: (time: number) => time };

/** The row of one API that gives out places to all workers, as `libs/store/src/sql/api-rate.ts` does. */
export class PlaceRow {
  #nextAt = 0;
  readonly #perSecond: number;

  /** @param perApi the limit, of which a little less is given out. */
  constructor(perApi: number) {
    this.#perSecond = perApi * USED_SHARE;
  }

  take(wanted: number, now: number): Reservations {
    const startsAt = Math.max(this.#nextAt, now);
    const most = Math.ceil(this.#perSecond * blockS((startsAt - now) / 1000));
    const count = Math.max(1, Math.min(wanted, most));
    const spacingMs = 1000 / this.#perSecond;
    this.#nextAt = startsAt + count * spacingMs;
    return { startsAt, now, spacingMs, count };
  }
}

/** The product's queues of those who wait in one worker for places of such rows. */
export class PlaceQueues {
  readonly #queues = new Map<string, ReservationQueue>();

  constructor(
    private readonly rows: (api: string) => PlaceRow,
    private readonly timeline: Timeline,
  ) {}

  of(api: string): ReservationQueue {
    const known = this.#queues.get(api);
    if (known !== undefined) return known;
    const take = (wanted: number) => this.#take(this.rows(api), wanted);
    const made = new ReservationQueue(take, CLOCK, this.timeline);
    this.#queues.set(api, made);
    return made;
  }

  #take(row: PlaceRow, wanted: number): Promise<Reservations> {
    const { timeline } = this;
    return new Promise((resolve) => {
      timeline.after(STATEMENT_MS / 2, () => {
        const places = row.take(wanted, timeline.now());
        timeline.after(STATEMENT_MS / 2, () => resolve(places));
      });
    });
  }
}
