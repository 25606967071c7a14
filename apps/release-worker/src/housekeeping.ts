import { leaseLog } from '@wxa/service';
import { BACKLOG_LEASE, CallerUsageWriter } from './backlog/caller-usage.js';
import { DeploymentCounts } from './backlog/deployment-metrics.js';
import type { Base, CallParts } from './call-parts.js';
import { PlatformDomainsRead } from './fleet/platform-domains.js';
import { FleetReport } from './fleet/report.js';
import { SettingsReport } from './fleet/settings-report.js';
import { FLEET_LEASE, FleetSweep } from './fleet/sweep.js';
import { HistoryCheck } from './history/history-check.js';
import { retentionDeletedTotal, setRetentionMetric } from './metrics.js';
import type { OperationParts } from './operation-parts.js';
import { AuditPoller } from './schedule/audit-poller.js';
import { RETENTION_LEASE } from './schedule/retention.js';
import { Sweeper } from './schedule/sweeper.js';

/** What a worker does beside its operations, for all workers of the database, and also while no call may be made. */
export class Housekeeping {
  readonly #parts: { start(): void; stop(): Promise<void> }[];

  constructor(
    base: Base,
    calls: Pick<CallParts, 'platform' | 'wechat'>,
    operations: Pick<OperationParts, 'relay' | 'rollouts'>,
  ) {
    const { relay, rollouts } = operations;
    const { config, logger, store, onFailure } = base;
    const callerUsage = new CallerUsageWriter({
      store,
      onFailure,
      onLease: leaseLog(logger, BACKLOG_LEASE),
      deployment: new DeploymentCounts(store, config.AUTHORIZER_SYNC_INTERVAL_MS > 0),
    });
    const auditPoller = new AuditPoller(store, {
      afterMs: config.AUDIT_POLL_AFTER_MS,
      intervalMs: config.AUDIT_POLL_INTERVAL_MS,
      mayPoll: () => rollouts.mayAccept,
      onQueried: () => relay.notify(),
      onFailure,
    });
    const retention = {
      queriesMs: config.QUERY_RETENTION_MS,
      changesMs: config.CHANGE_RETENTION_MS,
      trailMs: config.TRAIL_RETENTION_MS,
      rolloutsMs: config.ROLLOUT_RETENTION_MS,
    };
    const sweeper = new Sweeper(store, {
      retention,
      onDeleted: (table, rows) => retentionDeletedTotal.inc({ table }, rows),
      onClean: setRetentionMetric,
      onFailure,
      onLease: leaseLog(logger, RETENTION_LEASE),
    });
    const fleet = buildFleetSweep(base, calls, operations);
    this.#parts = [new HistoryCheck({ ...base, retention }), sweeper, callerUsage, auditPoller, fleet];
  }

  start(): void {
    for (const part of this.#parts) part.start();
  }

  /** The timers stop at once; what they run ends within a statement of Postgres. */
  async stop(): Promise<void> {
    await Promise.all(this.#parts.map((part) => part.stop()));
  }
}

function buildFleetSweep(
  { config, store, logger, onFailure }: Base,
  { platform: limits, wechat }: Pick<CallParts, 'platform' | 'wechat'>,
  { relay, rollouts }: Pick<OperationParts, 'relay' | 'rollouts'>,
): FleetSweep {
  return new FleetSweep({
    ...{ store, limits, onFailure },
    reports: [new FleetReport(store.fleet), new SettingsReport(store.settings)],
    isUnavailable: () => wechat.breaker.isOpen,
    domains: new PlatformDomainsRead(store, config.WECHAT_COMPONENT_APPID),
    mayAsk: () => rollouts.mayAccept,
    onAsked: () => relay.notify(),
    onLease: leaseLog(logger, FLEET_LEASE),
  });
}
