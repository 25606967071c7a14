import type { AuthorizerTokens } from '@wxa/authorizers';
import { isAuthorizationGone } from '@wxa/methods';
import type {
  AuthorizerInfo,
  AuthorizerToken,
  CallOptions,
  WxaClient,
  WxaError,
  WxaResult,
} from '@wxa/wxa-client';
import type { Renew } from './leased-single-flight.js';
import { persistWithRetry } from './persist-with-retry.js';
import { errorMessage, type PlatformToken, PROCESS_STALLED, type TokenTools } from './platform-token.js';

/** Categories that concern the platform, not the code or refresh token: quota, permission, internal. */
const OF_PLATFORM: ReadonlySet<WxaError['category']> = new Set(['QUOTA', 'PERMISSION', 'INTERNAL']);
/** Another code for an expired token of the platform. */
const COMPONENT_TOKEN_EXPIRED = 42006;

/** Why no token was obtained, if the store does not record it. */
export interface Failed {
  why: string;
  /** Whether a retry is likely to fail too. */
  isPermanent: boolean;
}

/** One mini-program, whose lease this process holds. */
export interface AuthorizerLease {
  appid: string;
  tokens: AuthorizerTokens;
  renew: Renew;
  holder: string;
}

/** The result of a call; `not-sent`: no request was sent. */
type TokenCallResult<T> = WxaResult<T> | { kind: 'not-sent'; why: string };
type NotOk = Exclude<TokenCallResult<unknown>, { kind: 'ok' }>;
type TokenCall<T> = (client: WxaClient, options: CallOptions) => Promise<WxaResult<T>>;

/**
 * Exchanges codes and refresh tokens for tokens. The result is in the store: both tokens before either is used, or
 * WeChat's rejection. After a rejection it first reads whether an earlier response was lost.
 */
export class Authorizing {
  constructor(
    private readonly tools: TokenTools,
    private readonly platform: PlatformToken,
  ) {}

  /** One step; undefined if the store has the result. */
  step(lease: AuthorizerLease): Promise<Failed | undefined> {
    return lease.tokens.code === undefined ? this.#refresh(lease) : this.#exchange(lease, lease.tokens.code);
  }

