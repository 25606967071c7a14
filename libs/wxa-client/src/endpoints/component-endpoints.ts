import { decimal, int32, type JsonObject, object, objects, text } from '../wechat-json.js';
import type { Done } from '../wxa-result.js';
import { API } from './api.js';
import { type Endpoint, readDone } from './endpoint.js';

/**
 * The APIs by which a third-party platform gets its own token and those of the mini-programs that authorized it.
 * Source: WeChat open platform, "openApi/ticket-token" and "openApi/authorization-management".
 */

/** What every token lives where WeChat does not say how long: two hours. */
const USUAL_LIFE_MS = 7_200_000;

export interface ComponentSecret {
  componentAppid: string;
  /** Secret. */
  componentAppsecret: string;
}

export const startPushTicket: Endpoint<ComponentSecret, Done> = {
  api: API.startPushTicket,
  withoutToken: true,
  secrets: ({ componentAppsecret }) => [componentAppsecret],
  // Named otherwise than in api_component_token.
  body: ({ componentAppid, componentAppsecret }) => ({
    component_appid: componentAppid,
    component_secret: componentAppsecret,
  }),
  read: readDone,
};

export interface ComponentTokenRequest extends ComponentSecret {
  /** The last ticket pushed; valid for 12 hours. Secret. */
  verifyTicket: string;
}

export interface Token {
  /** Secret. */
  token: string;
  /** From the answer on; two hours where WeChat does not say. */
  expiresInMs: number;
}

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
  /** From the push or the redirect; for one use. Secret. */
  authorizationCode: string;
}

/** The token of a mini-program, and what gives the next one. */
export interface AuthorizerToken extends Token {
  /** It replaces the one before: keep it first, then use the token. Empty where WeChat gave none. Secret. */
  refreshToken: string;
}

/** Both tokens are empty where the account has no APIs at all. */
export interface Authorization extends AuthorizerToken {
  /** Who authorized. */
  appid: string;
  /** Ids of the permission sets given to the platform, without repeats; 18 is code management. */
  permissionSets: number[];
}

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
  /** Secret. */
  refreshToken: string;
}

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
  /** The one that holds now, so that a lost one can be had again; empty where WeChat gave none. Secret. */
  refreshToken: string;
  permissionSets: number[];
  nickName: string;
  /** `gh_…`, by which audit pushes name it. */
  originalId: string;
  principalName: string;
  /** False for an official account and the like. */
  miniProgram: boolean;
}

export const getAuthorizerInfo: Endpoint<{ componentAppid: string; appid: string }, AuthorizerInfo> = {
  api: API.getAuthorizerInfo,
  body: ({ componentAppid, appid }) => ({ component_appid: componentAppid, authorizer_appid: appid }),
  read: (answer) => {
    const account = object(answer.authorizer_info);
    const info = object(answer.authorization_info);
    const appid = text(info?.authorizer_appid);
    if (!account || !info || !appid) return undefined;
    return {
      appid,
      refreshToken: text(info.authorizer_refresh_token),
      permissionSets: readPermissionSets(info),
      nickName: text(account.nick_name),
      originalId: text(account.user_name),
      principalName: text(account.principal_name),
      miniProgram: object(account.MiniProgramInfo) !== undefined,
    };
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

/** WeChat gives seconds. */
function lifeOf({ expires_in }: JsonObject): number {
  const lifeMs = decimal(expires_in) * 1000;
  return lifeMs > 0 ? lifeMs : USUAL_LIFE_MS;
}
