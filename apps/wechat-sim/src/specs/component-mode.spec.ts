import { describe, expect, it } from '@jest/globals';
import { decryptMessage, parsePush, parseXml } from '@wxa/wxa-client';
import { SimControl } from '../sim-control.js';
import type { RecordedPush } from './callback-under-test.js';
import { APPID, CLASSES, codeOf, okValue, simUnderTest, simWithCallback } from './sim-under-test.js';

const encodingAesKey = 'abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG';
const componentAppid = 'wxb11529c136998cb6';
const componentAppsecret = 'an app secret';

const { callback, client, control, errcode } = simWithCallback({
  ...{ tokenMode: 'component', componentAppid, componentAppsecret, ticketIntervalMs: 0 },
  ...{ callbackMode: 'secure', callbackToken: 'pamtest', encodingAesKey, pushRetryMs: 1 },
});

/** The content of the n-th callback, once it has arrived. */
async function pushed(n: number) {
  const push = (await callback.pushes(n))[n - 1] as RecordedPush;
  const encrypt = parseXml(push.body)?.Encrypt ?? '';
  const opened = decryptMessage({ encodingAesKey, encrypt });
  expect(opened?.receiveId).toBe(componentAppid);
  return { path: push.url.pathname, ...parsePush(parseXml(opened?.message ?? '') ?? {}) };
}

async function newTicket(): Promise<string> {
  await control().pushOfComponent();
  const push = await pushed(callback.received.length);
  return 'ticket' in push ? (push.ticket ?? '') : '';
}

const componentToken = (verifyTicket: string) =>
  client().getComponentToken({ componentAppid, componentAppsecret, verifyTicket });
/** A component token, as call options. */
const ownToken = async () => ({ token: okValue(await componentToken(await newTicket())).token });
const preAuthCode = (own: { token: string }) => client().createPreAuthCode({ componentAppid }, own);
const refresh = (own: { token: string }, refreshToken: string) =>
  client().getAuthorizerToken({ componentAppid, appid: APPID, refreshToken }, own);
const exchange = (own: { token: string }, authorizationCode: string) =>
  client().queryAuth({ componentAppid, authorizationCode }, own);
const pageOf = (token: string) => errcode('wxa/get_page', { token });

/** Authorizes a mini-program and exchanges its code. */
async function authorized(permissionSets = [18]) {
  const own = await ownToken();
  const { authorizationCode } = await control().authorize(APPID, { permissionSets, push: { none: true } });
  return { own, ...okValue(await exchange(own, authorizationCode)) };
}

describe('tickets', () => {
  it('api_start_push_ticket sends a ticket at once, encrypted, to the URL of authorization events', async () => {
    expect(codeOf(await client().startPushTicket({ componentAppid, componentAppsecret }))).toBe(0);
    const ticket = { event: 'component_verify_ticket', ticket: expect.stringMatching(/^ticket@@@/) };
    expect(await pushed(1)).toMatchObject({ path: '/wechat/callback', componentAppid, ...ticket });
  });

  it('A requested ticket is sent until it is accepted, because the caller may not listen yet', async () => {
    callback.answers = Array(5).fill({ status: 503, body: 'not yet' });
    await client().startPushTicket({ componentAppid, componentAppsecret });
    expect(await pushed(6)).toEqual(await pushed(1));
  });

  it('Tickets are sent at the configured interval', async () => {
    await control().patchComponent({ ticketIntervalMs: 5 });
    const [first, second] = [await pushed(1), await pushed(2)];
    expect(first).not.toEqual(second);
    await control().patchComponent({ ticketIntervalMs: 0 });
  });

  it('A ticket is valid for any number of component tokens until it expires', async () => {
    const ticket = await newTicket();
    expect(codeOf(await componentToken(ticket))).toBe(0);
    await newTicket();
    expect(await componentToken(ticket)).toMatchObject({ kind: 'ok', value: { expiresInMs: 7_200_000 } });
    expect(codeOf(await componentToken('another'))).toBe(61006);
    await control().patchComponent({ expireTickets: true });
    expect(codeOf(await componentToken(ticket))).toBe(61005);
  });

  it("A ticket is valid for its platform and the platform's secret only", async () => {
    const verifyTicket = await newTicket();
    const other = { componentAppid: 'wx9999999999999999', componentAppsecret, verifyTicket };
    expect(codeOf(await client().getComponentToken(other))).toBe(40013);
    const wrong = { componentAppid, componentAppsecret: 'wrong', verifyTicket };
    expect(codeOf(await client().getComponentToken(wrong))).toBe(40125);
    expect(codeOf(await client().startPushTicket(wrong))).toBe(40125);
  });
});

