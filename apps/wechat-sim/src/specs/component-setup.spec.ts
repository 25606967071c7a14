import { expect, it } from '@jest/globals';
import { APPID, okValue, simWithCallback } from './sim-under-test.js';

const componentAppid = 'wxb11529c136998cb6';
const componentAppsecret = 'an app secret';

const settings = { tokenMode: 'component', componentAppid, componentAppsecret, ticketIntervalMs: 0 } as const;
const { callback, client, control } = simWithCallback(settings);

/** The token of the platform, as call options. */
async function ownToken(): Promise<{ token: string }> {
  await control().pushOfComponent();
  const [verifyTicket = ''] = /ticket@@@[^\]<]+/.exec(callback.received.at(-1)?.body ?? '') ?? [];
  return okValue(await client().getComponentToken({ componentAppid, componentAppsecret, verifyTicket }));
}

/** Authorizes a mini-program and returns its token. */
async function authorize(own: { token: string }): Promise<{ token: string }> {
  const { authorizationCode } = await control().authorize(APPID, { push: { none: true } });
  return okValue(await client().queryAuth({ componentAppid, authorizationCode }, own));
}

it("The platform's domains need the component token, those of a mini-program its own", async () => {
  const own = await ownToken();
  const ofApp = await authorize(own);
  expect(await client().getPlatformServerDomains({}, own)).toMatchObject({ kind: 'ok' });
  expect(await client().getPlatformServerDomains({}, ofApp)).toMatchObject({ error: { errcode: 61014 } });
  expect(await client().getPrivacyGuide({}, ofApp)).toMatchObject({ kind: 'ok' });
  expect(await client().getServerDomains({}, own)).toMatchObject({ error: { errcode: 61015 } });
});

it('Authorizing the platform clears the privacy guide, a change of the authorization does not', async () => {
  const own = await ownToken();
  let ofApp = await authorize(own);
  const body = { template_id: 0, ext_json: '{}', user_version: 'v1' };
  await control().byHand(APPID, { api: 'wxa/commit', body });
  const purposes = [{ key: 'UserInfo', text: '展示头像' }];
  const guide = { purposes, owner: { phone: '10086', noticeMethod: '弹窗' }, sdks: [] };
  const shown = async () => okValue(await client().getPrivacyGuide({}, ofApp)).purposes;
  await client().setPrivacyGuide(guide, ofApp);
  await control().authorize(APPID, { permissionSets: [18, 25], push: { none: true } });
  expect(await shown()).toEqual(purposes);
  await control().unauthorize(APPID, { push: { none: true } });
  ofApp = await authorize(own);
  expect(await shown()).toEqual([]);
});

it('A change of the filing sends its event to the URL of authorization events', async () => {
  await control().setFiling(APPID, { status: 6 });
  const [push] = await callback.pushes(1);
  expect(push?.url.pathname).toBe('/wechat/callback');
  expect(push?.body).toContain('<InfoType><![CDATA[notify_apply_icpfiling_result]]></InfoType>');
  expect(push?.body).toContain(`<authorizer_appid><![CDATA[${APPID}]]></authorizer_appid>`);
  expect(push?.body).toContain('<beian_status>6</beian_status>');
});

it('Of many customers the last ones have not filed, which they do later with an event; those before them have no category', async () => {
  const own = await ownToken();
  const [filed = '', empty = '', unfiled = ''] = await control().authorizeMany({
    ...{ count: 3, withoutCategory: 1, unfiled: 1, fileAfterMs: 1 },
    push: { none: true },
  });
  const categoriesOf = async (appid: string) =>
    okValue(await client().getAuthorizerInfo({ componentAppid, appid }, own)).categories.length;
  expect([await categoriesOf(filed), await categoriesOf(empty)]).toEqual([expect.any(Number), 0]);
  expect(await categoriesOf(filed)).toBeGreaterThan(0);
  const push = (await callback.pushes(2)).at(-1);
  expect(push?.body).toContain(`<authorizer_appid><![CDATA[${unfiled}]]></authorizer_appid>`);
  expect(push?.body).toContain('<beian_status>6</beian_status>');
  expect((await control().app(unfiled)).setup.filing.status).toBe(6);
  const events = (await control().pushes()).map(({ event }) => event);
  expect(events).toEqual(['component_verify_ticket', 'notify_apply_icpfiling_result']);
});

it('The callbacks of many customers can be lost, and owners who do not file stay without a filing', async () => {
  const appids = await control().authorizeMany({ count: 2, unfiled: 2, push: { none: true } });
  const filings = await Promise.all(appids.map((appid) => control().app(appid)));
  expect(filings.map(({ setup }) => setup.filing.status)).toEqual([1024, 1024]);
  expect(await control().pushes()).toEqual([]);
  const { authorizations } = await control().component();
  expect(authorizations.map(({ appid }) => appid).sort()).toEqual(appids.toSorted());
});

it('api_get_authorizer_info returns profile, categories and state of the account', async () => {
  const own = await ownToken();
  await authorize(own);
  const read = async () => okValue(await client().getAuthorizerInfo({ componentAppid, appid: APPID }, own));
  expect(await read()).toMatchObject({
    ...{ signature: '示例', accountStatus: 1, headImage: expect.stringContaining('https://') },
    categories: expect.arrayContaining([{ first: '文娱', second: '资讯' }]),
  });
  await control().patch(APPID, { notInitialized: true, categories: [], setup: { accountStatus: 19 } });
  const blank = { nickName: '', headImage: '', signature: '', categories: [] };
  expect(await read()).toMatchObject({ ...blank, accountStatus: 19 });
});
