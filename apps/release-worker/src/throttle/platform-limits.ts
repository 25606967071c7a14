import type { ApiLimit, Store } from '@wxa/store';
import type { WxaError, WxaResult } from '@wxa/wxa-client';
import { DatabaseClock } from './database-clock.js';
import { LoadSignal, type Sample } from './load-signal.js';
import { ReservationQueue } from './reservation-queue.js';

const REFRESH_MS = 1_000;
/** A new connection's first responses are slow and would skew the database clock. */
const INITIAL_REFRESHES = 4;
/** Timers, claims and sockets shift calls by some milliseconds; this keeps every second within 5 % of the limit. */
const USED_SHARE = 0.965;
/** Codes of a platform-wide quota that is exhausted until the end of the month: 85085. */
const QUOTA_CODES: ReadonlySet<number> = new Set([85085]);
/** Duration of a stop until Postgres returns its end. */
const PROVISIONAL_MS = 3_600_000;

type LimitStore = {
  limits: Pick<Store['limits'], 'takeReservations' | 'cutRate' | 'read' | 'stop' | 'clock'>;
};

export interface PlatformOptions {
  /** Calls per second to one API over all mini-programs and workers; 0: no limit. */
  perApi: number;
  onFailure(error: unknown): void;
  /** After each refresh from Postgres, about once per second. */
  onLimits(limits: ApiLimit[]): void;
}

interface Api {
  queue: ReservationQueue;
  signal: LoadSignal;
  limited: boolean;
  /** Limit over all workers, in calls per second; undefined if it has none. */
  rate: number | undefined;
  /** No call is made before this time, in Date.now() time. */
  stoppedUntil: number;
  /** A stop that is not stored in Postgres yet. */
  unsaved: WxaError | undefined;
}

/** Whether an API's quota is exhausted for the whole platform; its operations are delayed and do not fail. */
export function isPlatformQuota({ errcode }: WxaError): boolean {
  return QUOTA_CODES.has(errcode);
}

/** The per-API limits that all workers share through Postgres. */
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

  /** Resolves after the first refreshes, successful or not. */
  async start(): Promise<void> {
    this.#timer = setInterval(() => void this.refresh(), REFRESH_MS);
    for (let i = 0; i < INITIAL_REFRESHES; i++) await this.refresh();
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    clearInterval(this.#timer);
    this.releaseWaiters();
    await this.#refreshing;
  }

  /** Releases all waiters, as after a rebalance. */
  releaseWaiters(): void {
    for (const { queue } of this.#apis.values()) queue.releaseWaiters();
  }

  /** The reserved time, in performance.now() time; undefined if the waiters are released. */
  async reserve(api: string, kind: 'retry' | 'first' = 'first'): Promise<number | undefined> {
    const { limited, queue } = this.#api(api);
    if (!limited) return performance.now();
    return this.#stopped ? undefined : queue.next(kind);
  }

  /** The limit of an API over all workers, in calls per second; undefined if it has none. */
  perSecond(api: string): number | undefined {
    return this.#api(api).rate;
  }

  /** The reservation of a ready call, not before `from`; undefined if it needs none or will get none. */
  async use(api: string, from: number): Promise<number | undefined> {
    const { limited, queue } = this.#api(api);
    return limited && !this.#stopped ? queue.use(from) : undefined;
  }

  /** Whether calls to an API need a reservation. */
  isLimited(api: string): boolean {
    return this.#api(api).limited;
  }

  /** Whether a ready call may be sent soon. */
  isNear(api: string): boolean {
    const { limited, queue } = this.#api(api);
    return !limited || queue.isNear();
  }

  /** Whether WeChat's quota for an API is exhausted. */
  isStopped(api: string): boolean {
    return this.#api(api).stoppedUntil > Date.now();
  }

  /** Postgres has no stop for this API any more. */
  reopen(api: string): void {
    this.#api(api).stoppedUntil = 0;
  }

  /** Adapts the rate and the stop of an API to WeChat's response. */
  learn(appid: string, api: string, result: WxaResult<unknown>): void {
    if (result.kind === 'error' && isPlatformQuota(result.error)) this.#stopApi(result.error);
    const known = this.#api(api);
    if (!known.signal.note(appid, sampleOf(result))) return;
    const observed = known.signal.perSecond();
    known.signal.forget();
    known.limited = true;
    this.store.limits.cutRate(api, this.#rate, observed).catch(this.options.onFailure);
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
      return await this.store.limits.takeReservations(api, wanted, this.#rate);
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
      await this.store.limits.stop(name, unsaved.errcode, unsaved.errmsg);
      if (api.unsaved === unsaved) api.unsaved = undefined;
    }
    this.#clock.read(await this.store.limits.clock());
    const limits = await this.store.limits.read(this.#rate);
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
