import { expect, it } from '@jest/globals';
import { AuthorizationType, CreateAuthorizationLinkRequest } from '@wxa/contracts';
import { authorizationLink } from './create-authorization-link.js';

const link = (more: Partial<CreateAuthorizationLinkRequest>) =>
  authorizationLink(
    CreateAuthorizationLinkRequest.fromPartial({
      appid: 'wxc0de000000000000',
      redirectUri: 'https://platform.example/back?shop=1&名',
      ...more,
    }),
    { preAuthCode: 'preauthcode@@@1', expiresInMs: 600_000 },
    1_700_000_000_000,
  );

it('The link is for mini-programs by default, with one URL for computers and one for phones.', () => {
  const query =
    'component_appid=wxc0de000000000000&pre_auth_code=preauthcode%40%40%401&redirect_uri=https%3A%2F%2Fplatform.example%2Fback%3Fshop%3D1%26%E5%90%8D&auth_type=2';
  expect(link({})).toEqual({
    preAuthCode: 'preauthcode@@@1',
    url: `https://mp.weixin.qq.com/cgi-bin/componentloginpage?${query}`,
    mobileUrl: `https://open.weixin.qq.com/wxaopen/safe/bindcomponent?action=bindcomponent&no_scan=1&${query}#wechat_redirect`,
    expireTime: new Date(1_700_000_600_000),
  });
});

it('A link has the auth_type of official accounts, mini-programs or both.', () => {
  const { AUTHORIZATION_TYPE_OFFICIAL_ACCOUNT, AUTHORIZATION_TYPE_MINI_PROGRAM } = AuthorizationType;
  const all = AuthorizationType.AUTHORIZATION_TYPE_ALL;
  const types = [AUTHORIZATION_TYPE_OFFICIAL_ACCOUNT, AUTHORIZATION_TYPE_MINI_PROGRAM, all];
  const sent = types.map((authType) => new URL(link({ authType }).url).searchParams.get('auth_type'));
  expect(sent).toEqual(['1', '2', '3']);
});

it('A link for one mini-program has its appid and no auth_type.', () => {
  const { searchParams } = new URL(link({ authorizerAppid: 'wx0123456789abcdef' }).mobileUrl);
  expect(searchParams.get('biz_appid')).toBe('wx0123456789abcdef');
  expect(searchParams.has('auth_type')).toBe(false);
});