describe('component tokens', () => {
  it('A component token ends on request, and when the next one is issued', async () => {
    const own = await ownToken();
    expect(codeOf(await preAuthCode(own))).toBe(0);
    await control().patchComponent({ expireToken: true });
    expect(codeOf(await preAuthCode(own))).toBe(42001);
    const next = await ownToken();
    await ownToken();
    expect(codeOf(await preAuthCode(next))).toBe(40001);
  });

  it("The component token is rejected by mini-program APIs, and a mini-program's token by component APIs", async () => {
    const { own, token } = await authorized();
    expect(codeOf(await client().listPages({}, own))).toBe(61015);
    expect(codeOf(await preAuthCode({ token }))).toBe(61014);
  });
});

describe('authorizations', () => {
  it("An authorization consumes its link's pre-auth code and sends the authorization code by callback", async () => {
    const made = okValue(await preAuthCode(await ownToken()));
    expect(made).toMatchObject({ expiresInMs: 1_800_000 });
    const given = { preAuthCode: made.preAuthCode };
    const { authorizationCode } = await control().authorize(APPID, given);
    expect(await pushed(2)).toMatchObject({
      ...{ path: '/wechat/callback', event: 'authorized', componentAppid, appid: APPID },
      ...{ authorizationCode, codeExpiresAt: expect.any(Date), ...given },
    });
    await expect(control().authorize(APPID, given)).rejects.toThrow('409');
  });

  it('An authorization code is exchanged for tokens once, and only until it expires', async () => {
    const own = await ownToken();
    const { authorizationCode } = await control().authorize(APPID);
    const value = { appid: APPID, permissionSets: [17, 18, 25] };
    expect(await exchange(own, authorizationCode)).toMatchObject({ kind: 'ok', value });
    expect(codeOf(await exchange(own, authorizationCode))).toBe(61009);
    await control().patchComponent({ codeLifeMs: 0 });
    const late = await control().authorize(APPID, { permissionSets: [18] });
    expect(codeOf(await exchange(own, late.authorizationCode))).toBe(61010);
  });

  it('A repeated authorization sends a callback if the permission sets changed, and ends the previous tokens', async () => {
    const { own, token, refreshToken } = await authorized([17]);
    expect(await pageOf(token)).toBe(61007);
    expect(await control().authorize(APPID, { permissionSets: [17] })).toMatchObject({ event: null });
    const { authorizationCode } = await control().authorize(APPID, { permissionSets: [17, 18] });
    expect(await pushed(2)).toMatchObject({ event: 'updateauthorized', authorizationCode });
    expect(await pageOf(token)).toBe(86001);
    expect(codeOf(await exchange(own, authorizationCode))).toBe(0);
    expect(await pageOf(token)).toBe(40001);
    expect(codeOf(await refresh(own, refreshToken))).toBe(61023);
  });

  it('A withdrawn authorization leaves nothing valid, even after a new authorization', async () => {
    await control().patchComponent({ refreshGraceMs: 60_000 });
    const { own, token, refreshToken } = await authorized();
    const unused = await control().authorize(APPID, { permissionSets: [18, 19], push: { none: true } });
    await control().unauthorize(APPID);
    expect(await pushed(2)).toMatchObject({ event: 'unauthorized', componentAppid, appid: APPID });
    expect(await pageOf(token)).toBe(40001);
    expect(codeOf(await refresh(own, refreshToken))).toBe(61003);
    expect(codeOf(await client().getAuthorizerInfo({ componentAppid, appid: APPID }, own))).toBe(61003);
    await control().authorize(APPID, { push: { none: true } });
    expect(await pageOf(token)).toBe(40001);
    expect(codeOf(await refresh(own, refreshToken))).toBe(61023);
    expect(codeOf(await exchange(own, unused.authorizationCode))).toBe(61009);
  });
});

