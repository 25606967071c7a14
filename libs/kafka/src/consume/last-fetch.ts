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

  /** By performance.now(); -Infinity before the first fetch. */
  get at(): number {
    return this.#at;
  }

  get ageMs(): number {
    return performance.now() - this.#at;
  }
}
