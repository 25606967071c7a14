import { Gcra } from './gcra.js';

const SWEEP_AT = 10_000;

/** Calls a second; 0: no limit of ours. */
export interface Rates {
  /** To one API over all mini-programs. */
  perApi: number;
  /** To one API of one mini-program. */
  perAppid: number;
}

/** The limits under which this process calls WeChat. Buckets start empty. */
export class RateLimits {
  readonly #apis = new Map<string, Gcra>();
  readonly #lanes = new Map<string, Gcra>();

  constructor(private readonly rates: Rates) {}

  /** How many buckets of mini-programs are remembered. */
  get size(): number {
    return this.#lanes.size;
  }

  /** Reserves a call of one mini-program and tells in how many milliseconds its own limit lets it go. */
  reserveForAppid(appid: string, api: string, now = performance.now()): number {
    return this.#lane(appid, api, now).reserve(now);
  }

  /** Reserves a call of the platform; to be asked when the mini-program's own limit lets the call go. */
  reserveForApi(api: string, now = performance.now()): number {
    return this.#api(api).reserve(now);
  }

  /** WeChat said "too often" (45011, 9402202): nothing to this API for this mini-program before `ms` from now. */
  block(appid: string, api: string, ms: number, now = performance.now()): void {
    this.#lane(appid, api, now).block(now + ms);
  }

  #api(api: string): Gcra {
    const known = this.#apis.get(api);
    if (known !== undefined) return known;
    const made = new Gcra(this.rates.perApi);
    this.#apis.set(api, made);
    return made;
  }

  #lane(appid: string, api: string, now: number): Gcra {
    const key = `${appid} ${api}`;
    const known = this.#lanes.get(key);
    if (known !== undefined) return known;
    if (this.#lanes.size >= SWEEP_AT) this.#forgetIdle(now);
    const made = new Gcra(this.rates.perAppid);
    this.#lanes.set(key, made);
    return made;
  }

  #forgetIdle(now: number): void {
    for (const [key, gcra] of this.#lanes) if (gcra.isIdle(now)) this.#lanes.delete(key);
  }
}
