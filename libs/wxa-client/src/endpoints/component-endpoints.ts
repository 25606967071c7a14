import {
  type Done,
  decimal,
  type JsonObject,
  object,
  readDone,
  readPermissionSets,
  text,
} from '../transport/wechat-json.js';
import { API, type Endpoint } from './endpoint.js';

/**
 * The APIs by which a third-party platform obtains its own token and those of the mini-programs that authorized it.
 * Source: WeChat open platform, "openApi/ticket-token" and "openApi/authorization-management".
 */

/** Lifetime of a token if WeChat does not return it: two hours. */
const DEFAULT_LIFE_MS = 7_200_000;

export interface ComponentSecret {
  componentAppid: string;
  /** This is a secret. */
  componentAppsecret: string;
}

/**
 * Makes WeChat send tickets again, one every 10 minutes; idempotent. Takes no token. 40013 for an appid that is not a
 * platform, 40125 for a wrong secret, 61004 from an IP address that is not on the allow list.
 * Source: https://developers.weixin.qq.com/doc/oplatform/openApi/ticket-token/api_startpushticket.html
 */
export const startPushTicket: Endpoint<ComponentSecret, Done> = {
  api: API.startPushTicket,
  withoutToken: true,
  secrets: ({ componentAppsecret }) => [componentAppsecret],
  // The field has another name than in api_component_token.
  body: ({ componentAppid, componentAppsecret }) => ({
    component_appid: componentAppid,
    component_secret: componentAppsecret,
  }),
  read: readDone,
};

export interface ComponentTokenRequest extends ComponentSecret {
  /** The last ticket received; valid for 12 hours. Secret. */
  verifyTicket: string;
}

export interface Token {
  /** This is a secret. */
  token: string;
  /** The time counts from the response; it is two hours if WeChat does not return it. */
  expiresInMs: number;
}

/**
 * Returns the platform's own token, valid for two hours, for the last ticket (valid for 12 hours). Takes no token. Each call
 * returns a new token and counts against a daily quota (45009). 61005 for an expired ticket, 61006 for an invalid one,
 * 40125 (also 40001) for a wrong secret, 61004 for an IP address that is not on the allow list.
 * Source: https://developers.weixin.qq.com/doc/oplatform/openApi/ticket-token/api_getcomponentaccesstoken.html
 */
export const getComponentToken: Endpoint<ComponentTokenRequest, Token> = {
  api: API.getComponentToken,
  withoutToken: true,
  secrets: ({ componentAppsecret, verifyTicket }) => [componentAppsecret, verifyTicket],
  body: ({ componentAppid, componentAppsecret, verifyTicket }) => ({
    component_appid: componentAppid,
    component_appsecret: componentAppsecret,
    component_verify_ticket: verifyTicket,
  }),
  read: (answer) => {
    const token = text(answer.component_access_token);
    return token ? { token, expiresInMs: lifeOf(answer) } : undefined;
  },
};

export interface PreAuthCode {
  /** Secret until it is in a link; for one authorization. */
  preAuthCode: string;
  expiresInMs: number;
}

/**
 * Returns a code for one authorization link, valid for 30 minutes (10 in WeChat's example): see `expiresInMs`. Takes the
 * component token, as the three calls below. Each call returns a new code; unused ones are harmless.
 * Source: https://developers.weixin.qq.com/doc/oplatform/openApi/ticket-token/api_getpreauthcode.html
 */
export const createPreAuthCode: Endpoint<{ componentAppid: string }, PreAuthCode> = {
  api: API.createPreAuthCode,
  body: ({ componentAppid }) => ({ component_appid: componentAppid }),
  read: (answer) => {
    const preAuthCode = text(answer.pre_auth_code);
    return preAuthCode ? { preAuthCode, expiresInMs: lifeOf(answer) } : undefined;
  },
};

export interface QueryAuthRequest {
  componentAppid: string;
  /** The code comes with the callback or the redirect. It is secret and can be used once. */
  authorizationCode: string;
}

/** WeChat returns the token of a mini-program with the refresh token for the next one. */
export interface AuthorizerToken extends Token {
  /** It replaces the previous one: store it before you use the token. Empty if WeChat returned none. Secret. */
  refreshToken: string;
}

/** Both tokens are empty if the account has no APIs. */
export interface Authorization extends AuthorizerToken {
  /** The account that authorized the platform. */
  appid: string;
  /** Ids of the permission sets granted to the platform, without duplicates; 18 is code management. */
  permissionSets: number[];
}

/**
 * Returns the permissions that a mini-program granted, with its first tokens. A code can be used once (61009) and for about
 * an hour (61010): after an ambiguous result use `getAuthorizerInfo` and `getAuthorizerToken`. The refresh token of an
 * earlier authorization becomes invalid.
 * Source: https://developers.weixin.qq.com/doc/oplatform/openApi/ticket-token/api_getauthorizerrefreshtoken.html
 */
export const queryAuth: Endpoint<QueryAuthRequest, Authorization> = {
  api: API.queryAuth,
  secrets: ({ authorizationCode }) => [authorizationCode],
  body: ({ componentAppid, authorizationCode }) => ({
    component_appid: componentAppid,
    authorization_code: authorizationCode,
  }),
  read: (answer) => {
    const info = object(answer.authorization_info) ?? {};
    const appid = text(info.authorizer_appid);
    return appid
      ? { appid, ...readAuthorizerToken(info), permissionSets: readPermissionSets(info) }
      : undefined;
  },
};

export interface AuthorizerTokenRequest {
  componentAppid: string;
  appid: string;
  /** This is a secret. */
  refreshToken: string;
}

/**
 * Returns a new token of a mini-program, valid for two hours. WeChat may rotate the refresh token, which invalidates the old
 * one, so store it first. 61023 for an invalid refresh token, 61003 if the authorization was withdrawn. Source:
 * https://developers.weixin.qq.com/doc/oplatform/openApi/ticket-token/api_getauthorizeraccesstoken.html
 */
export const getAuthorizerToken: Endpoint<AuthorizerTokenRequest, AuthorizerToken> = {
  api: API.getAuthorizerToken,
  secrets: ({ refreshToken }) => [refreshToken],
  body: ({ componentAppid, appid, refreshToken }) => ({
    component_appid: componentAppid,
    authorizer_appid: appid,
    authorizer_refresh_token: refreshToken,
  }),
  read: (answer) => {
    const read = readAuthorizerToken(answer);
    return read.token ? read : undefined;
  },
};

function readAuthorizerToken(info: JsonObject): AuthorizerToken {
  return {
    token: text(info.authorizer_access_token),
    expiresInMs: lifeOf(info),
    refreshToken: text(info.authorizer_refresh_token),
  };
}

function lifeOf({ expires_in }: JsonObject): number {
  const lifeMs = decimal(expires_in) * 1000;
  return lifeMs > 0 ? lifeMs : DEFAULT_LIFE_MS;
}
