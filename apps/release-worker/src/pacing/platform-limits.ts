import type { ApiLimit, Store } from '@wxa/store';
import type { WxaError, WxaResult } from '@wxa/wxa-client';
import { DatabaseClock } from './database-clock.js';
import { LoadSignal, type Sample } from './load-signal.js';
import { ReservationQueue } from './reservation-queue.js';

const REFRESH_MS = 1_000;
/** A connection's first answers are slow, and would put the database's clock too late. */
const FIRST_LOOKS = 4;
/** Timers, claims and sockets shift calls by some milliseconds: no second may hold 5 % more than the limit. */
const USED_SHARE = 0.965;
/** Codes that say a quota of the whole platform is used up until the month turns: 85085. */
const QUOTA_CODES: ReadonlySet<number> = new Set([85085]);
/** Until Postgres says how long an API is stopped. */
const PROVISIONAL_MS = 3_600_000;

type LimitStore = Pick<Store, 'takeReservations' | 'cutRate' | 'readApiLimits' | 'stopApi' | 'clock'>;

/** What is reported and how. */
export interface PlatformOptions {
  /** Calls a second to one API over all mini-programs and workers; 0: no limit of ours. */
  perApi: number;
  onFailure(error: unknown): void;
  /** After each look at Postgres, about once a second. */
  onLimits(limits: ApiLimit[]): void;
}

interface Api {
  queue: ReservationQueue;
  signal: LoadSignal;
  limited: boolean;
  /** Calls a second that it may have over all workers; undefined: as many as there are. */
  rate: number | undefined;
  /** Nothing is called before this time; by Date.now(). */
  stoppedUntil: number;
  /** A stop that Postgres has not heard of. */
  unsaved: WxaError | undefined;
}

/** Whether an error says that an API is closed for the whole platform; its operations wait and do not fail. */
export function isPlatformQuota({ errcode }: WxaError): boolean {
  return QUOTA_CODES.has(errcode);
}

/** The limits of each API that all workers share, through Postgres. */
export class PlatformLimits {
  readonly #apis = new Map<string, Api>();
  readonly #clock = new DatabaseClock();
  readonly #rate: number;
  #timer: NodeJS.Timeout | undefined;
  #stopped = false;
  #refreshing: Promise<void> | undefined;

  constructor(
    private readonly store: LimitStore,
    private readonly options: PlatformOptions,
  ) {
    this.#rate = options.perApi * USED_SHARE;
  }

  /** Resolves when Postgres was read, or could not be. */
  async start(): Promise<void> {
    this.#timer = setInterval(() => void this.refresh(), REFRESH_MS);
    for (let i = 0; i < FIRST_LOOKS; i++) await this.refresh();
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    clearInterval(this.#timer);
    this.releaseWaiters();
    await this.#refreshing;
  }

  /** Sends away all who wait for a place, as when the lanes are dealt anew. */
  releaseWaiters(): void {
    for (const { queue } of this.#apis.values()) queue.releaseWaiters();
  }

  /** When to be ready for a call, by performance.now(): a place is there then; undefined: ask again, or not at all. */
  async reserve(api: string, kind: 'retry' | 'first' = 'first'): Promise<number | undefined> {
    const { limited, queue } = this.#api(api);
    if (!limited) return performance.now();
    return this.#stopped ? undefined : queue.next(kind);
  }

  /** Calls a second that an API may have over all workers; undefined: it has no limit now. */
  perSecond(api: string): number | undefined {
    return this.#api(api).rate;
  }

  /** The place of a call that is ready, not before `from`; undefined: it needs none, or will get none. */
  async use(api: string, from: number): Promise<number | undefined> {
    const { limited, queue } = this.#api(api);
    return limited && !this.#stopped ? queue.use(from) : undefined;
  }

  /** Whether calls to an API wait for places. */
  isLimited(api: string): boolean {
    return this.#api(api).limited;
  }

  /** Whether a call that is ready goes before long. */
  isNear(api: string): boolean {
    const { limited, queue } = this.#api(api);
    return !limited || queue.isNear();
  }

  /** Whether WeChat's quota for an API is used up. */
  isStopped(api: string): boolean {
    return this.#api(api).stoppedUntil > Date.now();
  }

  /** Postgres says that a stop was lifted. */
  reopen(api: string): void {
    this.#api(api).stoppedUntil = 0;
  }

  /** Draws from WeChat's answer to a call what it says about the pace, and about the quota. */
  learn(appid: string, api: string, result: WxaResult<unknown>): void {
    if (result.kind === 'error' && isPlatformQuota(result.error)) this.#stopApi(result.error);
    const known = this.#api(api);
    if (!known.signal.note(appid, sampleOf(result))) return;
    const observed = known.signal.perSecond();
    known.signal.forget();
    known.limited = true;
    this.store.cutRate(api, this.#rate, observed).catch(this.options.onFailure);
  }

  #stopApi(error: WxaError): void {
    const api = this.#api(error.api);
    api.stoppedUntil = Date.now() + PROVISIONAL_MS;
    api.unsaved = error;
    api.queue.releaseWaiters();
    void this.refresh();
  }

  #api(name: string): Api {
    const known = this.#apis.get(name);
    if (known !== undefined) return known;
    const queue = new ReservationQueue((wanted) => this.#take(name, wanted), this.#clock);
    const limited = this.#rate > 0;
    const rate = limited ? this.#rate : undefined;
    const made = { queue, signal: new LoadSignal(), limited, rate, stoppedUntil: 0, unsaved: undefined };
    this.#apis.set(name, made);
    return made;
  }

  async #take(api: string, wanted: number) {
    try {
      return await this.store.takeReservations(api, wanted, this.#rate);
    } catch (error) {
      this.options.onFailure(error);
      throw error;
    }
  }

  refresh(): Promise<void> {
    this.#refreshing ??= this.#refresh()
      .catch(this.options.onFailure)
      .finally(() => {
        this.#refreshing = undefined;
      });
    return this.#refreshing;
  }

  async #refresh(): Promise<void> {
    for (const [name, api] of this.#apis) {
      const { unsaved } = api;
      if (unsaved === undefined) continue;
      await this.store.stopApi(name, unsaved.errcode, unsaved.errmsg);
      if (api.unsaved === unsaved) api.unsaved = undefined;
    }
    this.#clock.read(await this.store.clock());
    const limits = await this.store.readApiLimits(this.#rate);
    for (const limit of limits) this.#learn(limit);
    this.options.onLimits(limits);
  }

  #learn({ api: name, rate, stop }: ApiLimit): void {
    const api = this.#api(name);
    api.limited = rate !== null;
    api.rate = rate ?? undefined;
    if (api.unsaved === undefined) api.stoppedUntil = stop?.until.getTime() ?? 0;
  }
}

function sampleOf(result: WxaResult<unknown>): Sample {
  if (result.kind !== 'retryable') return 'ok';
  if (result.cause === 'busy') return 'busy';
  return result.cause === 'rate' ? 'rate-limited' : 'ok';
}
