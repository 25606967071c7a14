import { describe, expect, it } from '@jest/globals';
import { nextRead } from './due.js';
import type { ItemName, ReadinessFacts } from './item.js';
import type { Observed } from './observation.js';
import { changedItems, type Items, isReady, readiness, waitsOf } from './readiness.js';

const NOW = '2026-12-01T00:00:00.000Z';
const at = NOW;
const FACTS: ReadinessFacts = {
  authorization: { state: 'AUTHORIZED', permissionSets: [18] },
  observed: {},
  settings: {},
  absentPointers: [],
  platform: {},
  isLive: false,
};
const seen = (observed: Observed): Partial<ReadinessFacts> => ({ observed });
const account = (status: number, missing: string[] = []) =>
  seen({ ACCOUNT: { at, value: { status, missing } } });
const filing = (state: string, number: number, missing: string[] = [], refused: string[] = []) =>
  seen({ FILING: { at, value: { state, number, missing, refused } } });
const DOMAINS = { webviewDomains: ['https://a.cn'] };
const MIXED = { webviewDomains: ['https://H5.A.cn'] };
const REGISTERED = { webview: ['a.cn'] };
const effective = (domains: string[]) => seen({ DOMAINS: { at, value: { set: [], effective: domains } } });
const refusing = (set: string[]) =>
  seen({
    DOMAINS: { at, value: { set, effective: [] } },
    REFUSED: { at, value: { domains: ['https://h5.a.cn'] } },
  });
const owner = {
  phone: '1',
  email: '',
  qq: '',
  wechat: '',
  noticeMethod: '弹窗',
  storageDays: 0,
  storageRegion: '',
};
const guided = (purposes: string[], given = {}) => ({
  privacyGuide: {
    owner: { ...owner, ...given },
    purposes: purposes.map((key) => ({ key, text: '用于' })),
    ...{ sdks: [], extraText: '' },
  },
});
const guide = (hasCode: boolean, detected: string[], explained: string[]) =>
  seen({ GUIDE: { at, value: { hasCode, detected, explained } } });
const application = { content: '导航', pictureUrls: [], videoUrl: '' };
const needs = (given?: typeof application) => ({
  interfaces: [{ apiName: 'wx.getLocation', application: given }],
});
const shows = (state: string, reason = '') =>
  seen({ INTERFACES: { at, value: { states: { 'wx.getLocation': { state, reason } } } } });

const OK = { state: 'OK' };
const UNKNOWN = { state: 'UNKNOWN' };
const NOT_NEEDED = { state: 'NOT_NEEDED' };
const missing = (acts: string, detailZh = '') => ({
  ...{ state: 'MISSING', acts },
  detailZh: expect.stringContaining(detailZh),
});
const pending = (acts: string) => ({ state: 'PENDING', acts });

const withoutSets = { authorization: { state: 'AUTHORIZED', permissionSets: null } } as const;

