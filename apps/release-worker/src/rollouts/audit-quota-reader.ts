import { randomUUID } from 'node:crypto';
import { ownOperation } from '@wxa/operations';
import { decideQuotaLook, type QuotaLook } from '@wxa/rollouts/turn';
import { Poller } from '@wxa/service';
import type { Store } from '@wxa/store';

const POLL_MS = 2_000;

export interface AuditQuotaOptions {
  /** The platform's component appid; '' if it is not known. */
  platform: string;
  /** Whether this service keeps the authorizations: the token source is `component`. */
  knowsAuthorizers: boolean;
  /** False while an older worker runs. */
  mayAsk(): boolean;
  onAsked(): void;
  onFailure(error: unknown): void;
}

/**
 * Keeps the snapshot of the platform's audit quota: hourly while audits are submitted, every 10 minutes while submissions of
 * rollouts wait. Lifts the stop after an 85085 every hour. It runs in every worker; one at a time looks.
 */
export class AuditQuotaReader {
  readonly #poller = new Poller(
    POLL_MS,
    () => this.#look(),
    (error) => this.options.onFailure(error),
  );
  #hasRow = false;

  constructor(
    private readonly store: { limits: Pick<Store['limits'], 'addQuota' | 'lookAtQuota'> },
    private readonly options: AuditQuotaOptions,
  ) {}

  start(): void {
    this.#poller.start();
  }

  /** Looks now, for example because a query has an answer. */
  wakeUp(): void {
    this.#poller.wakeUp();
  }

  stop(): Promise<void> {
    return this.#poller.stop();
  }

  async #look(): Promise<void> {
    const { platform, mayAsk, onAsked } = this.options;
    const { limits } = this.store;
    if (!this.#hasRow) await limits.addQuota(platform);
    this.#hasRow = true;
    let asked = false;
    await limits.lookAtQuota(platform, async (look) => {
      const { observes, liftsStop, asks } = decideQuotaLook(look.state);
      if (observes && look.state.answer !== null) await look.observe(look.state.answer);
      if (liftsStop) await look.liftStop();
      asked = asks && mayAsk() && (await this.#ask(look));
    });
    if (asked) onAsked();
  }

  /** Whether there is a mini-program to ask. */
  async #ask(look: QuotaLook): Promise<boolean> {
    const { isWaitedFor, submitted } = look.state;
    const waiting = isWaitedFor ? await look.candidate(this.options) : undefined;
    const appid = waiting ?? submitted?.appid;
    if (appid === undefined) return false;
    await look.ask(ownOperation('GetAuditQuota', { appid, requestId: `audit-quota-${randomUUID()}` }));
    return true;
  }
}
