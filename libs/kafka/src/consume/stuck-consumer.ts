import type { TopicName } from '@wxa/contracts';
import type { KafkaConnection } from '../connection.js';
import type { LastFetch } from './last-fetch.js';

/** Times of StuckConsumer, in milliseconds. */
export interface StuckLimits {
  /** A consumer is stuck after this time without a fetch, if Kafka was available all the while. */
  stuckMs: number;
  /** Kafka is asked after this time without a fetch, and then at this interval. */
  askMs: number;
}

const LIMITS: StuckLimits = { stuckMs: 120_000, askMs: 10_000 };

/**
 * Finds out whether a consumer does not fetch although Kafka is available: every partition of its topic has a leader, and its
 * group a coordinator. Only a restart helps then. During an outage of Kafka, and for 120 s after it, a consumer is not stuck.
 */
export class StuckConsumer {
  #isStuck = false;
  /** Kafka has answered since then, at first since the start; undefined: not the last time. By performance.now(). */
  #availableSince: number | undefined = performance.now();
  #timer: NodeJS.Timeout | undefined;
  #asking: Promise<void> | undefined;

  constructor(
    private readonly connection: KafkaConnection,
    private readonly of: { topic: TopicName; group: string; lastFetch: LastFetch },
    private readonly limits = LIMITS,
  ) {}

  get isStuck(): boolean {
    return this.#isStuck && this.#idleMs >= this.limits.stuckMs;
  }

  start(): void {
    this.#availableSince = performance.now();
    this.#timer = setInterval(() => this.#check(), this.limits.askMs);
  }

  /** Stops the checks and does not wait for Kafka. */
  stop(): void {
    clearInterval(this.#timer);
  }

  get #idleMs(): number {
    const now = performance.now();
    return now - Math.max(this.#availableSince ?? now, this.of.lastFetch.at);
  }

  #check(): void {
    if (this.of.lastFetch.ageMs < this.limits.askMs) return;
    this.#asking ??= this.#ask().finally(() => {
      this.#asking = undefined;
    });
  }

  async #ask(): Promise<void> {
    try {
      await askKafka(this.connection, this.of);
      this.#availableSince ??= performance.now();
      this.#isStuck = this.#idleMs >= this.limits.stuckMs;
    } catch {
      this.#availableSince = undefined;
      this.#isStuck = false;
    }
  }
}

/** Rejects unless Kafka serves the topic and the group, on a connection of its own. */
async function askKafka(
  { kafka, topic, group }: KafkaConnection,
  of: { topic: TopicName; group: string },
): Promise<void> {
  const admin = kafka.admin({ retry: { retries: 0 } });
  try {
    await admin.connect();
    await admin.fetchTopicMetadata({ topics: [topic(of.topic)] });
    await admin.describeGroups([group(of.group)]);
  } finally {
    await admin.disconnect();
  }
}
