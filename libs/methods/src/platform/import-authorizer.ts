import type { AuthorizerImport, AuthorizerImportResult } from '@wxa/contracts';
import {
  API,
  type AuthorizerInfo,
  type AuthorizerToken,
  type FileContent,
  type WxaResult,
} from '@wxa/wxa-client';
import { type CallContext, type CallResult, defineQuery } from '../room.js';
import { isAuthorizationGone, serviceError } from '../service-errors.js';

/**
 * Imports a mini-program by its refresh token. What WeChat returns for the token is stored before anything else, and a
 * token that WeChat rejects leaves nothing behind.
 */
export const importAuthorizer = defineQuery('ImportAuthorizer', {
  api: API.getAuthorizerToken,
  // The gateway validates the RPC's own request before it encrypts the token.
  validate: [],
  // Four calls at most: the access token; the current refresh token and a token for it if a response was lost; the permissions.
  timeoutFactor: 4,
  call: async (request, context) => {
    const result = await importToken(request, context);
    // Not final as for other queries: WeChat may have replaced the refresh token, and a retry finds the valid one.
    const isBlocked = result.kind === 'ambiguous' && result.cause === 'intermediary';
    return isBlocked ? { ...result, cause: 'http-status' } : result;
  },
});

async function importToken(
  { appid: componentAppid, authorizerAppid: appid }: AuthorizerImport,
  context: CallContext,
): Promise<CallResult<AuthorizerImportResult>> {
  const { client, options, authorizers } = context;
  const encrypted = await context.attachment();
  const refreshToken = encrypted && authorizers?.openRefreshToken(appid, await bytesOf(encrypted));
  if (refreshToken === undefined || authorizers === undefined) return noToken();
  const offered = { appid, refreshToken };
  if ((await authorizers.readImport(offered)) === 'nothing') {
    const given = await firstToken(context, { ...offered, componentAppid });
    if (given.kind !== 'ok') return given;
    const { token: accessToken, expiresInMs: grantedMs, refreshToken } = given.value;
    await authorizers.keepImported(offered, { refreshToken, accessToken, grantedMs });
  }
  const info = await client.getAuthorizerInfo({ componentAppid, appid }, options);
  // The import succeeds: the platform may lack the permission for this read.
  if (info.kind === 'error') return { kind: 'ok', value: { permissionSets: [] } };
  if (info.kind !== 'ok') return info;
  const { permissionSets } = info.value;
  await authorizers.keepAuthorizerInfo(appid, info.value);
  return { kind: 'ok', value: { permissionSets } };
}

type Offered = { componentAppid: string; appid: string; refreshToken: string };

/** Requests tokens with the refresh token or, if an earlier attempt may have replaced it, with the current one. */
async function firstToken(context: CallContext, offered: Offered): Promise<WxaResult<AuthorizerToken>> {
  const { client, options, isRetry } = context;
  const given = await tokenBy(context, offered);
  if (given.kind !== 'error' || !isAuthorizationGone(given.error) || !isRetry) return given;
  const info: WxaResult<AuthorizerInfo> = await client.getAuthorizerInfo(offered, options);
  if (info.kind !== 'ok') return info.kind === 'error' ? given : info;
  const { refreshToken } = info.value;
  const isAnother = refreshToken !== '' && refreshToken !== offered.refreshToken;
  return isAnother ? tokenBy(context, { ...offered, refreshToken }) : given;
}

/** If WeChat returns no new refresh token, the one that was used stays valid. */
async function tokenBy(
  { client, options }: CallContext,
  offered: Offered,
): Promise<WxaResult<AuthorizerToken>> {
  const given = await client.getAuthorizerToken(offered, options);
  if (given.kind !== 'ok') return given;
  const refreshToken = given.value.refreshToken || offered.refreshToken;
  return { kind: 'ok', value: { ...given.value, refreshToken } };
}

async function bytesOf(content: FileContent): Promise<Buffer> {
  const slices: Uint8Array[] = [];
  for await (const slice of content.stream()) slices.push(slice);
  return Buffer.concat(slices);
}

/** It was deleted by an operator, its key was removed, or the worker uses another token source. */
function noToken(): CallResult<never> {
  const error = serviceError(
    'internal',
    'the refresh token is no longer available; import it again',
    API.getAuthorizerToken,
  );
  return { kind: 'error', error, sent: false };
}
