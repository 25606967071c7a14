import type { Component, Store, TokenStore } from '@wxa/store';
import type { WxaClient, WxaError } from '@wxa/wxa-client';
import { kept } from './kept.js';
import { OneAtATime, type Renew } from './one-at-a-time.js';
import { Rests } from './rests.js';
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
  isAway(): boolean;
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
const AWAY_REST_MS = 5_000;
const REFUSED_REST_MS = 60_000;

export function oneAtATime<T>({ store, timeoutMs }: TokenTools): OneAtATime<T> {
  const leaseMs = timeoutMs + LEASE_MARGIN_MS;
  return new OneAtATime<T>(store, { leaseMs, marginMs: LEASE_MARGIN_MS, waitMs: WAIT_CALLS * leaseMs });
}

/** The third-party platform's own token: from the last ticket, however old the process. */
export class PlatformToken {
  readonly #turns: OneAtATime<TokenAnswer>;
  readonly #rests = new Rests();

  constructor(private readonly tools: TokenTools) {
    this.#turns = oneAtATime(tools);
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
    return this.#turns.stop();
  }

  /** Has WeChat push tickets where it does not. */
  async lookAfterTicket(): Promise<void> {
    const component = await this.#read();
    const isMissing = component?.ticket === undefined || component.ticketAgeMs > TICKET_MISSED_MS;
    if (isMissing && !this.tools.isAway()) await this.#askForTicket();
  }

  #read(): Promise<Component | undefined> {
    return this.tools.tokens.readComponent(this.tools.componentAppid);
  }

  /** Nobody waits for it, and the next who asks tries again. */
  #renewSoon(ending: string): void {
    void this.#obtain(ending).catch(() => undefined);
  }

  async #obtain(refused: string | undefined): Promise<TokenAnswer> {
    const { componentAppid, isAway } = this.tools;
    const why = isAway() ? 'WeChat can not be reached' : this.#rests.why(componentAppid);
    if (why !== undefined) return unavailable(why);
    const task = {
      look: async () => usable(await this.#read(), refused),
      act: (renew: Renew) => this.#ask(renew),
      late: () => unavailable('another process takes long to get the token of the platform'),
    };
    return this.#turns.run(`token/${componentAppid}`, task, refused);
  }

  async #ask(renew: Renew): Promise<TokenAnswer> {
    const { tools } = this;
    const { componentAppid, componentAppsecret, timeoutMs } = tools;
    const verifyTicket = (await this.#read())?.ticket;
    if (verifyTicket === undefined) {
      await this.#askForTicket();
      return this.#failed('WeChat has pushed no ticket yet', AWAY_REST_MS);
    }
    const notAfter = await renew();
    if (notAfter === undefined) return unavailable('the process was held up');
    const request = { componentAppid, componentAppsecret, verifyTicket };
    const result = await tools.client().getComponentToken(request, { timeoutMs, notAfter });
    if (result.kind !== 'ok') return this.#refused(result.error, result.kind === 'error');
    const { token, expiresInMs: validMs } = result.value;
    const given = { appid: componentAppid, token, validMs };
    await kept(() => tools.tokens.keepComponentToken(given), tools.onStoreFailure);
    this.#rests.worked(componentAppid);
    return { kind: 'token', token };
  }

  async #refused(error: WxaError, forGood: boolean): Promise<TokenAnswer> {
    const why = said(error);
    await this.tools.tokens.noteComponentError(this.tools.componentAppid, why);
    if (TICKET_REFUSED.has(error.errcode)) await this.#askForTicket();
    // Each try counts against a daily quota.
    return this.#failed(why, forGood && !TICKET_REFUSED.has(error.errcode) ? REFUSED_REST_MS : AWAY_REST_MS);
  }

  #failed(why: string, atMostMs: number): TokenAnswer {
    this.#rests.failed(this.tools.componentAppid, why, atMostMs);
    return unavailable(why);
  }

  async #askForTicket(): Promise<void> {
    const { tokens, client, componentAppid, componentAppsecret, timeoutMs } = this.tools;
    const notAfter = performance.now() + TICKET_ASK_EVERY_MS;
    if (!(await tokens.mayAskForTicket(componentAppid, TICKET_ASK_EVERY_MS))) return;
    const options = { timeoutMs, notAfter };
    const result = await client().startPushTicket({ componentAppid, componentAppsecret }, options);
    if (result.kind !== 'ok') await tokens.noteComponentError(componentAppid, said(result.error));
  }
}

function usable(component: Component | undefined, refused: string | undefined) {
  const token = component?.accessToken;
  if (component === undefined || token === undefined || token === refused || !mayBeUsed(component))
    return undefined;
  return { kind: 'token', token } as const;
}

/** WeChat's words, which the client has cleaned of every secret. */
export function said({ api, errcode, errmsg, rid }: WxaError): string {
  return [`${api}:`, errcode || '', errmsg, rid && !errmsg.includes(rid) ? `rid: ${rid}` : '']
    .filter((word) => word !== '')
    .join(' ');
}

export function unavailable(why: string): TokenAnswer {
  return { kind: 'unavailable', why };
}
