import type { Doubt, Store } from '@wxa/store';
import type { DailyQuota } from '../retrying/retry-policy.js';
import type { CheckResult, DoubtCheck } from './doubt-check.js';
import { settlementOf } from './doubt-settlement.js';

const POLL_MS = 500;
/** Clocks of database and worker differ by a little; what is due then is looked for a little later. */
const CLOCK_MARGIN_MS = 20;
/** Questions under way at once in one worker, so that they never take all of its calls. */
const MAX_CONCURRENT = 20;
/** More than any asker wants: one whose outcome can't be written is left to an operator after so many. */
const MAX_ASKS = 100;

/** What a resolver works with. */
export interface ReconcilerOptions {
  doubtCheck: DoubtCheck;
  /** A question of a process that was lost is asked by another after this. */
  askLeaseMs: number;
  dailyQuota: DailyQuota;
  /** False while WeChat can't be reached: then no doubt is taken, and none uses up its questions. */
  mayReconcile(): boolean;
  /** After a doubt was settled: events were written, and others may have waited for it. */
  onSettled(state: string): void;
  onAnswer(method: string, answer: CheckResult['answer']): void;
  /** WeChat can't tell: a person has to settle it. */
  onNeedsOperator(doubt: Doubt, why: string): void;
  onFailure(error: unknown): void;
}

type DoubtStore = Pick<Store, 'takeDoubts' | 'recheckDoubtLater' | 'settleDoubt'>;

/**
 * Asks WeChat about the operations in doubt, whichever process left them so: soon, in case their call was done, and when it
 * can no longer take effect. What it knows is in Postgres: a resolver that is lost is replaced by any other.
 */
export class Reconciler {
  #timer: NodeJS.Timeout | undefined;
  readonly #kicks = new Set<NodeJS.Timeout>();
  #taking = false;
  #again = false;
  #stopped = false;
  /** There were more doubts than could be asked about at once. */
  #moreWait = false;
  readonly #asking = new Set<Promise<void>>();

  constructor(
    private readonly store: DoubtStore,
    private readonly options: ReconcilerOptions,
  ) {}

  start(): void {
    this.#timer = setInterval(() => void this.#take(), POLL_MS);
  }

  /** Looks in so many milliseconds: something is due then. */
  wakeUpIn(ms: number): void {
    if (this.#stopped) return;
    const kick = setTimeout(() => {
      this.#kicks.delete(kick);
      void this.#take();
    }, Math.max(0, ms) + CLOCK_MARGIN_MS);
    this.#kicks.add(kick);
  }

  /** Takes no further question; resolves when those under way have ended. */
  async stop(): Promise<void> {
    this.#stopped = true;
    clearInterval(this.#timer);
    for (const kick of this.#kicks) clearTimeout(kick);
    await Promise.all(this.#asking);
  }

  async #take(): Promise<void> {
    const free = MAX_CONCURRENT - this.#asking.size;
    this.#again = this.#taking;
    if (this.#taking || this.#stopped || free <= 0 || !this.options.mayReconcile()) return;
    this.#taking = true;
    try {
      const { askLeaseMs } = this.options;
      const heldUntil = performance.now() + askLeaseMs;
      const doubts = await this.store.takeDoubts(free, askLeaseMs);
      this.#moreWait = doubts.length === free;
      for (const doubt of doubts) this.#track(this.#resolve(doubt, heldUntil));
    } catch (error) {
      this.options.onFailure(error);
    } finally {
      this.#taking = false;
    }
    if (this.#again) void this.#take();
  }

  #track(asking: Promise<void>): void {
    this.#asking.add(asking);
    void asking.finally(() => {
      this.#asking.delete(asking);
      if (this.#moreWait) void this.#take();
    });
  }

  async #resolve(doubt: Doubt, heldUntil: number): Promise<void> {
    try {
      if (doubt.asks > MAX_ASKS) {
        await this.#leave(doubt, `it was asked about ${MAX_ASKS} times, and no outcome could be written`);
        return;
      }
      const asked = await this.options.doubtCheck.run(doubt, heldUntil);
      this.options.onAnswer(doubt.method, asked.answer);
      await this.#write(doubt, asked);
    } catch (error) {
      // Its lease runs out and it is asked again.
      this.options.onFailure(error);
    }
  }

  async #write(doubt: Doubt, { answer, decision }: CheckResult): Promise<void> {
    const { id, fence, asks, negativeReads, mayActUntil } = doubt;
    const again = { id, fence: fence, asks, negativeReads };
    if (mayActUntil !== null && decision.kind !== 'succeeded') {
      await this.store.recheckDoubtLater({ ...again, recheckAt: mayActUntil });
      this.wakeUpIn(mayActUntil.getTime() - Date.now());
      return;
    }
    switch (decision.kind) {
      case 'check-again': {
        const recheckAt = { inMs: decision.afterMs };
        await this.store.recheckDoubtLater({ ...again, negativeReads: decision.negativeReads, recheckAt });
        if (answer === 'not-executed') this.wakeUpIn(decision.afterMs);
        return;
      }
      case 'needs-operator':
        await this.#leave(doubt, decision.why);
        return;
      default: {
        const said = answer === 'not-executed' ? negativeReads + 1 : 0;
        const ended = { ...doubt, negativeReads: said };
        const row = settlementOf(ended, decision, new Date(), this.options.dailyQuota);
        if (await this.store.settleDoubt(row, asks)) this.options.onSettled(row.state);
      }
    }
  }

  async #leave(doubt: Doubt, why: string): Promise<void> {
    const { id, fence, asks, negativeReads } = doubt;
    if (await this.store.recheckDoubtLater({ id, fence, asks, negativeReads, recheckAt: null }))
      this.options.onNeedsOperator(doubt, why);
  }
}