describe('readiness', () => {
  it.each<[ItemName, string, Partial<ReadinessFacts>, object]>([
    ['AUTHORIZATION', 'OK with permission set 18', {}, OK],
    ['AUTHORIZATION', 'UNKNOWN while the permission sets are', withoutSets, UNKNOWN],
    [
      'AUTHORIZATION',
      "the owner's without permission set 18",
      { authorization: { state: 'AUTHORIZED', permissionSets: [17] } },
      missing('OWNER', '18 号权限集'),
    ],
    [
      'AUTHORIZATION',
      "the owner's after a withdrawal",
      { authorization: { state: 'UNAUTHORIZED', permissionSets: null } },
      missing('OWNER', '重新扫码授权'),
    ],
    ['ACCOUNT', 'UNKNOWN before it was read', {}, UNKNOWN],
    ['ACCOUNT', 'OK if it is normal', account(1), { ...OK, number: 1 }],
    ['ACCOUNT', 'OK if it is only warned', account(18), { ...OK, number: 18 }],
    ['ACCOUNT', "the owner's if it is cancelled", account(14), { ...missing('OWNER', '已注销'), number: 14 }],
    ['ACCOUNT', "the owner's if it is banned", account(16), missing('OWNER')],
    ['ACCOUNT', "the owner's if it is frozen", account(19), missing('OWNER')],
    ['PROFILE', 'OK if it is complete', account(1), OK],
    ['PROFILE', "the owner's without a picture", account(1, ['picture']), missing('OWNER', '缺少：头像')],
    ['CATEGORY', 'OK with a category', seen({ CATEGORY: { at, value: { count: 1 } } }), OK],
    [
      'CATEGORY',
      "the owner's without a category",
      seen({ CATEGORY: { at, value: { count: 0 } } }),
      missing('OWNER', '请添加服务类目并通过审核'),
    ],
    ['FILING', 'UNKNOWN before it was read', {}, UNKNOWN],
    ['FILING', 'NOT_NEEDED with a live version', { ...filing('NOT_FILED', 1024), isLive: true }, NOT_NEEDED],
    ['FILING', 'OK once it is filed', filing('FILED', 6), { ...OK, number: 6 }],
    ['FILING', "WeChat's in its review", filing('WECHAT_REVIEWS', 2), pending('WECHAT')],
    ['FILING', "WeChat's in the authority's review", filing('AUTHORITY_REVIEWS', 4), pending('WECHAT')],
    [
      'FILING',
      "the owner's after a refusal, with the fields",
      filing('WECHAT_REFUSED', 3, [], ['名称（错误）']),
      missing('OWNER', '名称（错误）'),
    ],
    [
      'FILING',
      "the owner's after the authority's refusal",
      filing('AUTHORITY_REFUSED', 5),
      missing('OWNER', '管局驳回'),
    ],
    [
      'FILING',
      "the owner's before it is filed, with what is needed first",
      filing('NOT_FILED', 1027, ['PROFILE', 'CATEGORY']),
      { ...missing('OWNER', '请先完善基本信息、服务类目'), number: 1027 },
    ],
    ['FILING', 'UNKNOWN in a state that WeChat does not document', filing('UNSPECIFIED', 9), UNKNOWN],
    [
      'FILING',
      'UNKNOWN with the error of a read that failed',
      seen({ FILING: { at, error: '48001 api unauthorized' } }),
      { ...UNKNOWN, detail: expect.stringContaining('48001') },
    ],
    ['DOMAINS', 'NOT_NEEDED without settings', {}, NOT_NEEDED],
    ['DOMAINS', "UNKNOWN before the platform's were read", { settings: DOMAINS }, UNKNOWN],
    [
      'DOMAINS',
      "the platform's if it has not registered one",
      { settings: DOMAINS, platform: { webview: ['b.cn'] } },
      missing('PLATFORM', '域名未登记到第三方平台：https://a.cn'),
    ],
    [
      'DOMAINS',
      "the service's before the release",
      { settings: DOMAINS, platform: REGISTERED, ...effective([]) },
      pending('SERVICE'),
    ],
    [
      'DOMAINS',
      "the platform's if WeChat refused one when they were set",
      { settings: MIXED, platform: REGISTERED, ...refusing([]) },
      missing('PLATFORM', '域名被微信拒绝：https://h5.a.cn'),
    ],
    [
      'DOMAINS',
      "the service's once one that was refused is set",
      { settings: MIXED, platform: REGISTERED, ...refusing(['webview https://h5.a.cn']) },
      pending('SERVICE'),
    ],
    [
      'DOMAINS',
      'OK once they are in effect, in any case, a subdomain too',
      { settings: MIXED, platform: REGISTERED, ...effective(['webview https://h5.a.cn']) },
      OK,
    ],
    ['EXT_VALUES', 'NOT_NEEDED without required pointers', {}, NOT_NEEDED],
    ['EXT_VALUES', 'OK with a value for each', { settings: { requiredExtPointers: ['/ext/id'] } }, OK],
    [
      'EXT_VALUES',
      "the platform's without a value",
      { settings: { requiredExtPointers: ['/ext/id'] }, absentPointers: ['/ext/id'] },
      missing('PLATFORM', '该小程序缺少配置项：/ext/id'),
    ],
    ['PRIVACY_GUIDE', 'NOT_NEEDED if nothing is detected or named', guide(true, [], []), NOT_NEEDED],
    [
      'PRIVACY_GUIDE',
      "the platform's without a contact",
      { settings: guided(['UserInfo'], { phone: '' }) },
      missing('PLATFORM', '联系方式'),
    ],
    [
      'PRIVACY_GUIDE',
      "the platform's without a notice method",
      { settings: guided(['UserInfo'], { noticeMethod: '' }) },
      missing('PLATFORM', '通知方式'),
    ],
    [
      'PRIVACY_GUIDE',
      "the platform's without a text for detected data",
      { settings: guided(['UserInfo']), ...guide(true, ['UserInfo', 'Location'], ['UserInfo']) },
      missing('PLATFORM', '隐私保护指引缺少说明：Location'),
    ],
    [
      'PRIVACY_GUIDE',
      "the platform's without settings and texts",
      guide(true, ['UserInfo'], []),
      missing('PLATFORM'),
    ],
    [
      'PRIVACY_GUIDE',
      "the service's before the first commit",
      { settings: guided(['UserInfo']) },
      pending('SERVICE'),
    ],
    [
      'PRIVACY_GUIDE',
      "the service's while a text is not set",
      { settings: guided(['UserInfo']), ...guide(true, [], []) },
      pending('SERVICE'),
    ],
    [
      'PRIVACY_GUIDE',
      'OK if WeChat has all texts',
      { settings: guided(['UserInfo']), ...guide(true, ['UserInfo'], ['UserInfo']) },
      OK,
    ],
    ['PRIVACY_INTERFACES', 'NOT_NEEDED without settings', shows('NOT_PERMITTED'), NOT_NEEDED],
    ['PRIVACY_INTERFACES', 'UNKNOWN before they were read', { settings: needs() }, UNKNOWN],
    ['PRIVACY_INTERFACES', 'OK if it is open', { settings: needs(), ...shows('OPEN') }, OK],
    [
      'PRIVACY_INTERFACES',
      "WeChat's in its review",
      { settings: needs(), ...shows('IN_REVIEW') },
      pending('WECHAT'),
    ],
    [
      'PRIVACY_INTERFACES',
      "the service's if it can be applied for",
      { settings: needs(application), ...shows('AVAILABLE') },
      pending('SERVICE'),
    ],
    [
      'PRIVACY_INTERFACES',
      "the platform's without an application",
      { settings: needs(), ...shows('AVAILABLE') },
      missing('PLATFORM', '没有申请内容'),
    ],
    [
      'PRIVACY_INTERFACES',
      "the platform's without permission, with the category as the likely reason",
      { settings: needs(application), ...shows('NOT_PERMITTED') },
      missing('PLATFORM', '服务类目'),
    ],
    [
      'PRIVACY_INTERFACES',
      "the platform's after a refusal, with WeChat's reason",
      { settings: needs(application), ...shows('REFUSED', '用途不明') },
      missing('PLATFORM', '用途不明'),
    ],
  ])('%s is %s.', (name, _, given, expected) => {
    const items = readiness({ ...FACTS, ...given }, {}, NOW);
    expect(items[name]).toMatchObject(expected);
    expect(items[name].acts === undefined).toBe(!['MISSING', 'PENDING'].includes(items[name].state));
  });
});

