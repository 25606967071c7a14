const WINDOW_S = 5;
/** Fewer calls than this say nothing about how busy WeChat is. */
const BURST_CALLS = 10;
const BURST_SHARE = 0.5;
/** "Too often" is about the platform where so many mini-programs hear it in one window, else about that one. */
const MINI_PROGRAMS = 2;
const MAX_COUNTED = 100;

/** What an answer says about the pace. */
export type Sample = 'ok' | 'busy' | 'rate-limited';

interface WindowSecond {
  at: number;
  calls: number;
  ok: number;
  busy: number;
  rateLimited: Set<string>;
}

/** How WeChat has answered the calls to one API in the last seconds. */
export class LoadSignal {
  #seconds: WindowSecond[] = [];

  /** Notes an answer; true where it says that the platform calls this API too fast. */
  note(appid: string, sign: Sample, now = performance.now()): boolean {
    const second = this.#second(Math.floor(now / 1000));
    second.calls += 1;
    if (sign === 'ok') second.ok += 1;
    if (sign === 'busy') second.busy += 1;
    if (sign === 'rate-limited' && second.rateLimited.size < MAX_COUNTED) second.rateLimited.add(appid);
    return sign === 'rate-limited' ? this.#isPlatformWide() : sign === 'busy' && this.#isBurst();
  }

  /** Calls a second that WeChat took lately. */
  perSecond(): number {
    return Math.max(0, ...this.#seconds.map((second) => second.ok));
  }

  /** After a cut what was heard before counts no more. */
  forget(): void {
    for (const second of this.#seconds) {
      second.calls = 0;
      second.busy = 0;
      second.rateLimited.clear();
    }
  }

  #second(at: number): WindowSecond {
    const known = this.#seconds.at(-1);
    if (known?.at === at) return known;
    const made: WindowSecond = { at, calls: 0, ok: 0, busy: 0, rateLimited: new Set() };
    this.#seconds = [...this.#seconds.filter((second) => second.at > at - WINDOW_S), made];
    return made;
  }

  #isPlatformWide(): boolean {
    return new Set(this.#seconds.flatMap(({ rateLimited }) => [...rateLimited])).size >= MINI_PROGRAMS;
  }

  #isBurst(): boolean {
    const calls = this.#seconds.reduce((sum, second) => sum + second.calls, 0);
    const busy = this.#seconds.reduce((sum, second) => sum + second.busy, 0);
    return calls >= BURST_CALLS && busy >= calls * BURST_SHARE;
  }
}
