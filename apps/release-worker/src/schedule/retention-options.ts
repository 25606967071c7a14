import { type Logger, leaseLog } from '@wxa/service';
import type { Config } from '../config.js';
import { retentionDeletedTotal, setRetentionMetric } from '../metrics.js';
import { type OldRowsOptions, RETENTION_LEASE } from './retention.js';

/** How long this worker's settings keep rows; what is deleted is reported in its metrics. */
export function retentionOptions(
  config: Config,
  logger: Logger,
  onFailure: OldRowsOptions['onFailure'],
): OldRowsOptions {
  return {
    retention: {
      queriesMs: config.QUERY_RETENTION_MS,
      changesMs: config.CHANGE_RETENTION_MS,
      trailMs: config.TRAIL_RETENTION_MS,
      rolloutsMs: config.ROLLOUT_RETENTION_MS,
    },
    onDeleted: (table, rows) => retentionDeletedTotal.inc({ table }, rows),
    onClean: setRetentionMetric,
    onFailure,
    onLease: leaseLog(logger, RETENTION_LEASE),
  };
}
