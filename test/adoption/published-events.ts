import { TOPICS } from '@wxa/contracts';
import type { LoadResult } from '@wxa/wechat-sim';
import kafkajs, { type Consumer } from 'kafkajs';

const ID = /"Id":"load-(\d+)"/;

/** The number of a callback of a load. */
export const numberOf = ({ id }: Pick<LoadResult, 'id'>) => Number(id.slice('load-'.length));

/** Reads the events of a load of callbacks, and keeps of each only what has to be compared. */
export class PublishedEvents {
  /** By number of the callback: where it is among the events of its mini-program, and when it was read. */
  readonly places: number[] = [];
  readonly readAt: number[] = [];
  /** Callbacks of which two events have different `ce_id`s. */
  readonly withTwoIds = new Set<number>();
  readonly #ids: string[] = [];
  readonly #lastPlaces = new Map<string, number>();
  readonly #consumer: Consumer;

  constructor(
    brokers: string,
    private readonly prefix: string,
  ) {
    // Brokers are stopped: the consumer continues when they are back.
    const retry = { initialRetryTime: 100, maxRetryTime: 1_000, retries: 10_000 };
    const again = { ...retry, restartOnFailure: async () => true };
    const { NOTHING: logLevel } = kafkajs.logLevel;
    const kafka = new kafkajs.Kafka({ brokers: brokers.split(','), retry: again, logLevel });
    const limits = { maxWaitTimeInMs: 200, sessionTimeout: 10_000 };
    this.#consumer = kafka.consumer({ groupId: `${prefix}events`, ...limits });
  }

  async start(): Promise<void> {
    await this.#consumer.connect();
    await this.#consumer.subscribe({ topics: [this.prefix + TOPICS.events], fromBeginning: true });
    await this.#consumer.run({
      eachMessage: async ({ message: { key, value, headers } }) => {
        const found = ID.exec(String(value));
        if (found !== null) this.#add(Number(found[1]), String(key), String(headers?.ce_id));
      },
    });
  }

  has(callback: Pick<LoadResult, 'id'>): boolean {
    return this.places[numberOf(callback)] !== undefined;
  }

  async stop(): Promise<void> {
    await this.#consumer.disconnect();
  }

  #add(number: number, appid: string, id: string): void {
    const known = this.#ids[number];
    if (known !== undefined) {
      if (known !== id) this.withTwoIds.add(number);
      return;
    }
    const place = (this.#lastPlaces.get(appid) ?? 0) + 1;
    this.#lastPlaces.set(appid, place);
    this.#ids[number] = id;
    this.places[number] = place;
    this.readAt[number] = Date.now();
  }
}

/**
 * Callbacks that were published after one of the same mini-program that arrived only once they were answered.
 * @param placeOf among the events of its mini-program; undefined if it was not published.
 */
export function outOfOrder(
  answered: readonly LoadResult[],
  placeOf: (callback: LoadResult) => number | undefined,
): string[] {
  const found: string[] = [];
  const latest = new Map<string, { id: string; firstAt: number }>();
  const placed = answered.flatMap((callback) => ({ callback, place: placeOf(callback) ?? Number.NaN }));
  for (const { callback } of placed.toSorted((a, b) => a.place - b.place)) {
    const { appid, id, firstAt, endedAt } = callback;
    const before = latest.get(appid);
    if (before !== undefined && before.firstAt > endedAt) found.push(`${before.id} before ${id}`);
    if (before === undefined || firstAt > before.firstAt) latest.set(appid, { id, firstAt });
  }
  return found;
}
