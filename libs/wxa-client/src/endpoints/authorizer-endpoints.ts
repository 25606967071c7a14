import { instant, int32, object, objects, readPermissionSets, text } from '../transport/wechat-json.js';
import { API, type Endpoint } from './endpoint.js';

/** The APIs by which a third-party platform reads who authorized it. */

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
