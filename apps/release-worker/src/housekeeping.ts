import { leaseLog } from '@wxa/service';
import { BACKLOG_LEASE, CallerUsageWriter } from './backlog/caller-usage.js';
import { DeploymentCounts } from './backlog/deployment-metrics.js';
import type { Base } from './call-parts.js';
import { HistoryCheck } from './history/history-check.js';
import type { OperationParts } from './operation-parts.js';
import { AuditPoller } from './schedule/audit-poller.js';
import { retentionOptions } from './schedule/retention-options.js';
import { Sweeper } from './schedule/sweeper.js';

/** What a worker does beside its operations, for all workers of the database, and also while no call may be made. */
export class Housekeeping {
  readonly #parts: { start(): void; stop(): Promise<void> }[];

  constructor(base: Base, { relay, rollouts }: Pick<OperationParts, 'relay' | 'rollouts'>) {
    const { config, logger, store, onFailure } = base;
    const callerUsage = new CallerUsageWriter({
      store,
      onFailure,
      onLease: leaseLog(logger, BACKLOG_LEASE),
      deployment: new DeploymentCounts(store),
    });
    const auditPoller = new AuditPoller(store, {
      afterMs: config.AUDIT_POLL_AFTER_MS,
      intervalMs: config.AUDIT_POLL_INTERVAL_MS,
      mayPoll: () => rollouts.mayAccept,
      onQueried: () => relay.notify(),
      onFailure,
    });
    const sweeper = new Sweeper(store, retentionOptions(config, logger, onFailure));
    this.#parts = [new HistoryCheck(base), sweeper, callerUsage, auditPoller];
  }

  start(): void {
    for (const part of this.#parts) part.start();
  }

  /** The timers stop at once; what they run ends within a statement of Postgres. */
  async stop(): Promise<void> {
    await Promise.all(this.#parts.map((part) => part.stop()));
  }
}
