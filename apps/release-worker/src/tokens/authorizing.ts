import { isAuthorizationGone } from '@wxa/methods';
import type { AuthorizerTokens } from '@wxa/store';
import type { AuthorizerToken, CallOptions, WxaClient, WxaError, WxaResult } from '@wxa/wxa-client';
import type { Renew } from './leased-single-flight.js';
import { persistWithRetry } from './persist-with-retry.js';
import { errorMessage, type PlatformToken, type TokenTools } from './platform-token.js';

/** Nobody's code is at fault: the platform may not call, or not so often. */
const OF_PLATFORM: ReadonlySet<WxaError['category']> = new Set(['QUOTA', 'PERMISSION', 'INTERNAL']);
/** The platform's own token has ended, said otherwise. */
const COMPONENT_TOKEN_EXPIRED = 42006;

/** Why nothing was had, where nothing in the store tells. */
export interface Failed {
  why: string;
  /** Whether it is likely to be the same soon. */
  isPermanent: boolean;
}

/** One mini-program, for which this process has the lease. */
export interface AuthorizerLease {
  appid: string;
  tokens: AuthorizerTokens;
  renew: Renew;
}

/** What a call came to; `not-sent`: nobody was asked. */
type TokenCallResult<T> = WxaResult<T> | { kind: 'not-sent'; why: string };
type NotOk = Exclude<TokenCallResult<unknown>, { kind: 'ok' }>;
type TokenCall<T> = (client: WxaClient, options: CallOptions) => Promise<WxaResult<T>>;

/**
 * Exchanges codes and refresh tokens for tokens. What comes of it is in the store: both tokens before either is
 * used, or that WeChat refuses. What may have been lost on the way is asked for before anything is given up.
 */
export class Authorizing {
  constructor(
    private readonly tools: TokenTools,
    private readonly platform: PlatformToken,
  ) {}

  /** One step; undefined where the store tells how it went. */
  step(whose: AuthorizerLease): Promise<Failed | undefined> {
    return whose.tokens.code === undefined ? this.#refresh(whose) : this.#exchange(whose, whose.tokens.code);
  }