describe('authorizer tokens', () => {
  it('An authorizer token and its refresh token stay valid for the grace period', async () => {
    await control().patchComponent({ refreshGraceMs: 60_000 });
    const { own, token, refreshToken } = await authorized();
    for (const _ of [1, 2]) expect(codeOf(await refresh(own, refreshToken))).toBe(0);
    expect(await pageOf(token)).toBe(86001);
  });

  it('With SIM_REFRESH_TOKENS=keep the refresh token stays the same until it is ended on request', async () => {
    await control().patchComponent({ refreshTokens: 'keep' });
    const { own, refreshToken } = await authorized();
    expect(await refresh(own, refreshToken)).toMatchObject({ kind: 'ok', value: { refreshToken } });
    await control().patch(APPID, { endRefreshToken: true });
    expect(codeOf(await refresh(own, refreshToken))).toBe(61023);
  });
});

describe('component mode', () => {
  it('In component mode /sim/token and its tokens are rejected', async () => {
    expect(await errcode('wxa/get_page')).toBe(40001);
    await expect(control().token(APPID)).rejects.toThrow('409');
  });

  it('In component mode a reset restores the initial state', async () => {
    const { own } = await authorized();
    await control().patchComponent({ refreshTokens: 'keep' });
    await control().reset();
    expect(codeOf(await preAuthCode(own))).toBe(40001);
    const initial = { appid: componentAppid, refreshTokens: 'rotate', authorizations: [] };
    expect(await control().component()).toMatchObject(initial);
    await expect(control().authorization(APPID)).rejects.toThrow('404');
    await expect(control().unauthorize(APPID)).rejects.toThrow('409');
  });
});

describe('/sim/apps/:appid/by-hand', () => {
  const byHand = (api: string, body = {}) => control().byHand(APPID, { api, body });

  it('In component mode the owner changes an unauthorized mini-program, which the ledger does not list', async () => {
    await control().addFault({ kind: 'busy', times: 0 });
    await control().setLimits({ perApi: 0 });
    await byHand('wxa/commit', { template_id: 0, ext_json: '{}', user_version: 'by hand' });
    await byHand('wxa/submit_audit', { item_list: [CLASSES] });
    await control().decide(APPID, { decision: 'approve' });
    expect((await byHand('wxa/release')).live?.version.userVersion).toBe('by hand');
    expect(await control().calls()).toEqual([]);
  });

  it.each([
    ['wxa/release', '409 {"faults":["wxa/release: 85019'],
    ...['wxa/get_page', 'wxa/deletetemplate', 'wxa/nothing'].map((api) => [api, '400 {"faults":["api: ']),
  ])(
    'A change by hand that WeChat would reject or that is none, %s, is rejected',
    async (api = '', text = '') => {
      await expect(byHand(api)).rejects.toThrow(text);
    },
  );
});

describe('endpoint mode', () => {
  const other = simUnderTest();

  it('In endpoint mode there are no component APIs and no platform', async () => {
    const secret = { componentAppid, componentAppsecret };
    expect(codeOf(await other.client().startPushTicket(secret))).toBe(40066);
    await expect(new SimControl(other.url()).component()).rejects.toThrow('409');
  });
});
