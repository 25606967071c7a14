import { describe, expect, it } from '@jest/globals';
import { APPID, codeOf, OTHER, okValue, simWithCallback } from './sim-under-test.js';

const { call, callback, client, commit, control, submit } = simWithCallback();

it('A mini-program is filed by default; one that is not has the bits of what it lacks, a refused one the fields', async () => {
  const filing = async () => okValue(await client().getFiling());
  expect(await filing()).toMatchObject({ status: 6, refused: [] });
  await control().setFiling(APPID, { status: 1024 });
  expect((await filing()).status).toBe(1024);
  await control().patch(APPID, { notInitialized: true, categories: [], setup: { isVerified: false } });
  expect((await filing()).status).toBe(1024 + 1 + 2 + 4);
  const refused = [{ key_name: '主体', error: '不清晰', suggest: '重新上传' }];
  await control().setFiling(APPID, { status: 3, isCanceling: true, refused });
  const read = [{ field: '主体', error: '不清晰', suggestion: '重新上传' }];
  expect(await filing()).toMatchObject({ status: 3, isCanceling: true, refused: read });
});

describe('private interfaces', () => {
  const complete = { apiName: 'wx.getLocation', content: '查找门店', urls: ['https://a.cn'] };
  const apply = async (more: object = {}) =>
    codeOf(await client().applyPrivacyInterface({ ...complete, ...more }));
  const read = async () => okValue(await client().listPrivacyInterfaces()).interfaces[0];

  it('An application is in review until it is decided, which sends an event with other numbers', async () => {
    await commit();
    await control().patch(APPID, { forbiddenPrivateApis: ['wx.getLocation'] });
    expect(await read()).toMatchObject({ apiName: 'wx.getLocation', state: 'AVAILABLE', auditId: 0n });
    expect([await apply(), await apply()]).toEqual([0, 61031]);
    const auditId = (await read())?.auditId;
    expect(await read()).toMatchObject({ state: 'IN_REVIEW', appliedAt: expect.any(Date) });
    await control().decideInterface(APPID, { apiName: 'wx.getLocation', decision: 'approve' });
    const [push] = await callback.pushes(1);
    expect(push?.body).toContain('<Event><![CDATA[wxa_privacy_apply]]></Event>');
    expect(push?.body).toMatch(/<result_info>\s*<api_name><!\[CDATA\[wx.getLocation\]\]>/);
    expect(push?.body).toContain('<status>3</status>');
    expect(push?.body).not.toContain(`<audit_id>${auditId}<`);
    expect(await read()).toMatchObject({ state: 'OPEN', auditId });
    expect(await client().getPrivacyCheck()).toMatchObject({ value: { withoutAuth: [] } });
    expect(await apply()).toBe(61035);
  });

  it('A refused application has a reason and can be repeated under another number', async () => {
    await apply();
    const { auditId } = (await read()) ?? {};
    const decision = { apiName: 'wx.getLocation', decision: 'refuse' as const, reason: '用途不明' };
    await control().decideInterface(APPID, { ...decision, push: { none: true } });
    expect(await read()).toMatchObject({ state: 'REFUSED', failReason: '用途不明' });
    await expect(control().decideInterface(APPID, decision)).rejects.toThrow('409');
    expect(await apply()).toBe(0);
    expect((await read())?.auditId).not.toBe(auditId);
  });

  it.each([
    [61034, { content: '' }],
    [61034, { content: 'x'.repeat(301) }],
    [61034, { urls: [] }],
    [61034, { pictureUrls: Array(11).fill('https://a.cn/p.png') }],
    [61032, { videoUrls: ['https://a.cn/v.avi'] }],
    [61035, { apiName: 'wx.getlocation' }],
  ])('apply_privacy_interface returns %i for %j', async (errcode, more) => {
    expect(await apply(more)).toBe(errcode);
  });

  it('An interface without permission cannot be applied for', async () => {
    const interfaces = [{ api_name: 'wx.getLocation', status: 2 }];
    await control().patch(APPID, { setup: { interfaces } });
    expect([(await read())?.state, await apply()]).toEqual(['NOT_PERMITTED', 61034]);
  });
});

describe('testers', () => {
  const add = (wechatId: string) => client().addTester({ wechatId });

  it('A tester is bound once and listed without a name', async () => {
    const { userString } = okValue(await add('wxid_tester'));
    expect([codeOf(await add('wxid_tester')), codeOf(await add('no'))]).toEqual([85004, 85001]);
    expect(await client().listTesters()).toEqual({ kind: 'ok', value: { userStrings: [userString] } });
    expect(codeOf(await client().removeTester({ userString }))).toBe(0);
    expect(codeOf(await client().removeTester({ wechatId: 'wxid_tester' }))).toBe(85001);
  });

  it('bind_tester returns 85002 beyond 100 testers', async () => {
    for (let index = 0; index < 100; index += 1) await add(`tester_${index}`);
    expect(codeOf(await add('tester_100'))).toBe(85002);
  });
});

it("get_material returns the screenshots of the mini-program's audits, and 40007 for expired and foreign ids", async () => {
  await commit();
  await submit();
  await control().decide(APPID, { decision: 'reject', screenshot: 'shot-1|shot-2', push: { none: true } });
  const read = (mediaId: string, appid = APPID) =>
    client().getAuditScreenshot({ mediaId }, { token: `sim-token:${appid}` });
  expect(await read('shot-2')).toMatchObject({ kind: 'ok', value: { contentType: 'image/jpeg' } });
  expect(codeOf(await read('shot-2', OTHER))).toBe(40007);
  await control().patch(APPID, { setup: { expiredMedia: ['shot-1'] } });
  expect([codeOf(await read('shot-1')), codeOf(await read('shot-2'))]).toEqual([40007, 0]);
});

it('WeChat can forbid submissions of new mini-programs (86009), or of released ones (86010)', async () => {
  await commit();
  await control().patchPlatform({ auditsForbidden: 'new' });
  expect((await submit()).errcode).toBe(86009);
  await control().patchPlatform({ auditsForbidden: 'further' });
  expect((await submit()).errcode).toBe(0);
  await control().decide(APPID, { decision: 'approve', push: { none: true } });
  await call('wxa/release', { body: {} });
  expect((await submit()).errcode).toBe(86010);
  await control().patchPlatform({ auditsForbidden: null });
  expect((await submit()).errcode).toBe(0);
});
