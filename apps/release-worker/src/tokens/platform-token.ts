import { type Component, isEndingSoon, mayBeUsed, type TokenStore } from '@wxa/authorizers';
import type { Store } from '@wxa/store';
import type { WxaClient, WxaError, WxaResult } from '@wxa/wxa-client';
import { FailureBackoff } from './failure-backoff.js';
import { LeasedSingleFlight, type Renew } from './leased-single-flight.js';
import { persistWithRetry } from './persist-with-retry.js';
import type { TokenAnswer } from './token-source.js';

export interface TokenTools {
  store: { leases: Pick<Store['leases'], 'hold' | 'release'> };
  tokens: TokenStore;
  client: WxaClient;
  componentAppid: string;
  componentAppsecret: string;
  /** One WeChat call, connect to last byte. */
  timeoutMs: number;
  /** Whether the circuit breaker is open: no calls are made then. */
  isUnavailable(): boolean;
  /** After each request for a token. @param appid whose token, or the platform's. */
  onRequested(kind: 'component' | 'authorizer' | 'code', appid: string, result: WxaResult<unknown>): void;
  /** WeChat rejected a stored token before its end, and no renewal of ours explains it: once for each token. */
  onRejectedEarly(kind: 'component' | 'authorizer', appid: string): void;
  /** A write of granted tokens failed; it is retried. */
  onStoreFailure(error: unknown): void;
}

const LEASE_MARGIN_MS = 2_000;
export const PROCESS_STALLED = 'not sent: lease margin exceeded before the call, because the process stalled';
/** A code exchange needs a few calls. */
const WAIT_CALLS = 3;
/** WeChat pushes a ticket every 10 minutes; tickets are requested only if some were missed, at this interval at least. */
const TICKET_REQUEST_INTERVAL_MS = 10 * 60_000;
const TICKET_MISSED_MS = 30 * 60_000;
/** The ticket has expired or is invalid. */
const TICKET_REJECTED: ReadonlySet<number> = new Set([61005, 61006]);
const UNAVAILABLE_BACKOFF_MS = 5_000;
const REJECTED_BACKOFF_MS = 60_000;

export function leasedSingleFlight<T>({ store, timeoutMs }: TokenTools): LeasedSingleFlight<T> {
  const leaseMs = timeoutMs + LEASE_MARGIN_MS;
  return new LeasedSingleFlight<T>(store, {
    leaseMs,
    marginMs: LEASE_MARGIN_MS,
    waitMs: WAIT_CALLS * leaseMs,
  });
}

/** The third-party platform's own token, requested with the last ticket. */
export class PlatformToken {
  readonly #flights: LeasedSingleFlight<TokenAnswer>;
  readonly #backoff = new FailureBackoff();

  constructor(private readonly tools: TokenTools) {
    this.#flights = leasedSingleFlight(tools);
  }

  /** The token; a newer one than `rejected`. */
  async get(rejected?: string): Promise<TokenAnswer> {
    const component = await this.#read();
    const known = usable(component, rejected);
    if (known === undefined) {
      const isEarly = rejected !== undefined && usable(component, undefined)?.token === rejected;
      if (rejected !== undefined) await this.reject(rejected);
      return this.#obtain(rejected, isEarly);
    }
    if (component !== undefined && isEndingSoon(component)) this.#renewInBackground(known.token);
    return known;
  }

  /** Obtains a newer token if a reader or an operator wants one; WeChat accepts the present one for 5 minutes more. */
  async renewIfWanted(): Promise<void> {
    const component = await this.#read();
    if (component?.isRenewalWanted) await this.#obtain(component.accessToken);
  }

  /** WeChat rejected the token before its time: no process uses it again, and the platform has none until the next one. */
  reject(token: string): Promise<void> {
    return this.tools.tokens.rejectComponentToken({ appid: this.tools.componentAppid, token });
  }

  /** Starts no request; resolves when running ones have ended. */
  stop(): Promise<void> {
    return this.#flights.stop();
  }

  /** Requests tickets from WeChat if none arrived lately. */
  async requestMissingTicket(): Promise<void> {
    const component = await this.#read();
    const isMissing = component?.ticket === undefined || component.ticketAgeMs > TICKET_MISSED_MS;
    if (isMissing && !this.tools.isUnavailable()) await this.#requestTicket();
  }

