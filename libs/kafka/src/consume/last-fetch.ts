import type { Consumer } from 'kafkajs';

/** When a consumer last completed a fetch. */
export class LastFetch {
  #at = Number.NEGATIVE_INFINITY;

  /** @param isIdle whether no partition is read now: kafkajs then sends no request. */
  follow(consumer: Consumer, isIdle: () => boolean): void {
    const completed = () => {
      this.#at = performance.now();
    };
    consumer.on(consumer.events.REQUEST, ({ payload }) => {
      if (payload.apiName === 'Fetch') completed();
    });
    consumer.on(consumer.events.FETCH, () => {
      if (isIdle()) completed();
    });
  }

  /** The time is one of performance.now(); it is -Infinity before the first fetch. */
  get at(): number {
    return this.#at;
  }

  /** In seconds since 1970; undefined before the first fetch. */
  get time(): number | undefined {
    return Number.isFinite(this.#at) ? (Date.now() - this.ageMs) / 1000 : undefined;
  }

  get ageMs(): number {
    return performance.now() - this.#at;
  }
}
