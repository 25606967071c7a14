import { createHash } from 'node:crypto';
import { commandEvent, continueTrace } from '@wxa/contracts';
import { type DueAudit, type NewOperation, operationId, type Store } from '@wxa/store';
import { SOURCE } from '../running/settlement.js';

/** Of one worker, each time it looks. Beyond that the platform's rate limits hold, as for a caller's question. */
const AT_ONCE = 100;
const LONGEST_LOOK_MS = 5_000;

/** What a poller is told. */
export interface AuditPollerOptions {
  afterMs: number;
  intervalMs: number;
  onAsked(): void;
  onFailure(error: unknown): void;
}

/**
 * Asks about open audits whose push is late: an ordinary GetAuditStatus, in the mini-program's lane and under its
 * limits, as a caller's would be. Whatever status comes home is applied to the audit where it is settled, so lost
 * pushes are found, and audits that are delayed, or withdrawn elsewhere, for which there is no push.
 */
export class AuditPoller {
  #timer: NodeJS.Timeout | undefined;
  #polling: Promise<void> | undefined;

  constructor(
    private readonly store: Pick<Store, 'takeDueAudits' | 'accept'>,
    private readonly options: AuditPollerOptions,
  ) {}

  start(): void {
    const { afterMs, intervalMs } = this.options;
    this.#timer = setInterval(() => this.#look(), Math.min(LONGEST_LOOK_MS, afterMs, intervalMs));
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await this.#polling;
  }

  #look(): void {
    this.#polling ??= this.#poll().finally(() => {
      this.#polling = undefined;
    });
  }

  async #poll(): Promise<void> {
    const { afterMs, intervalMs, onAsked, onFailure } = this.options;
    try {
      const due = await this.store.takeDueAudits({ afterMs, intervalMs, limit: AT_ONCE });
      await Promise.all(due.map((audit) => this.store.accept(question(audit))));
      if (due.length > 0) onAsked();
    } catch (error) {
      onFailure(error);
    }
  }
}

function question({ appid, auditId, requestId }: DueAudit): NewOperation {
  const request = { appid, requestId, auditId };
  const text = JSON.stringify(request);
  const createdAt = new Date();
  const identity = {
    id: operationId(createdAt),
    appid,
    method: 'GetAuditStatus',
    createdAt,
    traceparent: continueTrace(undefined),
  };
  return {
    ...identity,
    requestId,
    requestHash: createHash('sha256').update(text).digest(),
    isChange: false,
    request: text,
    command: commandEvent({ ...identity, request }, SOURCE),
  };
}
