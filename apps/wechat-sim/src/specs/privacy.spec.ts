import { beforeEach, describe, expect, it } from '@jest/globals';
import type { PrivacyOwner } from '@wxa/wxa-client';
import { APPID, codeOf, okValue, simWithCallback, untilSo } from './sim-under-test.js';

const { call, callback, client, commit, control, submit } = simWithCallback();

const OWNER = { phone: '400-632-6323', noticeMethod: '弹窗' };
const LOCATION = { key: 'Location', text: '查找附近的门店' };
const setGuide = async (purposes = [LOCATION], owner: Partial<PrivacyOwner> = OWNER) =>
  codeOf(await client().setPrivacyGuide({ purposes, owner, sdks: [] }));
const guideOf = async (live = false) => okValue(await client().getPrivacyGuide({ live }));
const statusOf = async () => (await call('wxa/get_latest_auditstatus')).status;

async function release(): Promise<void> {
  await submit();
  await control().decide(APPID, { decision: 'approve', push: { none: true } });
  await call('wxa/release', { body: {} });
}

describe('the guide', () => {
  it('A guide that is set before the first commit is answered with 0 and not stored', async () => {
    expect(await setGuide()).toBe(0);
    expect(await guideOf()).toMatchObject({ codeExists: false, purposes: [], updatedAt: undefined });
    await commit();
    expect(await guideOf()).toMatchObject({ codeExists: true, purposes: [] });
    expect(await setGuide()).toBe(0);
    const stored = { purposes: [LOCATION], owner: OWNER, updatedAt: expect.any(Date) };
    expect(await guideOf()).toMatchObject(stored);
    const sets = await control().calls({ api: 'cgi-bin/component/setprivacysetting' });
    expect(sets.map(({ effect }) => effect)).toEqual([null, 'setprivacysetting Location']);
  });

  it('With ignoresGuide a guide is answered with 0 and not stored, also after a commit', async () => {
    await commit();
    await control().patch(APPID, { setup: { ignoresGuide: true } });
    expect([await setGuide(), (await guideOf()).purposes]).toEqual([0, []]);
  });

  it('privacy_list has the data that the template uses once the code is checked, also without a text', async () => {
    await control().patchPlatform({ templatePrivacy: { 0: ['UserInfo', 'Location'] } });
    await control().patch(APPID, { privacyCheckMs: 60_000 });
    await commit();
    expect((await guideOf()).detectedKeys).toEqual([]);
    await control().patch(APPID, { privacyCheckMs: 0 });
    await setGuide();
    const purposes = [LOCATION, { key: 'UserInfo', text: '' }];
    expect(await guideOf()).toMatchObject({ detectedKeys: ['UserInfo', 'Location'], purposes });
  });

  it('A guide goes live with the release; only then the live owner can be changed, at once', async () => {
    await commit();
    const { mediaId: extFileMediaId } = okValue(await client().uploadPrivacyText({ text: '补充' }));
    await setGuide([LOCATION], { ...OWNER, extFileMediaId });
    const setLive = async (owner: object) => codeOf(await client().setLivePrivacyOwner({ owner }));
    expect(await setLive(OWNER)).toBe(86074);
    expect((await guideOf(true)).purposes).toEqual([]);
    await release();
    expect(await guideOf(true)).toMatchObject({ purposes: [LOCATION], owner: OWNER });
    expect(await setLive({ ...OWNER, phone: '10086' })).toBe(0);
    expect((await guideOf(true)).owner).toMatchObject({ phone: '10086', extFileMediaId });
    expect((await guideOf()).owner.phone).toBe(OWNER.phone);
    const live = { privacy_ver: 1, owner_setting: { contact_qq: '1', notice_method: 'x' } };
    const path = 'cgi-bin/component/setprivacysetting';
    expect((await call(path, { body: { ...live, setting_list: [] } })).errcode).toBe(40097);
    const owner_setting = { ...live.owner_setting, ext_file_media_id: 'x' };
    expect((await call(path, { body: { ...live, owner_setting } })).errcode).toBe(86073);
  });

  it.each<[number, Partial<PrivacyOwner>]>([
    [86069, { phone: '' }],
    [86070, { noticeMethod: '' }],
    [86072, { storeExpireTimestamp: '720天' }],
    [86072, { storeExpireTimestamp: '1000000000' }],
    [86073, { extFileMediaId: 'text-99' }],
  ])('setprivacysetting returns %i for an owner with %j', async (errcode, owner) => {
    await commit();
    expect(await setGuide([], { ...OWNER, ...owner })).toBe(errcode);
  });

  it('uploadprivacyextfile returns 40126 for more than 100 KB, 41005 for nothing', async () => {
    const upload = async (text: string) => codeOf(await client().uploadPrivacyText({ text }));
    expect(await upload('x'.repeat(100 * 1024))).toBe(0);
    expect([await upload('字'.repeat(40_000)), await upload('')]).toEqual([40126, 41005]);
    const body = { privacy_ver: 3 };
    expect((await call('cgi-bin/component/getprivacysetting', { body })).errcode).toBe(86071);
  });
});

describe('audits', () => {
  beforeEach(async () => {
    const auditRules = [{ decision: 'approve' as const }];
    await control().patchPlatform({ templatePrivacy: { 0: ['UserInfo', 'Location'] }, auditRules });
    await commit();
  });

  it('A rule rejects a version whose guide does not cover its data, and approves it with the guide', async () => {
    await setGuide();
    await submit();
    await untilSo(async () => (await statusOf()) !== 2);
    const reason = expect.stringContaining('涉及收集"UserInfo"相关接口');
    expect(await call('wxa/get_latest_auditstatus')).toMatchObject({ status: 1, reason });
    await setGuide([LOCATION, { key: 'UserInfo', text: '展示头像' }]);
    await submit();
    await untilSo(async () => (await statusOf()) !== 2);
    expect(await statusOf()).toBe(0);
  });

  it('With failsGuideReview a submission sends a weapp_audit_fail about the guide and stays open', async () => {
    await control().patchPlatform({ auditRules: [] });
    await control().patch(APPID, { setup: { failsGuideReview: true } });
    await submit();
    const [push] = await callback.pushes(1);
    expect(push?.body).toContain('<Event><![CDATA[weapp_audit_fail]]></Event>');
    expect(push?.body).toContain('用户隐私保护指引');
    expect(await statusOf()).toBe(2);
  });
});