  async #exchange(lease: AuthorizerLease, authorizationCode: string): Promise<Failed | undefined> {
    const { componentAppid } = this.tools;
    const result = await this.#call(lease, (client, options) =>
      client.queryAuth(
        { componentAppid, authorizationCode },
        { ...options, ...this.#reports('code', lease) },
      ),
    );
    if (result.kind !== 'ok') {
      // A code can be used once: the response to an earlier exchange may have been lost.
      const rejection = rejectionOf(result);
      return rejection ? this.#recover(lease, errorMessage(rejection)) : failureOf(result);
    }
    const { appid, permissionSets, ...granted } = result.value;
    if (appid !== lease.appid) return this.#markNeedsAuthorization(lease, `the code belongs to ${appid}`);
    if (granted.refreshToken === '')
      return this.#markNeedsAuthorization(lease, 'WeChat returned no tokens: the account has no APIs');
    await this.#store(lease, granted, permissionSets);
    return this.#storeInfo(lease);
  }

  /** The authorization is complete without it: the platform may lack the permission for this read. */
  async #storeInfo(lease: AuthorizerLease): Promise<undefined> {
    const info = await this.#info(lease);
    if (info.kind !== 'ok') return;
    await this.tools.tokens.keepAuthorizerInfo(lease.appid, info.value).catch(this.tools.onStoreFailure);
  }

  async #refresh(lease: AuthorizerLease): Promise<Failed | undefined> {
    const { refreshToken } = lease.tokens;
    if (refreshToken === undefined) return this.#recover(lease, 'there is no refresh token');
    const result = await this.#nextToken(lease, refreshToken);
    if (result.kind === 'ok') return this.#store(lease, result.value);
    const rejection = lossOf(result);
    return rejection ? this.#recover(lease, errorMessage(rejection)) : failureOf(result);
  }

  /** Uses the refresh token that WeChat returns as the current one, if it is another one. */
  async #recover(lease: AuthorizerLease, why: string): Promise<Failed | undefined> {
    const info = await this.#info(lease);
    if (info.kind !== 'ok') return this.#onUnknown(lease, why, info);
    const { refreshToken, permissionSets } = info.value;
    if (refreshToken === '') return this.#markNeedsAuthorization(lease, why);
    if (refreshToken === lease.tokens.refreshToken)
      return this.#markNeedsAuthorization(lease, why, info.value);
    const result = await this.#nextToken(lease, refreshToken);
    if (result.kind === 'ok') {
      const granted = { ...result.value, refreshToken: result.value.refreshToken || refreshToken };
      return this.#store(lease, granted, permissionSets);
    }
    return lossOf(result) ? this.#markNeedsAuthorization(lease, why) : failureOf(result);
  }

  /** WeChat does not know it: one of which only a callback is known is deleted. */
  async #onUnknown(lease: AuthorizerLease, why: string, info: NotOk): Promise<Failed | undefined> {
    if (rejectionOf(info) === undefined) return failureOf(info);
    const { appid, tokens } = lease;
    const { codeId } = tokens;
    const neverAuthorized = codeId !== null && lossOf(info) !== undefined;
    if (neverAuthorized && (await this.tools.tokens.deleteUnknownAuthorizer({ appid, codeId }))) return;
    return this.#markNeedsAuthorization(lease, why);
  }

  #info(lease: AuthorizerLease): Promise<TokenCallResult<AuthorizerInfo>> {
    const request = { componentAppid: this.tools.componentAppid, appid: lease.appid };
    return this.#call(lease, (client, options) => client.getAuthorizerInfo(request, options));
  }

  #nextToken(lease: AuthorizerLease, refreshToken: string): Promise<TokenCallResult<AuthorizerToken>> {
    const request = { componentAppid: this.tools.componentAppid, appid: lease.appid, refreshToken };
    return this.#call(lease, (client, options) =>
      client.getAuthorizerToken(request, { ...options, ...this.#reports('authorizer', lease) }),
    );
  }

  #reports(kind: 'authorizer' | 'code', { appid }: AuthorizerLease): Pick<CallOptions, 'onResult'> {
    return { onResult: (result) => this.tools.onRequested(kind, appid, result) };
  }

  /** Renews the lease before each call, so that the call can't outlast it. */
  async #call<T>({ renew }: AuthorizerLease, call: TokenCall<T>): Promise<TokenCallResult<T>> {
    const { client, timeoutMs } = this.tools;
    let rejected: string | undefined;
    for (;;) {
      const component = await this.platform.get(rejected);
      if (component.kind !== 'token') return { kind: 'not-sent', why: component.why ?? '' };
      const notAfter = await renew();
      if (notAfter === undefined) return { kind: 'not-sent', why: PROCESS_STALLED };
      const result = await call(client, { token: component.token, timeoutMs, notAfter });
      if (!isTokenRejected(result)) return result;
      if (rejected !== undefined) {
        await this.platform.reject(component.token);
        return result;
      }
      rejected = component.token;
    }
  }

  /** Both tokens are stored before either is used. */
  async #store(
    { appid, holder, tokens: { refreshTokenId: used, codeId, refreshToken } }: AuthorizerLease,
    granted: AuthorizerToken,
    permissionSets?: number[],
  ): Promise<undefined> {
    const { tokens, onStoreFailure } = this.tools;
    const both = { refreshToken: granted.refreshToken || (refreshToken ?? ''), accessToken: granted.token };
    const exchanged = permissionSets && { codeId, permissionSets };
    const keep = (ageMs: number) =>
      tokens.keepTokens(
        { appid, used, holder },
        { ...both, grantedMs: granted.expiresInMs - ageMs },
        exchanged,
      );
    await persistWithRetry(keep, onStoreFailure);
  }

  /** @param current what WeChat returns with the stored refresh token. After a rejected code this is the changed authorization. */
  async #markNeedsAuthorization(
    { appid, tokens: { codeId, refreshTokenId: used } }: AuthorizerLease,
    why: string,
    current?: AuthorizerInfo,
  ): Promise<undefined> {
    const { tokens } = this.tools;
    if (codeId === null) await tokens.refuseRefreshToken({ appid, used }, why);
    else await tokens.rejectCode({ appid, codeId }, why, current);
  }
}

/** WeChat rejects the platform's token. */
export function isTokenRejected(result: WxaResult<unknown>): boolean {
  if (result.kind === 'retryable') return result.cause === 'token';
  return result.kind === 'error' && result.error.errcode === COMPONENT_TOKEN_EXPIRED;
}

/** WeChat permanently rejects the code or refresh token. */
function rejectionOf(result: NotOk): WxaError | undefined {
  // Without an errcode it was not WeChat's API that rejected the call.
  const isRejection =
    result.kind === 'error' && result.error.errcode !== 0 && !OF_PLATFORM.has(result.error.category);
  return isRejection ? result.error : lossOf(result);
}

/** WeChat rejects the refresh token: a new authorization is needed. */
function lossOf(result: NotOk): WxaError | undefined {
  return result.kind === 'error' && isAuthorizationGone(result.error) ? result.error : undefined;
}

function failureOf(result: NotOk): Failed {
  return result.kind === 'not-sent'
    ? { why: result.why, isPermanent: false }
    : { why: errorMessage(result.error), isPermanent: result.kind === 'error' };
}
