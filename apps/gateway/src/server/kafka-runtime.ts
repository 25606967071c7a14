import { eventType, OperationCompleted, operationOfEvent, TOPICS, type TopicName } from '@wxa/contracts';
import {
  ensureTopics,
  type FollowedMessage,
  type KafkaConnection,
  type OutboxRelay,
  TailFollower,
  TopicCheck,
} from '@wxa/kafka';
import { gauge, type Logger, observeRelay, type Readiness, reportInsecure, untilItWorks } from '@wxa/service';
import type { OperationFeed } from '../await/operation-feed.js';
import type { Demand, PendingQueries } from '../await/pending-queries.js';

const REPORT_MS = 1000;
const MAX_FETCH_AGE_MS = 30_000;
const UNAVAILABLE = 'unavailable: accepted operations are published later';
/** Pause between fetches while there are no waiters or watchers: larger batches cost less. */
const PAUSE_MS = 100;

/** Creates the topics, relays the outbox and follows the outcomes once Kafka is available. Nothing waits for it. */
export class KafkaRuntime {
  #stopped = false;
  #follower: TailFollower | undefined;
  #reports: NodeJS.Timeout | undefined;
  readonly #topicCheck: TopicCheck;

  constructor(
    private readonly parts: {
      connection: KafkaConnection;
      relay: OutboxRelay;
      /** Of platform events. */
      eventRelay: OutboxRelay;
      logger: Logger;
      readiness: Readiness;
    },
  ) {
    const { connection, logger } = parts;
    const onChecked = (isAnyFound: boolean) => reportInsecure('kafka_topic', isAnyFound, logger);
    gauge('wxa_kafka_last_fetch_timestamp_seconds').collect(() => {
      const time = this.#follower?.lastFetch.time;
      return time === undefined ? [] : [[{ topic: 'outcomes' }, time]];
    });
    observeRelay(parts.relay);
    this.#topicCheck = new TopicCheck(connection, { logger, onChecked, optional: [TOPICS.events] });
  }

  async run(topic: OutcomeTopic): Promise<void> {
    const { connection, relay, eventRelay, logger } = this.parts;
    this.#report();
    this.#reports = setInterval(() => this.#report(), REPORT_MS);
    relay.start();
    eventRelay.start();
    // Commands do not wait for the topic of platform events, which the operator may have to create.
    void untilItWorks(logger, 'Kafka', () => this.#ensureTopics([TOPICS.events]));
    await untilItWorks(logger, 'Kafka', () => this.#ensureTopics());
    if (this.#stopped) return;
    this.#topicCheck.start();
    this.#follower = new TailFollower(connection, TOPICS.outcomes, {
      logger,
      onMessage: (message) => topic.take(message),
      rest: () => topic.rest(),
    });
    await this.#follower.ready;
    this.#report();
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    clearInterval(this.#reports);
    this.#topicCheck.stop();
    await Promise.all([this.parts.relay.stop(), this.parts.eventRelay.stop(), this.#follower?.stop()]);
  }

  async #ensureTopics(names?: readonly TopicName[]): Promise<void> {
    if (this.#stopped) return;
    await ensureTopics(this.parts.connection, names);
  }

  /** Operations are accepted without Kafka: its state is reported, but never makes the process unready. */
  #report(): void {
    const ageMs = this.#follower?.lastFetch.ageMs ?? Number.POSITIVE_INFINITY;
    const isAvailable = ageMs < MAX_FETCH_AGE_MS && this.parts.relay.healthy;
    this.parts.readiness.set('kafka', true, isAvailable ? undefined : UNAVAILABLE);
  }
}

/** Passes the messages of the outcomes topic to waiters and watchers. */
export class OutcomeTopic {
  constructor(
    private readonly pending: PendingQueries,
    private readonly feed: OperationFeed,
    private readonly demand: Demand,
  ) {}

  /** Skips messages that no call waits for without parsing them: under load these are most of them. */
  take({ value, header }: FollowedMessage): void {
    const { pending, feed } = this;
    const isAwaited = () => pending.isAnyAwaited && pending.isAwaited(operationOfEvent(header('ce_id')));
    if (!feed.isWatched && !isAwaited()) return;
    // OperationInDoubt has the same single field, so that its messages can be decoded too.
    const { operation } = OperationCompleted.fromJSON(JSON.parse(value.toString()));
    if (operation === undefined) return;
    pending.resolve(operation);
    if (header('ce_type') === eventType('OperationCompleted')) feed.completed(operation);
    else feed.wake();
  }

  /** Resolves when the next fetch is due: at once if there are waiters or watchers, else after a pause or on demand. */
  async rest(): Promise<void> {
    if (this.feed.isWatched || this.pending.isAnyAwaited) return;
    await this.demand.within(PAUSE_MS);
  }
}
