import {
  decimal,
  instant,
  int32,
  type JsonObject,
  object,
  objects,
  readDone,
  text,
} from '../transport/wechat-json.js';
import type { Done } from '../wxa-result.js';
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

export interface AuthorizerInfo {
  appid: string;
  /**
   * The current refresh token, by which a lost one is recovered, is empty if WeChat returned none. It is a secret.
   */
  refreshToken: string;
  permissionSets: number[];
  nickName: string;
  /** `gh_…`, as in audit callbacks. */
  originalId: string;
  principalName: string;
  /** Address of the picture; empty without one. */
  headImage: string;
  /** The introduction. */
  signature: string;
  /** 1 normal, 14 cancelled, 16 banned, 18 warned, 19 frozen; 0 if WeChat does not return it. */
  accountStatus: number;
  /** False for any other account, such as an official account. */
  miniProgram: boolean;
  /** The names of the categories, of the first and second level. */
  categories: { first: string; second: string }[];
}

/**
 * Returns the profile and the permissions of a mini-program, and its current refresh token, by which a lost one is
 * recovered. 61003 if it has not authorized the platform. Source:
 * https://developers.weixin.qq.com/doc/oplatform/openApi/authorization-management/api_getauthorizerinfo.html
 */
export const getAuthorizerInfo: Endpoint<{ componentAppid: string; appid: string }, AuthorizerInfo> = {
  api: API.getAuthorizerInfo,
  body: ({ componentAppid, appid }) => ({ component_appid: componentAppid, authorizer_appid: appid }),
  read: (answer) => {
    const account = object(answer.authorizer_info);
    const info = object(answer.authorization_info);
    const appid = text(info?.authorizer_appid);
    if (!account || !info || !appid) return undefined;
    const miniProgram = object(account.MiniProgramInfo);
    return {
      appid,
      refreshToken: text(info.authorizer_refresh_token),
      permissionSets: readPermissionSets(info),
      nickName: text(account.nick_name),
      originalId: text(account.user_name),
      principalName: text(account.principal_name),
      headImage: text(account.head_img),
      signature: text(account.signature),
      accountStatus: int32(account.account_status),
      miniProgram: miniProgram !== undefined,
      categories: (objects(miniProgram?.categories) ?? []).map(({ first, second }) => ({
        first: text(first),
        second: text(second),
      })),
    };
  },
};

export interface AuthorizerListRequest {
  componentAppid: string;
  /** Accounts before the page. */
  offset: number;
  /** At most 500, else 40170. */
  count: number;
}

/** An account that authorized the platform: a mini-program, or another one. */
export interface AuthorizerListEntry {
  appid: string;
  /** Of any age; empty if WeChat returned none. Secret. */
  refreshToken: string;
  /** Undefined if WeChat returned no valid time. */
  authorizedAt: Date | undefined;
}

export interface AuthorizerListPage {
  /** Of all accounts. */
  totalCount: number;
  /** In no documented order: an account can be missing from all pages, or on two, if the list changes meanwhile. */
  authorizers: AuthorizerListEntry[];
}

/**
 * Returns a page of the accounts that authorized the platform. 40170 for a `count` above 500. Source:
 * https://developers.weixin.qq.com/doc/oplatform/openApi/authorization-management/api_getauthorizerlist.html
 */
export const getAuthorizerList: Endpoint<AuthorizerListRequest, AuthorizerListPage> = {
  api: API.getAuthorizerList,
  body: ({ componentAppid, offset, count }) => ({ component_appid: componentAppid, offset, count }),
  read: (answer) => {
    const list = objects(answer.list);
    if (list === undefined) return undefined;
    const authorizers = list.map((entry) => ({
      appid: text(entry.authorizer_appid),
      refreshToken: text(entry.refresh_token),
      authorizedAt: instant(entry.auth_time),
    }));
    return { totalCount: int32(answer.total_count), authorizers };
  },
};

function readAuthorizerToken(info: JsonObject): AuthorizerToken {
  return {
    token: text(info.authorizer_access_token),
    expiresInMs: lifeOf(info),
    refreshToken: text(info.authorizer_refresh_token),
  };
}

function readPermissionSets({ func_info }: JsonObject): number[] {
  const ids = objects(func_info)?.map((entry) => int32(object(entry.funcscope_category)?.id)) ?? [];
  return [...new Set(ids.filter((id) => id > 0))];
}

/** WeChat returns seconds. */
function lifeOf({ expires_in }: JsonObject): number {
  const lifeMs = decimal(expires_in) * 1000;
  return lifeMs > 0 ? lifeMs : DEFAULT_LIFE_MS;
}
