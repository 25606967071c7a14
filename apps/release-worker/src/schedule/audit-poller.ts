import type { DueAudit } from '@wxa/audits';
import { ownOperation } from '@wxa/operations';
import { Poller } from '@wxa/service';
import type { Store } from '@wxa/store';

/** Audits per poll and worker; the platform's rate limits apply too, as to a caller's query. */
const BATCH = 100;
const MAX_POLL_MS = 5_000;

export interface AuditPollerOptions {
  afterMs: number;
  intervalMs: number;
  /** False while an older worker runs, or Postgres is not verified: an audit may have been decided and published already. */
  mayPoll(): boolean;
  onQueried(): void;
  onFailure(error: unknown): void;
}

/**
 * Queries open audits whose callback is late: an ordinary GetAuditStatus, in the mini-program's lane and under its
 * limits, like a caller's. The returned status is applied to the audit by the settlement. This recovers lost callbacks
 * and detects withdrawals outside this service, for which WeChat sends none.
 */
export class AuditPoller {
  readonly #poller: Poller;

  constructor(
    private readonly store: {
      audits: Pick<Store['audits'], 'takeDue' | 'trustPush'>;
      operations: Pick<Store['operations'], 'accept'>;
    },
    private readonly options: AuditPollerOptions,
  ) {
    const { afterMs, intervalMs, onFailure } = options;
    this.#poller = new Poller(Math.min(MAX_POLL_MS, afterMs, intervalMs), () => this.#poll(), onFailure);
  }

  start(): void {
    this.#poller.start();
  }

  stop(): Promise<void> {
    return this.#poller.stop();
  }

  async #poll(): Promise<void> {
    const { afterMs, intervalMs, mayPoll, onQueried } = this.options;
    if (!mayPoll()) return;
    const due = await this.store.audits.takeDue({ afterMs, intervalMs, limit: BATCH });
    await Promise.all(due.map((audit) => this.#ask(audit)));
    if (due.length > 0) onQueried();
  }

  async #ask({ appid, auditId, requestId, trustsPush }: DueAudit): Promise<void> {
    if (trustsPush) return this.store.audits.trustPush({ appid, auditId });
    await this.store.operations.accept(ownOperation('GetAuditStatus', { appid, requestId, auditId }));
  }
}
