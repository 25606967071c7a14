import type { WxaResult } from '@wxa/wxa-client';
import { BREAKER } from './retry-policy.js';

/** Older ones matter to no deadline. */
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
 * Holds all calls of a worker back while WeChat can't be reached: lanes wait, nothing fails, and `Prober` finds out
 * when WeChat is back. It opens by what became of calls and is closed by the prober alone.
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

  /** Since when it is open. */
  get openSince(): Date | undefined {
    return this.#openSince;
  }

  /** How many lanes wait for it to close. */
  get waiting(): number {
    return this.#waiting.size;
  }

  /** The mini-program that has waited longest; where none waits, one that was seen. */
  get candidate(): string | undefined {
    return this.#waiting.values().next().value ?? this.#lastAppid;
  }

  /** Resolves with true when calls may be made; with false where the asker is sent away. */
  untilClosed(appid: string): Promise<boolean> {
    this.#lastAppid = appid;
    if (!this.isOpen || this.#stopped) return Promise.resolve(!this.#stopped);
    return new Promise((resolve) => this.#waiting.set(resolve, appid));
  }

  /** Notes what became of a call. Whatever WeChat said, it is there. */
  record(result: WxaResult<unknown>): void {
    if (this.isOpen) return;
    const second = this.#second();
    second.calls += 1;
    if (!isAnswer(result)) second.unanswered += 1;
    const calls = sum(this.#seconds.map((s) => s.calls));
    const unanswered = sum(this.#seconds.map((s) => s.unanswered));
    if (calls >= BREAKER.minCalls && unanswered > BREAKER.share * calls) this.#open();
  }

  /** WeChat is back: all who wait go on. */
  close(): void {
    if (this.#openedAt === undefined) return;
    this.#outages.push({ from: this.#openedAt, until: this.now() });
    if (this.#outages.length > MAX_OUTAGES) this.#outages.shift();
    this.#openedAt = undefined;
    this.#openSince = undefined;
    this.#seconds = [];
    this.#releaseAll(true);
  }

  /** Sends all away who wait, as when the lanes are dealt anew; they may ask again. */
  releaseWaiters(): void {
    this.#releaseAll(false);
  }

  /** Sends away whoever waits or comes. */
  stop(): void {
    this.#stopped = true;
    this.releaseWaiters();
  }

  /** How long it was open within the last `ms`: time that no operation is to be blamed for. */
  openWithinMs(ms: number): number {
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

/** The ways of getting no answer: what came whole is one, even where it is not what the API gives. */
const UNANSWERED: ReadonlySet<string> = new Set(['connect', 'timeout', 'reset', 'http-status', 'aborted']);

/** Whether WeChat is there, whatever it said. */
export function isAnswer(result: WxaResult<unknown>): boolean {
  return !('cause' in result && UNANSWERED.has(result.cause));
}

function sum(numbers: number[]): number {
  return numbers.reduce((total, n) => total + n, 0);
}
