import { isMethod } from '@wxa/contracts';
import { reconciliationOf } from '@wxa/methods';
import type { Doubt, RecheckLater, SettlementWithAudits } from '@wxa/operations';
import { Poller } from '@wxa/service';
import type { Store } from '@wxa/store';
import { RECONCILIATION_RESULTS } from '../metrics.js';
import type { Spans } from '../spans.js';
import type { DailyQuota } from '../throttle/retry-policy.js';
import type { CheckResult, DoubtCheck } from './doubt-check.js';
import { settlementOf } from './doubt-settlement.js';

const POLL_MS = 500;
/** Tolerance between the clocks of Postgres and the worker. */
const CLOCK_MARGIN_MS = 20;
/** Concurrent reconciliations per worker, so that they never use all of its permits. */
const MAX_CONCURRENT = 20;
/** Above the limit for unanswered reads: an operation whose outcome cannot be stored needs an operator after this. */
const MAX_READS = 100;

export interface ReconcilerOptions {
  doubtCheck: DoubtCheck;
  /** After this, another process repeats the reconciliation of a lost one. */
  askLeaseMs: number;
  dailyQuota: DailyQuota;
  /** While WeChat is unavailable no doubt is taken, so that none uses up its reads. */
  isUnavailable(): boolean;
  /** After an operation in doubt was settled: events were written, and other operations may have waited for it. */
  onSettled(row: SettlementWithAudits, doubt: Doubt): void;
  onAnswer(method: string, answer: CheckResult['answer']): void;
  /** The reconciliation is inconclusive: an operator must resolve it. */
  onNeedsOperator(doubt: Doubt, why: string): void;
  onFailure(error: unknown): void;
  spans?: Pick<Spans, 'reconcile'> | undefined;
}

type Checked = Doubt & Pick<RecheckLater, 'isUnsent'>;

interface DoubtStore {
  doubts: Pick<Store['doubts'], 'take' | 'recheckLater' | 'settle'>;
  /** Nor is a doubt taken while Postgres is not verified. */
  history: Pick<Store['history'], 'reportLostClaim' | 'isVerified'>;
}

/**
 * Reconciles operations in doubt, whichever process they ran in: soon, in case the call was executed, and again when the
 * call can no longer take effect. Its state is in Postgres, so any reconciler replaces a lost one.
 */
