import type { Component, Store, TokenStore } from '@wxa/store';
import type { WxaClient, WxaError } from '@wxa/wxa-client';
import { FailureBackoff } from './failure-backoff.js';
import { LeasedSingleFlight, type Renew } from './leased-single-flight.js';
import { persistWithRetry } from './persist-with-retry.js';
import { isEndingSoon, mayBeUsed } from './token-life.js';
import type { TokenAnswer } from './token-source.js';

/** What tokens of a third-party platform are had with. */
export interface TokenTools {
  store: Pick<Store, 'holdLease' | 'releaseLease'>;
  tokens: TokenStore;
  client(): WxaClient;
  componentAppid: string;
  componentAppsecret: string;
  /** One WeChat call, connect to last byte. */
  timeoutMs: number;
  /** No calls are made while WeChat can't be reached. */
  isUnavailable(): boolean;
  /** A statement that keeps what WeChat gave was not taken; it is tried again. */
  onStoreFailure(error: unknown): void;
}

export const LEASE_MARGIN_MS = 2_000;
/** A code's exchange and what may follow are a handful of calls. */
const WAIT_CALLS = 3;
/** WeChat pushes a ticket every 10 minutes; it is asked to only when some were missed, and no oftener than this. */
const TICKET_ASK_EVERY_MS = 10 * 60_000;
const TICKET_MISSED_MS = 30 * 60_000;
/** The ticket is over, or never was one. */
const TICKET_REFUSED: ReadonlySet<number> = new Set([61005, 61006]);
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

/** The third-party platform's own token: from the last ticket, however old the process. */
export class PlatformToken {
  readonly #flights: LeasedSingleFlight<TokenAnswer>;
  readonly #backoff = new FailureBackoff();

  constructor(private readonly tools: TokenTools) {
    this.#flights = leasedSingleFlight(tools);
  }

  /** The token, or a newer one than the one WeChat refused. */
  async get(refused?: string): Promise<TokenAnswer> {
    const component = await this.#read();
    const known = usable(component, refused);
    if (known === undefined) return this.#obtain(refused);
    if (component !== undefined && isEndingSoon(component)) this.#renewSoon(known.token);
    return known;
  }

  /** What is under way ends, and nothing more is begun. */
  stop(): Promise<void> {
    return this.#flights.stop();
  }

  /** Has WeChat push tickets where it does not. */
  async requestMissingTicket(): Promise<void> {
    const component = await this.#read();
    const isMissing = component?.ticket === undefined || component.ticketAgeMs > TICKET_MISSED_MS;
    if (isMissing && !this.tools.isUnavailable()) await this.#requestTicket();
  }

  #read(): Promise<Component | undefined> {
    return this.tools.tokens.readComponent(this.tools.componentAppid);
  }

  /** Nobody waits for it, and the next who asks tries again. */
  #renewSoon(ending: string): void {
    void this.#obtain(ending).catch(() => undefined);
  }

  async #obtain(refused: string | undefined): Promise<TokenAnswer> {
    const { componentAppid, isUnavailable } = this.tools;
    const why = isUnavailable() ? 'WeChat can not be reached' : this.#backoff.why(componentAppid);
    if (why !== undefined) return unavailable(why);
    const task = {
      read: async () => usable(await this.#read(), refused),
      run: (renew: Renew) => this.#request(renew),
      timedOut: () => unavailable('another process takes long to get the token of the platform'),
    };
    return this.#flights.run(`token/${componentAppid}`, task, refused);
  }

  async #request(renew: Renew): Promise<TokenAnswer> {
    const { tools } = this;
    const { componentAppid, componentAppsecret, timeoutMs } = tools;
    const verifyTicket = (await this.#read())?.ticket;
    if (verifyTicket === undefined) {
      await this.#requestTicket();
      return this.#failed('WeChat has pushed no ticket yet', UNAVAILABLE_BACKOFF_MS);
    }
    const notAfter = await renew();
    if (notAfter === undefined) return unavailable('the process was held up');
    const request = { componentAppid, componentAppsecret, verifyTicket };
    const result = await tools.client().getComponentToken(request, { timeoutMs, notAfter });
    if (result.kind !== 'ok') return this.#refused(result.error, result.kind === 'error');
    const { token, expiresInMs: grantedMs } = result.value;
    const given = { appid: componentAppid, token, grantedMs };
    await persistWithRetry(() => tools.tokens.keepComponentToken(given), tools.onStoreFailure);
    this.#backoff.succeeded(componentAppid);
    return { kind: 'token', token };
  }

  async #refused(error: WxaError, forGood: boolean): Promise<TokenAnswer> {
    const why = errorMessage(error);
    await this.tools.tokens.noteComponentError(this.tools.componentAppid, why);
    if (TICKET_REFUSED.has(error.errcode)) await this.#requestTicket();
    // Each try counts against a daily quota.
    return this.#failed(
      why,
      forGood && !TICKET_REFUSED.has(error.errcode) ? REJECTED_BACKOFF_MS : UNAVAILABLE_BACKOFF_MS,
    );
  }

  #failed(why: string, atMostMs: number): TokenAnswer {
    this.#backoff.failed(this.tools.componentAppid, why, atMostMs);
    return unavailable(why);
  }

  async #requestTicket(): Promise<void> {
    const { tokens, client, componentAppid, componentAppsecret, timeoutMs } = this.tools;
    const notAfter = performance.now() + TICKET_ASK_EVERY_MS;
    if (!(await tokens.mayAskForTicket(componentAppid, TICKET_ASK_EVERY_MS))) return;
    const options = { timeoutMs, notAfter };
    const result = await client().startPushTicket({ componentAppid, componentAppsecret }, options);
    if (result.kind !== 'ok') await tokens.noteComponentError(componentAppid, errorMessage(result.error));
  }
}

function usable(component: Component | undefined, refused: string | undefined) {
  const token = component?.accessToken;
  if (component === undefined || token === undefined || token === refused || !mayBeUsed(component))
    return undefined;
  return { kind: 'token', token } as const;
}

/** WeChat's words, which the client has cleaned of every secret. */
export function errorMessage({ api, errcode, errmsg, rid }: WxaError): string {
  return [`${api}:`, errcode || '', errmsg, rid && !errmsg.includes(rid) ? `rid: ${rid}` : '']
    .filter((word) => word !== '')
    .join(' ');
}

export function unavailable(why: string): TokenAnswer {
  return { kind: 'unavailable', why };
}
