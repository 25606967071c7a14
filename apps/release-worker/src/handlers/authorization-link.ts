import {
  AuthorizationType,
  type CreateAuthorizationLinkRequest,
  type CreateAuthorizationLinkResponse,
} from '@wxa/contracts';
import type { PreAuthCode } from '@wxa/wxa-client';

/** WeChat's auth_type. */
const TYPES: Record<AuthorizationType, string> = {
  [AuthorizationType.AUTHORIZATION_TYPE_OFFICIAL_ACCOUNT]: '1',
  [AuthorizationType.AUTHORIZATION_TYPE_MINI_PROGRAM]: '2',
  [AuthorizationType.AUTHORIZATION_TYPE_ALL]: '3',
  [AuthorizationType.AUTHORIZATION_TYPE_UNSPECIFIED]: '2',
  [AuthorizationType.UNRECOGNIZED]: '2',
};

/**
 * The pages of WeChat where an admin authorizes the platform. auth_type is left out where an appid is given: that
 * decides. Source: https://developers.weixin.qq.com/doc/oplatform/Third-party_Platforms/2.0/api/Before_Develop/Authorization_Process_Technical_Description.html
 */
export function authorizationLink(
  { appid, redirectUri, authType, authorizerAppid }: CreateAuthorizationLinkRequest,
  { preAuthCode, expiresInMs }: PreAuthCode,
  now = Date.now(),
): CreateAuthorizationLinkResponse {
  const query = new URLSearchParams({
    component_appid: appid,
    pre_auth_code: preAuthCode,
    redirect_uri: redirectUri,
    ...(authorizerAppid === '' ? { auth_type: TYPES[authType] } : { biz_appid: authorizerAppid }),
  });
  return {
    preAuthCode,
    url: `https://mp.weixin.qq.com/cgi-bin/componentloginpage?${query}`,
    mobileUrl: `https://open.weixin.qq.com/wxaopen/safe/bindcomponent?action=bindcomponent&no_scan=1&${query}#wechat_redirect`,
    expireTime: new Date(now + expiresInMs),
  };
}
