import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from '@jest/globals';
import { WxaClient } from '@wxa/wxa-client';
import { CallbackUnderTest } from './callback-under-test.js';
import { APPID, simUnderTest } from './sim-under-test.js';

const componentAppid = 'wxb11529c136998cb6';
const componentAppsecret = 'an app secret';

const callback = new CallbackUnderTest();
let callbackUrl = '';
beforeAll(async () => {
  callbackUrl = await callback.listen();
});
const { control, url } = simUnderTest(() => ({
  ...{ tokenMode: 'component' as const, callbackUrl, callbackMode: 'plain' as const },
  ...{ componentAppid, componentAppsecret, ticketIntervalMs: 0 },
}));
let client: WxaClient;
beforeEach(() => {
  callback.received.length = 0;
  client = new WxaClient({ baseUrl: url() });
});
afterEach(() => client.close());
afterAll(() => callback.close());

function okValue<T>(result: { kind: string; value?: T }): T {
  if (result.kind !== 'ok' || result.value === undefined) throw new Error(JSON.stringify(result));
  return result.value;
}

/** The token of the platform, as call options. */
async function ownToken(): Promise<{ token: string }> {
  await control().pushOfComponent();
  const [verifyTicket = ''] = /ticket@@@[^\]<]+/.exec(callback.received.at(-1)?.body ?? '') ?? [];
  return okValue(await client.getComponentToken({ componentAppid, componentAppsecret, verifyTicket }));
}

/** Authorizes a mini-program and returns its token. */
async function authorize(own: { token: string }): Promise<{ token: string }> {
  const { authorizationCode } = await control().authorize(APPID, { push: { none: true } });
  return okValue(await client.queryAuth({ componentAppid, authorizationCode }, own));
}

it("The platform's domains need the component token, those of a mini-program its own", async () => {
  const own = await ownToken();
  const ofApp = await authorize(own);
  expect(await client.getPlatformServerDomains({}, own)).toMatchObject({ kind: 'ok' });
  expect(await client.getPlatformServerDomains({}, ofApp)).toMatchObject({ error: { errcode: 61014 } });
  expect(await client.getPrivacyGuide({}, ofApp)).toMatchObject({ kind: 'ok' });
  expect(await client.getServerDomains({}, own)).toMatchObject({ error: { errcode: 61015 } });
});

it('Authorizing the platform clears the privacy guide, a change of the authorization does not', async () => {
  const own = await ownToken();
  let ofApp = await authorize(own);
  const body = { template_id: 0, ext_json: '{}', user_version: 'v1' };
  await control().byHand(APPID, { api: 'wxa/commit', body });
  const purposes = [{ key: 'UserInfo', text: '展示头像' }];
  await client.setPrivacyGuide(
    { purposes, owner: { phone: '10086', noticeMethod: '弹窗' }, sdks: [] },
    ofApp,
  );
  await control().authorize(APPID, { permissionSets: [18, 25], push: { none: true } });
  expect(okValue(await client.getPrivacyGuide({}, ofApp)).purposes).toEqual(purposes);
  await control().unauthorize(APPID, { push: { none: true } });
  ofApp = await authorize(own);
  expect(okValue(await client.getPrivacyGuide({}, ofApp)).purposes).toEqual([]);
});

it('A change of the filing sends its event to the URL of authorization events', async () => {
  await control().setFiling(APPID, { status: 6 });
  const [push] = await callback.pushes(1);
  expect(push?.url.pathname).toBe('/wechat/callback');
  expect(push?.body).toContain('<InfoType><![CDATA[notify_apply_icpfiling_result]]></InfoType>');
  expect(push?.body).toContain(`<authorizer_appid><![CDATA[${APPID}]]></authorizer_appid>`);
  expect(push?.body).toContain('<beian_status>6</beian_status>');
});

it('api_get_authorizer_info returns profile, categories and state of the account', async () => {
  const own = await ownToken();
  await authorize(own);
  const read = async () => okValue(await client.getAuthorizerInfo({ componentAppid, appid: APPID }, own));
  expect(await read()).toMatchObject({
    ...{ signature: '示例', accountStatus: 1, headImage: expect.stringContaining('https://') },
    categories: expect.arrayContaining([{ first: '文娱', second: '资讯' }]),
  });
  await control().patch(APPID, { notInitialized: true, categories: [], setup: { accountStatus: 19 } });
  expect(await read()).toMatchObject({
    nickName: '',
    headImage: '',
    signature: '',
    accountStatus: 19,
    categories: [],
  });
});
