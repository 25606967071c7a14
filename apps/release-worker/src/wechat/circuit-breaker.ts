import type { WxaResult } from '@wxa/wxa-client';

/** When the circuit breaker opens, and its half-open probes. */
export const BREAKER = {
  windowSeconds: 10,
  minCalls: 20,
  /** It opens if more than this share of them had no answer. */
  share: 0.5,
  /** Minimum time between the end of a probe and the next one, over all workers. */
  probeAfterMs: 1_000,
  /** One probe, connect to last byte. */
  probeTimeoutMs: 5_000,
} as const;

/** Older outages affect no deadline. */
const MAX_OUTAGES = 100;

interface WindowSecond {
  at: number;
  calls: number;
  unanswered: number;
}

interface Outage {
  from: number;
  until: number;
}

/**
 * Stops all calls of a worker while WeChat is unavailable: lanes wait, no operation fails, and `Prober` detects when
 * WeChat answers again. Results of calls open it; only the prober closes it.
 */
export class CircuitBreaker {
  #seconds: WindowSecond[] = [];
  #openedAt: number | undefined;
  #openSince: Date | undefined;
  #stopped = false;
  #lastAppid: string | undefined;
  readonly #outages: Outage[] = [];
  readonly #waiting = new Map<(passed: boolean) => void, string>();

  constructor(
    private readonly onOpen: () => void = () => undefined,
    private readonly now: () => number = () => performance.now(),
  ) {}

  get isOpen(): boolean {
    return this.#openedAt !== undefined;
  }

  /** Time at which it opened; undefined while closed. */
  get openSince(): Date | undefined {
    return this.#openSince;
  }

  /** Number of lanes waiting for it to close. */
  get waiting(): number {
    return this.#waiting.size;
  }

  /** The mini-program that has waited longest; if none waits, the last one that called. */
  get candidate(): string | undefined {
    return this.#waiting.values().next().value ?? this.#lastAppid;
  }

  /** Resolves with true when calls may be made, with false if the waiters are released. */
  untilClosed(appid: string): Promise<boolean> {
    this.#lastAppid = appid;
    if (!this.isOpen || this.#stopped) return Promise.resolve(!this.#stopped);
    return new Promise((resolve) => this.#waiting.set(resolve, appid));
  }

  /** Records the result of a call. Any answer of WeChat's counts as available, errors included. */
  record(result: WxaResult<unknown>): void {
    if (this.isOpen) return;
    const second = this.#second();
    second.calls += 1;
    if (!isAnswer(result)) second.unanswered += 1;
    const calls = sum(this.#seconds.map((s) => s.calls));
    const unanswered = sum(this.#seconds.map((s) => s.unanswered));
    if (calls >= BREAKER.minCalls && unanswered > BREAKER.share * calls) this.#open();
  }

  /** WeChat is available again: all waiters continue. */
  close(): void {
    if (this.#openedAt === undefined) return;
    this.#outages.push({ from: this.#openedAt, until: this.now() });
    if (this.#outages.length > MAX_OUTAGES) this.#outages.shift();
    this.#openedAt = undefined;
    this.#openSince = undefined;
    this.#seconds = [];
    this.#releaseAll(true);
  }

  /** Releases all waiters, as after a rebalance; they may wait again. */
  releaseWaiters(): void {
    this.#releaseAll(false);
  }

  /** Releases current and future waiters. */
  stop(): void {
    this.#stopped = true;
    this.releaseWaiters();
  }

  /** How long it was open within the last `ms`. */
  openWithinMs(ms: number): number {
    if (this.#outages.length === 0 && !this.isOpen) return 0;
    const now = this.now();
    const outages = [...this.#outages, { from: this.#openedAt ?? now, until: now }];
    return sum(outages.map(({ from, until }) => Math.max(0, until - Math.max(from, now - ms))));
  }

  #second(): WindowSecond {
    const at = Math.floor(this.now() / 1000);
    const last = this.#seconds.at(-1);
    if (last?.at === at) return last;
    const second = { at, calls: 0, unanswered: 0 };
    this.#seconds = [...this.#seconds.filter((s) => s.at > at - BREAKER.windowSeconds), second];
    return second;
  }

  #open(): void {
    this.#openedAt = this.now();
    this.#openSince = new Date();
    this.onOpen();
  }

  #releaseAll(passed: boolean): void {
    const waiting = [...this.#waiting.keys()];
    this.#waiting.clear();
    for (const resolve of waiting) resolve(passed);
  }
}

/** Causes without an answer; a complete but unreadable response is an answer. */
const UNANSWERED: ReadonlySet<string> = new Set(['connect', 'timeout', 'reset', 'http-status', 'aborted']);

/** Whether WeChat answered, even with an error. */
export function isAnswer(result: WxaResult<unknown>): boolean {
  return !('cause' in result && UNANSWERED.has(result.cause));
}

function sum(numbers: number[]): number {
  return numbers.reduce((total, n) => total + n, 0);
}
