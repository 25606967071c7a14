import type { BacklogCounts, Store } from '@wxa/store';
import { ownOperation } from './own-operation.js';

const HOUR_MS = 3_600_000;
/** After a submission, so that those that follow it are counted too. */
const AFTER_MS = 60_000;

export interface AuditQuotaOptions {
  onQueried(): void;
  onFailure(error: unknown): void;
}

/** Queries the audit quota of the platform once an hour while audits are submitted, for its metrics. */
export class AuditQuotaPoller {
  #askedFor = 0;

  constructor(
    private readonly store: { operations: Pick<Store['operations'], 'accept'> },
    private readonly options: AuditQuotaOptions,
  ) {}

  /** @param submitted the last SubmitAudit that WeChat accepted. */
  poll(submitted: BacklogCounts['submitted'], now = Date.now()): void {
    if (submitted === null) return;
    const ageMs = now - submitted.atMs;
    const hour = Math.floor(now / HOUR_MS);
    if (ageMs < AFTER_MS || ageMs > HOUR_MS || hour === this.#askedFor) return;
    this.#askedFor = hour;
    const { appid } = submitted;
    const query = ownOperation('GetAuditQuota', { appid, requestId: `audit-quota-${hour}` });
    this.store.operations.accept(query).then(this.options.onQueried, this.options.onFailure);
  }
}
