import { METHODS, type Method } from '@wxa/contracts';
import { type ApiLimit, EVERY_API, LISTED_CHANGES, type StopSource, USED_SHARE } from '@wxa/limits';
import { apisIn } from '@wxa/methods';
import { Poller } from '@wxa/service';
import type { Store } from '@wxa/store';
import type { WxaError, WxaResult } from '@wxa/wxa-client';
import { LoadSignal, type Sample } from './load-signal.js';
import { DatabaseClock, ReservationQueue } from './reservation-queue.js';

const REFRESH_MS = 1_000;
/** A new connection's first responses are slow and would skew the database clock. */
const INITIAL_REFRESHES = 4;
/** Codes of a platform-wide quota that is exhausted until the end of the month: 85085. */
const QUOTA_CODES: ReadonlySet<number> = new Set([85085]);
/** Duration of a stop until Postgres returns its end. */
const PROVISIONAL_MS = 3_600_000;

type LimitStore = {
  limits: Pick<Store['limits'], 'takeReservations' | 'cutRate' | 'read' | 'stop' | 'clock'>;
};

export interface PlatformOptions {
  /** Calls per second to one API over all mini-programs and workers, unless an operator has set a rate; 0: no limit. */
  perApi: number;
  onFailure(error: unknown): void;
  /** After each refresh from Postgres, about once per second. */
  onLimits(limits: ApiLimit[]): void;
}

interface Api {
  queue: ReservationQueue;
  signal: LoadSignal;
  /** Limit over all workers, in calls per second; undefined if it has none. */
  rate: number | undefined;
  /** No call is made before this time, in performance.now() time. */
  stoppedUntil: number;
  stoppedBy: StopSource;
  /** The end of the stop that Postgres had at the last read, in epoch milliseconds; 0: none. */
  storedUntil: number;
  /** A stop that is not stored in Postgres yet. */
  unsaved: WxaError | undefined;
}

/** Whether an API's quota is exhausted for the whole platform; its operations are delayed and do not fail. */
export function isPlatformQuota({ errcode }: WxaError): boolean {
  return QUOTA_CODES.has(errcode);
}

/** A stop for which an operation waits. `api`: its own API, or LISTED_CHANGES. */
export interface Stop {
  api: string;
  by: StopSource;
}

/** WeChat reads and writes under some of them. */
const CHANGE_APIS: ReadonlySet<string> = new Set(apisIn('ALL_CHANGES'));

/**
 * The stop that holds the call of an operation; undefined if it may be made. An operator who stops the API of a change does not
 * hold its reads. @param api that it calls.
 */
export function stopOf(
  platform: Pick<PlatformLimits, 'stoppedBy'>,
  method: Method,
  api: string,
): Stop | undefined {
  const by = platform.stoppedBy(api);
  const isRead = METHODS[method].kind === 'query' && CHANGE_APIS.has(api);
  if (by !== undefined) return isRead && by === 'operator' ? undefined : { api, by };
  const ofListed = method === 'ChangeWechat' ? platform.stoppedBy(LISTED_CHANGES) : undefined;
  return ofListed && { api: LISTED_CHANGES, by: ofListed };
}

/** The per-API limits that all workers share through Postgres. */
export class PlatformLimits {
  readonly #apis = new Map<string, Api>();
  readonly #clock = new DatabaseClock();
  readonly #perApi: number;
  /** The limit of an API without a row in Postgres, in calls per second; undefined: no limit. */
  #rate: number | undefined;
  readonly #poller: Poller;
  #isStopped = false;

  constructor(
    private readonly store: LimitStore,
    private readonly options: PlatformOptions,
  ) {
    this.#perApi = options.perApi * USED_SHARE;
    this.#rate = this.#perApi || undefined;
    this.#poller = new Poller(REFRESH_MS, () => this.#refresh(), options.onFailure);
  }