const LATER = '2026-12-02T00:00:00.000Z';
const UNFILED = readiness({ ...FACTS, ...filing('NOT_FILED', 1024) }, {}, NOW);

it('An item keeps the time since which it is in its state, and another verdict changes it.', () => {
  const same = readiness({ ...FACTS, ...filing('NOT_FILED', 1028, ['VERIFICATION']) }, UNFILED, LATER);
  const filed = readiness({ ...FACTS, ...filing('FILED', 6) }, UNFILED, LATER);
  expect([same.FILING.since, filed.FILING.since]).toEqual([NOW, LATER]);
  expect([changedItems(UNFILED, same), changedItems(UNFILED, filed)]).toEqual([[], ['FILING']]);
});

it('A read that fails is no change, and the verdict after it is compared with the last known one.', () => {
  const timeout = seen({ FILING: { at: LATER, error: 'timeout' } });
  const failed = readiness({ ...FACTS, ...timeout }, UNFILED, LATER);
  const again = readiness({ ...FACTS, ...filing('NOT_FILED', 1024) }, failed, LATER);
  const filed = readiness({ ...FACTS, ...filing('FILED', 6) }, failed, LATER);
  expect([UNFILED, failed, again, filed].map((items) => items.FILING.state)).toEqual([
    ...['MISSING', 'UNKNOWN', 'MISSING', 'OK'],
  ]);
  expect([changedItems(UNFILED, failed), changedItems(failed, again)]).toEqual([[], []]);
  expect(changedItems(failed, filed)).toEqual(['FILING']);
});

it('A mini-program is ready if nothing waits but for the service, and an unknown item prevents nothing.', () => {
  const applied = readiness({ ...FACTS, settings: needs(application), ...shows('AVAILABLE') }, {}, NOW);
  expect([isReady(applied), isReady(UNFILED)]).toEqual([true, false]);
  expect(waitsOf(UNFILED)).toEqual(['FILING', 'OWNER', 'FILING:OWNER']);
});

it('A read in vain is repeated after an hour, doubling to a day, an interface in review after 30 minutes, all else weekly.', () => {
  const HOUR = 3_600_000;
  const waits = [0, 1, 4, 5].map((tries) => nextRead(UNFILED, tries, 1));
  expect(waits).toEqual([
    ...[
      { inMs: HOUR, tries: 1 },
      { inMs: 2 * HOUR, tries: 2 },
      { inMs: 16 * HOUR, tries: 5 },
    ],
    { inMs: 24 * HOUR, tries: 5 },
  ]);
  const reviewed = readiness({ ...FACTS, settings: needs(), ...shows('IN_REVIEW') }, {}, NOW);
  expect(nextRead(reviewed, 3, 1)).toEqual({ inMs: HOUR / 2, tries: 3 });
  const failed = readiness({ ...FACTS, ...seen({ FILING: { at, error: 'timeout' } }) }, {}, NOW);
  expect(nextRead(failed, 0, 1).inMs).toBe(HOUR);
  const items: Items = readiness({ ...FACTS, ...filing('FILED', 6) }, {}, NOW);
  expect([0, 1].map((random) => nextRead(items, 2, random))).toEqual([
    { inMs: 6.3 * 24 * HOUR, tries: 0 },
    { inMs: 7 * 24 * HOUR, tries: 0 },
  ]);
});