  #read(): Promise<Component | undefined> {
    return this.tools.tokens.readComponent(this.tools.componentAppid);
  }

  /** Not awaited: the next caller retries. */
  #renewInBackground(expiring: string): void {
    void this.#obtain(expiring).catch(() => undefined);
  }

  async #obtain(rejected: string | undefined, isEarly = false): Promise<TokenAnswer> {
    const { componentAppid, isUnavailable } = this.tools;
    const why = isUnavailable() ? 'WeChat is unavailable' : this.#backoff.why(componentAppid);
    if (why !== undefined) return unavailable(why);
    const task = {
      read: async () => usable(await this.#read(), rejected),
      run: async (renew: Renew) => {
        const component = await this.#read();
        const known = usable(component, rejected);
        if (known !== undefined) return known;
        const obtained = await this.#request(component?.ticket, renew, isEarly);
        if (isEarly && obtained.kind === 'token') this.tools.onRejectedEarly('component', componentAppid);
        return obtained;
      },
      timedOut: () => unavailable("timed out waiting for another process to obtain the platform's token"),
    };
    return this.#flights.run(`token/${componentAppid}`, task, rejected);
  }

  async #request(verifyTicket: string | undefined, renew: Renew, isContested: boolean): Promise<TokenAnswer> {
    const { tools } = this;
    const { componentAppid, componentAppsecret, timeoutMs } = tools;
    if (verifyTicket === undefined) {
      await this.#requestTicket();
      return this.#failed('no ticket received from WeChat yet', UNAVAILABLE_BACKOFF_MS);
    }
    const notAfter = await renew();
    if (notAfter === undefined) return unavailable(PROCESS_STALLED);
    const request = { componentAppid, componentAppsecret, verifyTicket };
    const result = await tools.client.getComponentToken(request, { timeoutMs, notAfter });
    tools.onRequested('component', componentAppid, result);
    if (result.kind !== 'ok') return this.#onRejected(result.error, result.kind === 'error');
    const { token, expiresInMs: grantedMs } = result.value;
    const given = { appid: componentAppid, token, grantedMs, isContested };
    const keep = (ageMs: number) => tools.tokens.keepComponentToken({ ...given, ageMs });
    const isKept = await persistWithRetry(keep, tools.onStoreFailure);
    this.#backoff.succeeded(componentAppid);
    if (isKept) return { kind: 'token', token };
    return usable(await this.#read(), undefined) ?? unavailable('another process has obtained a later token');
  }

  async #onRejected(error: WxaError, isPermanent: boolean): Promise<TokenAnswer> {
    const why = errorMessage(error);
    await this.tools.tokens.noteComponentError(this.tools.componentAppid, why);
    const isTicketRejected = TICKET_REJECTED.has(error.errcode);
    if (isTicketRejected) await this.#requestTicket();
    // Each request counts against a daily quota.
    return this.#failed(why, isPermanent && !isTicketRejected ? REJECTED_BACKOFF_MS : UNAVAILABLE_BACKOFF_MS);
  }

  #failed(why: string, atMostMs: number): TokenAnswer {
    this.#backoff.failed(this.tools.componentAppid, why, atMostMs);
    return unavailable(why);
  }

  async #requestTicket(): Promise<void> {
    const { tokens, client, componentAppid, componentAppsecret, timeoutMs } = this.tools;
    const notAfter = performance.now() + TICKET_REQUEST_INTERVAL_MS;
    if (!(await tokens.mayAskForTicket(componentAppid, TICKET_REQUEST_INTERVAL_MS))) return;
    const options = { timeoutMs, notAfter };
    const result = await client.startPushTicket({ componentAppid, componentAppsecret }, options);
    if (result.kind !== 'ok') await tokens.noteComponentError(componentAppid, errorMessage(result.error));
  }
}

function usable(component: Component | undefined, rejected: string | undefined) {
  const token = component?.accessToken;
  if (component === undefined || token === undefined || token === rejected || !mayBeUsed(component))
    return undefined;
  return { kind: 'token', token } as const;
}

/** WeChat's error text, from which the client has removed every secret. */
export function errorMessage({ api, errcode, errmsg, rid }: WxaError): string {
  return [`${api}:`, errcode || '', errmsg, rid && !errmsg.includes(rid) ? `rid: ${rid}` : '']
    .filter((word) => word !== '')
    .join(' ');
}

export function unavailable(why: string): TokenAnswer {
  return { kind: 'unavailable', why };
}