  /**
   * Resolves after the first refreshes, to be awaited before any call. Rejects if the first one fails, because an API may be
   * stopped: start again then.
   */
  async start(): Promise<void> {
    await this.#refresh();
    this.#poller.start();
    for (let i = 1; i < INITIAL_REFRESHES; i++) await this.refresh();
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    for (const { queue } of this.#apis.values()) queue.releaseWaiters();
    await this.#poller.stop();
  }

  /** Releases all waiters without a claim, as after a rebalance. */
  releaseUnclaimed(): void {
    for (const { queue } of this.#apis.values()) queue.releaseUnclaimed();
  }

  /** The reserved time, in performance.now() time; undefined if the waiters are released, this one at `giveUpAt`. */
  async reserve(
    api: string,
    kind: 'retry' | 'first' = 'first',
    giveUpAt?: number,
  ): Promise<number | undefined> {
    if (!this.isLimited(api)) return performance.now();
    return this.#isStopped ? undefined : this.#api(api).queue.next(kind, giveUpAt);
  }

  /** The reservation of a ready call, not before `from`; undefined if it needs none or will get none. */
  async use(api: string, from: number): Promise<number | undefined> {
    return this.isLimited(api) && !this.#isStopped ? this.#api(api).queue.use(from) : undefined;
  }

  /** The limit of an API over all workers, in calls per second; undefined if it has none. */
  perSecond(api: string): number | undefined {
    return this.#api(api).rate;
  }

  /** Whether calls to an API need a reservation. */
  isLimited(api: string): boolean {
    return this.#api(api).rate !== undefined;
  }

  /** Whether a ready call may be sent soon. */
  isNear(api: string): boolean {
    return !this.isLimited(api) || this.#api(api).queue.isNear();
  }

  /** By API: how many calls have waited for a reservation for more than a second. */
  waitingLong(): Map<string, number> {
    return new Map([...this.#apis].map(([api, { queue }]) => [api, queue.waitingLong]));
  }

  /** Who stopped an API: WeChat, by an exhausted quota, or an operator; undefined if calls may be made. */
  stoppedBy(api: string): StopSource | undefined {
    const { stoppedUntil, stoppedBy } = this.#api(api);
    return stoppedUntil > performance.now() ? stoppedBy : undefined;
  }

  /** Postgres has no stop for this API any more. */
  reopen(api: string): void {
    Object.assign(this.#api(api), { stoppedUntil: 0, storedUntil: 0 });
  }

  /** Adapts the rate and the stop of an API to WeChat's response. */
  learn(appid: string, api: string, result: WxaResult<unknown>): void {
    if (result.kind === 'error' && isPlatformQuota(result.error)) this.#stopApi(result.error);
    const known = this.#api(api);
    if (!known.signal.note(appid, sampleOf(result))) return;
    const observed = known.signal.perSecond();
    known.signal.forget();
    // Calls need reservations at once; the next refresh has the rate.
    known.rate ??= observed;
    this.store.limits.cutRate(api, this.#perApi, observed).catch(this.options.onFailure);
  }

  /** Resolves once WeChat's stop of an API is stored; also if Postgres fails, a later refresh stores it then. */
  async storeStop(api: string): Promise<void> {
    // A refresh that has begun may have missed it.
    for (let i = 0; i < 2 && this.#api(api).unsaved !== undefined; i++) await this.refresh();
  }

  #stopApi(error: WxaError): void {
    const api = this.#api(error.api);
    if (this.stoppedBy(error.api) === undefined) stop(api, performance.now() + PROVISIONAL_MS, 'wechat');
    api.unsaved = error;
    void this.refresh();
  }

  #api(name: string): Api {
    const known = this.#apis.get(name);
    if (known !== undefined) return known;
    const take = (wanted: number) =>
      this.store.limits.takeReservations(name, wanted, this.#perApi).catch((error: unknown) => {
        this.options.onFailure(error);
        throw error;
      });
    const queue = new ReservationQueue(take, this.#clock);
    const made: Api = {
      ...{ queue, signal: new LoadSignal(), rate: this.#rate },
      ...{ stoppedUntil: 0, stoppedBy: 'wechat', storedUntil: 0, unsaved: undefined },
    };
    this.#apis.set(name, made);
    return made;
  }

  /** Reads the limits now. */
  refresh(): Promise<void> {
    return this.#poller.run();
  }

  async #refresh(): Promise<void> {
    await this.#read();
    if (await this.#saveStops()) await this.#read();
  }

  /** Stores WeChat's stops; one that fails is stored by a later refresh. Returns whether any was stored. */
  async #saveStops(): Promise<boolean> {
    let isAnySaved = false;
    for (const [name, api] of this.#apis) {
      const { unsaved } = api;
      if (unsaved === undefined) continue;
      try {
        await this.store.limits.stop(name, unsaved.errcode, unsaved.errmsg);
      } catch (error) {
        this.options.onFailure(error);
        continue;
      }
      isAnySaved = true;
      if (api.unsaved === unsaved) api.unsaved = undefined;
    }
    return isAnySaved;
  }

  async #read(): Promise<void> {
    this.#clock.read(await this.store.limits.clock());
    const limits = await this.store.limits.read(this.#perApi);
    const every = limits.find(({ api }) => api === EVERY_API);
    this.#rate = (every === undefined ? this.#perApi : every.rate) || undefined;
    const known = new Map(limits.map((limit) => [limit.api, limit]));
    for (const { api } of limits) this.#api(api);
    for (const [name, api] of this.#apis) this.#apply(api, known.get(name));
    this.options.onLimits(limits.filter(({ api }) => api !== EVERY_API));
  }

  #apply(api: Api, limit: ApiLimit | undefined): void {
    api.rate = limit === undefined ? this.#rate : (limit.rate ?? undefined);
    const storedUntil = limit?.stop?.until.getTime() ?? 0;
    // An operator has lifted the stop; what WeChat refused before that does not stop the API again.
    if (storedUntil < api.storedUntil) api.unsaved = undefined;
    api.storedUntil = storedUntil;
    const until = limit?.stop ? this.#clock.local(storedUntil) : 0;
    // Postgres does not have WeChat's stop yet, so it may only extend it.
    if (api.unsaved !== undefined && until <= api.stoppedUntil) return;
    if (limit?.stop) stop(api, until, limit.stop.source);
    else api.stoppedUntil = 0;
  }
}

/** Operations that wait for a reservation are delayed instead. */
function stop(api: Api, until: number, by: StopSource): void {
  if (api.stoppedUntil <= performance.now()) api.queue.releaseWaiters();
  api.stoppedUntil = until;
  api.stoppedBy = by;
}

function sampleOf(result: WxaResult<unknown>): Sample {
  if (result.kind !== 'retryable') return 'ok';
  if (result.cause === 'busy') return 'busy';
  return result.cause === 'rate' ? 'rate-limited' : 'ok';
}
