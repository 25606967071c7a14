import {
  AuthorizationType,
  type CreateAuthorizationLinkRequest,
  type CreateAuthorizationLinkResponse,
  type Problem,
  problem,
} from '@wxa/contracts';
import { API, type PreAuthCode } from '@wxa/wxa-client';
import { appid, characters, field, known, optional } from '../checks.js';
import { labelsFields } from '../fields.js';
import { defineQuery, map } from '../room.js';

export const createAuthorizationLink = defineQuery('CreateAuthorizationLink', {
  api: API.createPreAuthCode,
  validate: [
    field('redirect_uri', (r) => r.redirectUri, characters(1, 1024), optional(webAddress)),
    field('auth_type', (r) => r.authType, known),
    field('auth_type', (r) => r, typeOrAppid),
    field('authorizer_appid', (r) => r.authorizerAppid, optional(appid)),
    ...labelsFields,
  ],
  call: async (request, { client, options, links }) => {
    const code = await client.createPreAuthCode({ componentAppid: request.appid }, options);
    if (code.kind === 'ok' && request.labels.length > 0)
      await links?.keepLinkLabels(code.value.preAuthCode, [...new Set(request.labels)]);
    return map(code, (given) => authorizationLink(request, given));
  },
});

function webAddress(text: string): Problem | undefined {
  const isWeb = /^https?:\/\/[\x21-\x7e]+$/.test(text) && URL.canParse(text);
  return isWeb ? undefined : problem('NOT_A_WEB_ADDRESS');
}

function typeOrAppid({ authType, authorizerAppid }: CreateAuthorizationLinkRequest): Problem | undefined {
  return authorizerAppid === '' || authType === AuthorizationType.AUTHORIZATION_TYPE_UNSPECIFIED
    ? undefined
    : problem('AUTHORIZER_APPID_SET');
}

/** WeChat calls these auth_type. */
const TYPES: Record<AuthorizationType, string> = {
  [AuthorizationType.AUTHORIZATION_TYPE_OFFICIAL_ACCOUNT]: '1',
  [AuthorizationType.AUTHORIZATION_TYPE_MINI_PROGRAM]: '2',
  [AuthorizationType.AUTHORIZATION_TYPE_ALL]: '3',
  [AuthorizationType.AUTHORIZATION_TYPE_UNSPECIFIED]: '2',
  [AuthorizationType.UNRECOGNIZED]: '2',
};

/**
 * The pages of WeChat on which an admin authorizes the platform. With an appid there is no auth_type: the appid
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
