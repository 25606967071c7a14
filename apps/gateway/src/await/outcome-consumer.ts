import { eventType, OperationCompleted, operationOfOutcome } from '@wxa/contracts';
import type { FollowedMessage } from '@wxa/kafka';
import type { Demand } from './demand.js';
import type { OperationFeed } from './operation-feed.js';
import type { PendingQueries } from './pending-queries.js';

/** Pause between fetches while there are no waiters or watchers: larger batches cost less. */
const PAUSE_MS = 100;

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
    if (!feed.isWatched && !pending.isAwaited(operationOfOutcome(header('ce_id')))) return;
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
