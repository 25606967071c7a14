import type { AuthorizerImport, AuthorizerImportResult } from '@wxa/contracts';
import type { KeptMedia } from '@wxa/store';
import type { AuthorizerInfo, AuthorizerToken, WxaResult } from '@wxa/wxa-client';
import { serviceError } from '../running/service-errors.js';
import { isAuthorizationGone } from '../tokens/refusals.js';
import type { CallContext, CallResult } from './wechat.js';

/** A token, and, where the one before was lost, which refresh token holds now and a token by that; what was granted. */
export const IMPORT_TIMEOUT_FACTOR = 4;

/**
 * Takes a mini-program over by its refresh token: what WeChat gives for it is kept before anything else, and a token
 * that WeChat refuses leaves nothing behind.
 */
export async function importAuthorizer(
  request: AuthorizerImport,
  wechat: CallContext,
): Promise<CallResult<AuthorizerImportResult>> {
  const handled = await takeOver(request, wechat);
  // Not final, as it is for a query: WeChat may have ended the refresh token, and a repeat finds the one that holds.
  const isBlocked = handled.kind === 'ambiguous' && handled.cause === 'intermediary';
  return isBlocked ? { ...handled, cause: 'http-status' } : handled;
}

async function takeOver(
  { appid: componentAppid, authorizerAppid: appid }: AuthorizerImport,
  wechat: CallContext,
): Promise<CallResult<AuthorizerImportResult>> {
  const { client, options, tokenStore } = wechat;
  const sealed = await wechat.attachment();
  const opened = sealed && tokenStore?.openRefreshToken(appid, await bytesOf(sealed));
  if (opened === undefined || tokenStore === undefined) return notKept();
  const offered = { appid, refreshToken: opened };
  if ((await tokenStore.readImport(offered)) === 'nothing') {
    const given = await firstToken(wechat, { ...offered, componentAppid });
    if (given.kind !== 'ok') return given;
    const { token: accessToken, expiresInMs: grantedMs, refreshToken } = given.value;
    await tokenStore.keepImported(offered, { refreshToken, accessToken, grantedMs });
  }
  const info = await client.getAuthorizerInfo({ componentAppid, appid }, options);
  // It is imported all the same: the platform may not be allowed to ask.
  if (info.kind === 'error') return { kind: 'ok', value: { permissionSets: [] } };
  if (info.kind !== 'ok') return info;
  const { permissionSets } = info.value;
  await tokenStore.keepPermissionSets(appid, permissionSets);
  return { kind: 'ok', value: { permissionSets } };
}

type Offered = { componentAppid: string; appid: string; refreshToken: string };

/** By the refresh token; where an earlier try may have ended that, by the one that WeChat says holds now. */
async function firstToken(wechat: CallContext, offered: Offered): Promise<WxaResult<AuthorizerToken>> {
  const { client, options, isRetry } = wechat;
  const given = await tokenBy(wechat, offered);
  if (given.kind !== 'error' || !isAuthorizationGone(given.error) || !isRetry) return given;
  const info: WxaResult<AuthorizerInfo> = await client.getAuthorizerInfo(offered, options);
  if (info.kind !== 'ok') return info.kind === 'error' ? given : info;
  const { refreshToken } = info.value;
  const isAnother = refreshToken !== '' && refreshToken !== offered.refreshToken;
  return isAnother ? tokenBy(wechat, { ...offered, refreshToken }) : given;
}

/** Where WeChat gives no new refresh token, the one that was used still holds. */
async function tokenBy(
  { client, options }: CallContext,
  offered: Offered,
): Promise<WxaResult<AuthorizerToken>> {
  const given = await client.getAuthorizerToken(offered, options);
  if (given.kind !== 'ok') return given;
  const refreshToken = given.value.refreshToken || offered.refreshToken;
  return { kind: 'ok', value: { ...given.value, refreshToken } };
}

async function bytesOf(kept: KeptMedia): Promise<Buffer> {
  const slices: Uint8Array[] = [];
  for await (const slice of kept.stream()) slices.push(slice);
  return Buffer.concat(slices);
}

/** Deleted by hand, sealed under a key that was taken away since, or a worker with another token source. */
function notKept(): CallResult<never> {
  const error = serviceError(
    'internal',
    'the refresh token can no longer be had: import it again',
    'cgi-bin/component/api_authorizer_token',
  );
  return { kind: 'error', error, sent: false };
}