export class Reconciler {
  readonly #poller = new Poller(
    POLL_MS,
    () => this.#take(),
    (error) => this.options.onFailure(error),
  );
  readonly #wakeUps = new Set<NodeJS.Timeout>();
  #isStopped = false;
  /** When WeChat was last found to be unavailable, in performance.now() time. */
  #unavailableAt = Number.NEGATIVE_INFINITY;
  /** More doubts were due than can be reconciled concurrently. */
  #hasMore = false;
  readonly #running = new Set<Promise<void>>();

  constructor(
    private readonly store: DoubtStore,
    private readonly options: ReconcilerOptions,
  ) {}

  start(): void {
    this.#poller.start();
  }

  /** Polls after `ms`, when a reconciliation is due. */
  wakeUpIn(ms: number): void {
    if (this.#isStopped) return;
    const timer = setTimeout(() => {
      this.#wakeUps.delete(timer);
      this.#poller.wakeUp();
    }, Math.max(0, ms) + CLOCK_MARGIN_MS);
    this.#wakeUps.add(timer);
  }

  /** Starts no reconciliation; resolves when the running ones have ended. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    for (const timer of this.#wakeUps) clearTimeout(timer);
    await this.#poller.stop();
    await Promise.all(this.#running);
  }

  async #take(): Promise<void> {
    const free = MAX_CONCURRENT - this.#running.size;
    const now = performance.now();
    if (this.options.isUnavailable()) this.#unavailableAt = now;
    const mayReconcile = this.#unavailableAt !== now && this.store.history.isVerified;
    if (free <= 0 || !mayReconcile) return;
    const { askLeaseMs } = this.options;
    // The deadline is extended elsewhere by the time for which WeChat was unavailable.
    const doubts = await this.store.doubts.take(free, askLeaseMs, now - this.#unavailableAt);
    this.#hasMore = doubts.length === free;
    for (const doubt of doubts) this.#track(this.#resolve(doubt, now + askLeaseMs));
  }

  #track(running: Promise<void>): void {
    this.#running.add(running);
    void running.finally(() => {
      this.#running.delete(running);
      if (this.#hasMore) this.#poller.wakeUp();
    });
  }

  async #resolve(doubt: Doubt, leaseEndsAt: number): Promise<void> {
    try {
      if (doubt.reads > MAX_READS) {
        await this.#leaveToOperator(doubt, `no outcome could be stored after ${MAX_READS} reconciliations`);
        return;
      }
      if (doubt.mayActUntil !== null && isProvedLateOnly(doubt)) {
        await this.#checkLater({ ...doubt, isUnsent: true }, doubt.mayActUntil);
        return;
      }
      const span = this.options.spans?.reconcile(doubt);
      try {
        const checked = await this.options.doubtCheck.run(doubt, leaseEndsAt, span);
        span?.setAttribute('wxa.reconciliation.result', RECONCILIATION_RESULTS[checked.answer]);
        this.options.onAnswer(doubt.method, checked.answer);
        await this.#write(doubt, checked);
      } finally {
        span?.end();
      }
    } catch (error) {
      // It is reconciled again when its lease has expired.
      this.options.onFailure(error);
    }
  }

  async #write(taken: Doubt, { answer, decision, throttledMs, isUnsent }: CheckResult): Promise<void> {
    const doubt = { ...taken, throttledMs, isUnsent };
    const { checks, negativeReads, mayActUntil } = doubt;
    if (mayActUntil !== null && decision.kind !== 'succeeded') {
      await this.#checkLater(doubt, mayActUntil);
      return;
    }
    switch (decision.kind) {
      case 'check-again': {
        const later = { ...doubt, negativeReads: decision.negativeReads };
        await this.#recheckLater(later, { inMs: decision.afterMs });
        if (answer === 'not-executed') this.wakeUpIn(decision.afterMs);
        return;
      }
      case 'needs-operator':
        await this.#leaveToOperator(doubt, decision.why);
        return;
      default: {
        const negatives = answer === 'not-executed' ? negativeReads + 1 : 0;
        const ended = { ...doubt, negativeReads: negatives };
        const row = settlementOf(ended, decision, new Date(), this.options.dailyQuota);
        if (await this.#stored(doubt, this.store.doubts.settle(row, { checks, throttledMs })))
          this.options.onSettled(row, doubt);
      }
    }
  }

  /** When the call cannot be executed any more. */
  async #checkLater(doubt: Checked, recheckAt: Date): Promise<void> {
    await this.#recheckLater(doubt, recheckAt);
    this.wakeUpIn(recheckAt.getTime() - Date.now());
  }

  async #leaveToOperator(doubt: Doubt, why: string): Promise<void> {
    if (await this.#recheckLater(doubt, null)) this.options.onNeedsOperator(doubt, why);
  }

  #recheckLater(doubt: Checked, recheckAt: RecheckLater['recheckAt']): Promise<boolean> {
    const { id, fence, claimKey, checks, negativeReads, throttledMs, isUnsent } = doubt;
    const later = { id, fence, claimKey, checks, negativeReads, throttledMs, isUnsent, recheckAt };
    return this.#stored(doubt, this.store.doubts.recheckLater(later));
  }

  /** Whether a write matched its row. If not, another process has settled the doubt, or Postgres has lost time: that is reported. */
  async #stored(doubt: Doubt, write: Promise<boolean>): Promise<boolean> {
    const isStored = await write;
    if (!isStored) await this.store.history.reportLostClaim(doubt);
    return isStored;
  }
}

/** The call may come after the read, and after the next change of its mini-program if that were let through. */
function isProvedLateOnly({ method }: Doubt): boolean {
  return isMethod(method) && reconciliationOf(method)?.mayHaveHeldBefore === true;
}