  async #exchange(whose: AuthorizerLease, authorizationCode: string): Promise<Failed | undefined> {
    const { componentAppid } = this.tools;
    const result = await this.#call(whose, (client, options) =>
      client.queryAuth({ componentAppid, authorizationCode }, options),
    );
    if (result.kind !== 'ok') {
      // A code is for one use: an earlier answer may have been lost.
      const refusal = rejectionOf(result);
      return refusal ? this.#recover(whose, refusal) : failed(result);
    }
    const { appid, permissionSets, ...given } = result.value;
    if (appid !== whose.appid) return this.#markNeedsAuthorization(whose, `the code was that of ${appid}`);
    if (given.refreshToken === '')
      return this.#markNeedsAuthorization(whose, 'WeChat gave no tokens: the account has no APIs');
    return this.#keep(whose, given, permissionSets);
  }

  async #refresh(whose: AuthorizerLease): Promise<Failed | undefined> {
    const result = await this.#nextToken(whose, whose.tokens.refreshToken ?? '');
    if (result.kind === 'ok') return this.#keep(whose, result.value);
    const refusal = lossOf(result);
    return refusal ? this.#recover(whose, refusal) : failed(result);
  }

  /** By the refresh token that WeChat says holds now, where that is another one. */
  async #recover(whose: AuthorizerLease, refusal: WxaError): Promise<Failed | undefined> {
    const { componentAppid } = this.tools;
    const info = await this.#call(whose, (client, options) =>
      client.getAuthorizerInfo({ componentAppid, appid: whose.appid }, options),
    );
    if (info.kind !== 'ok') return this.#unknown(whose, refusal, info);
    const { refreshToken, permissionSets } = info.value;
    if (refreshToken === '' || refreshToken === whose.tokens.refreshToken)
      return this.#markNeedsAuthorization(whose, errorMessage(refusal));
    const result = await this.#nextToken(whose, refreshToken);
    if (result.kind === 'ok') {
      const given = { ...result.value, refreshToken: result.value.refreshToken || refreshToken };
      return this.#keep(whose, given, permissionSets);
    }
    return lossOf(result) ? this.#markNeedsAuthorization(whose, errorMessage(refusal)) : failed(result);
  }

  /** WeChat tells nothing of it: what came with a push but never authorized leaves nothing behind. */
  async #unknown(whose: AuthorizerLease, refusal: WxaError, info: NotOk): Promise<Failed | undefined> {
    if (rejectionOf(info) === undefined) return failed(info);
    const { appid, tokens } = whose;
    const { codeId } = tokens;
    const neverWas = codeId !== null && lossOf(info) !== undefined;
    if (neverWas && (await this.tools.tokens.deleteUnknownAuthorizer({ appid, codeId }))) return;
    return this.#markNeedsAuthorization(whose, errorMessage(refusal));
  }

  #nextToken(whose: AuthorizerLease, refreshToken: string): Promise<TokenCallResult<AuthorizerToken>> {
    const request = { componentAppid: this.tools.componentAppid, appid: whose.appid, refreshToken };
    return this.#call(whose, (client, options) => client.getAuthorizerToken(request, options));
  }

  /** The lease is renewed before each call, so that it can't outlast it. */
  async #call<T>({ renew }: AuthorizerLease, call: TokenCall<T>): Promise<TokenCallResult<T>> {
    const { client, timeoutMs } = this.tools;
    let refused: string | undefined;
    for (;;) {
      const component = await this.platform.get(refused);
      if (component.kind !== 'token') return { kind: 'not-sent', why: component.why ?? '' };
      const notAfter = await renew();
      if (notAfter === undefined) return { kind: 'not-sent', why: 'the process was held up' };
      const result = await call(client(), { token: component.token, timeoutMs, notAfter });
      if (!isTokenRefused(result) || refused !== undefined) return result;
      refused = component.token;
    }
  }

  /** Both tokens are kept before anybody hears of either. */
  async #keep(
    { appid, tokens: { refreshTokenId: used, codeId, refreshToken } }: AuthorizerLease,
    given: AuthorizerToken,
    permissionSets?: number[],
  ): Promise<undefined> {
    const { tokens, onStoreFailure } = this.tools;
    const both = {
      refreshToken: given.refreshToken || (refreshToken ?? ''),
      accessToken: given.token,
      grantedMs: given.expiresInMs,
    };
    const exchanged = permissionSets && { codeId, permissionSets };
    await persistWithRetry(() => tokens.keepTokens({ appid, used }, both, exchanged), onStoreFailure);
  }

  async #markNeedsAuthorization(
    { appid, tokens: { codeId, refreshTokenId: used } }: AuthorizerLease,
    why: string,
  ): Promise<undefined> {
    const { tokens } = this.tools;
    if (codeId === null) await tokens.refuseRefreshToken({ appid, used }, why);
    else await tokens.refuseCode({ appid, codeId }, why);
  }
}

function isTokenRefused(result: WxaResult<unknown>): boolean {
  if (result.kind === 'retryable') return result.cause === 'token';
  return result.kind === 'error' && result.error.errcode === COMPONENT_TOKEN_EXPIRED;
}

/** WeChat says no to what was asked for, and will again. */
function rejectionOf(result: NotOk): WxaError | undefined {
  // Without an errcode it was not WeChat's API that refused.
  const isOurs =
    result.kind === 'error' && result.error.errcode !== 0 && !OF_PLATFORM.has(result.error.category);
  return isOurs ? result.error : lossOf(result);
}

/** WeChat refuses the refresh token: only a new authorization helps. */
function lossOf(result: NotOk): WxaError | undefined {
  return result.kind === 'error' && isAuthorizationGone(result.error) ? result.error : undefined;
}

function failed(result: NotOk): Failed {
  return result.kind === 'not-sent'
    ? { why: result.why, isPermanent: false }
    : { why: errorMessage(result.error), isPermanent: result.kind === 'error' };
}
