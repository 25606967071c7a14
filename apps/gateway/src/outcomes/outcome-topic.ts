import { eventType, OperationCompleted, operationOfOutcome } from '@wxa/contracts';
import type { FollowedMessage } from '@wxa/kafka';
import type { OperationFeed } from './operation-feed.js';
import type { PendingQueries } from './pending-queries.js';

/** While nobody waits or watches, Kafka is read so seldom: each answer of its brings more then, and costs less. */
const REST_MS = 100;

/** The outcomes topic, for those who wait and those who watch. */
export class OutcomeTopic {
  #wake: () => void = () => undefined;

  constructor(
    private readonly outcomes: PendingQueries,
    private readonly watch: OperationFeed,
  ) {
    outcomes.onDemand = watch.onDemand = () => this.#wake();
  }

  /** What nobody waits for is not even read: of a wave that is nearly all. */
  take({ value, header }: FollowedMessage): void {
    const { outcomes, watch } = this;
    if (!watch.isWatched && !outcomes.isAwaited(operationOfOutcome(header('ce_id')))) return;
    // OperationInDoubt has the same one field.
    const { operation } = OperationCompleted.fromJSON(JSON.parse(value.toString()));
    if (operation === undefined) return;
    outcomes.resolve(operation);
    if (header('ce_type') === eventType('OperationCompleted')) watch.completed(operation);
    else watch.wake();
  }

  /** Resolves when the topic is to be read on: at once, or after a while, or when somebody waits. */
  async rest(): Promise<void> {
    if (this.watch.isWatched || this.outcomes.isAnyAwaited) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, REST_MS);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}
