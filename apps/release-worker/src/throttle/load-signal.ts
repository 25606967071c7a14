const WINDOW_S = 5;
/** Fewer calls than this are no evidence of load. */
const BURST_CALLS = 10;
const BURST_SHARE = 0.5;
/** Rate-limited responses to this many mini-programs in one window mean a limit of the platform, fewer of the mini-program. */
const MINI_PROGRAMS = 2;
const MAX_COUNTED = 100;

/** What a response says about load. */
export type Sample = 'ok' | 'busy' | 'rate-limited';

interface WindowSecond {
  at: number;
  calls: number;
  ok: number;
  busy: number;
  rateLimited: Set<string>;
}

/** The responses to the calls of one API in the last 5 seconds. */
export class LoadSignal {
  #seconds: WindowSecond[] = [];

  /** Records a response; returns true if the platform calls this API too fast. */
  note(appid: string, sample: Sample, now = performance.now()): boolean {
    const second = this.#second(Math.floor(now / 1000));
    second.calls += 1;
    if (sample === 'ok') second.ok += 1;
    if (sample === 'busy') second.busy += 1;
    if (sample === 'rate-limited' && second.rateLimited.size < MAX_COUNTED) second.rateLimited.add(appid);
    return sample === 'rate-limited' ? this.#isPlatformWide() : sample === 'busy' && this.#isBurst();
  }

  /** The highest number of successful calls in one second of the window. */
  perSecond(): number {
    return Math.max(0, ...this.#seconds.map((second) => second.ok));
  }

  /** After the rate was reduced, earlier responses no longer count. */
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
