import { expect, it } from '@jest/globals';
import { PrivacyGuide } from '@wxa/contracts';
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
const guided = (purposes: string[], given = {}) => ({
  settings: {
    privacyGuide: PrivacyGuide.fromPartial({
      owner: { phone: '1', noticeMethod: '弹窗', ...given },
      purposes: purposes.map((key) => ({ key, text: '用于' })),
    }),
  },
});
const GUIDED = guided(['UserInfo']);
const guide = (hasCode: boolean, detected: string[], explained: string[]) =>
  seen({ GUIDE: { at, value: { hasCode, detected, explained } } });
const application = { content: '导航', pictureUrls: [], videoUrl: '' };
const shows = (state: string, reason = '') =>
  seen({ INTERFACES: { at, value: { states: { 'wx.getLocation': { state, reason } } } } });
const needs = (state?: string, given?: typeof application, reason?: string) => ({
  settings: { interfaces: [{ apiName: 'wx.getLocation', application: given }] },
  ...(state !== undefined && shows(state, reason)),
});

const OK = { state: 'OK' };
const UNKNOWN = { state: 'UNKNOWN' };
const NOT_NEEDED = { state: 'NOT_NEEDED' };
const missing = (acts: string, detailZh = '') => ({
  ...{ state: 'MISSING', acts },
  detailZh: expect.stringContaining(detailZh),
});
const pending = (acts: string) => ({ state: 'PENDING', acts });

const authorized = (permissionSets: number[] | null, state = 'AUTHORIZED') =>
  ({ authorization: { state, permissionSets } }) as Partial<ReadinessFacts>;
const categories = (count: number) => seen({ CATEGORY: { at, value: { count } } });
const FAILED = seen({ FILING: { at, error: '48001 api unauthorized' } });
const mixed = (observed: Partial<ReadinessFacts>) => ({ settings: MIXED, platform: REGISTERED, ...observed });
const POINTERS = { settings: { requiredExtPointers: ['/ext/id'] } };

/** What an item is, by what is known. */
const ROWS: Partial<Record<ItemName, [string, Partial<ReadinessFacts>, object][]>> = {
  AUTHORIZATION: [
    ['OK with permission set 18', {}, OK],
    ['UNKNOWN while the permission sets are', authorized(null), UNKNOWN],
    ["the owner's without permission set 18", authorized([17]), missing('OWNER', '18 号权限集')],
    ["the owner's after a withdrawal", authorized(null, 'UNAUTHORIZED'), missing('OWNER', '重新扫码授权')],
  ],
  ACCOUNT: [
    ['UNKNOWN before it was read', {}, UNKNOWN],
    ['OK if it is normal', account(1), { ...OK, number: 1 }],
    ['OK if it is only warned', account(18), { ...OK, number: 18 }],
    ["the owner's if it is cancelled", account(14), { ...missing('OWNER', '已注销'), number: 14 }],
    ["the owner's if it is banned", account(16), missing('OWNER')],
    ["the owner's if it is frozen", account(19), missing('OWNER')],
  ],
  PROFILE: [
    ['OK if it is complete', account(1), OK],
    ["the owner's without a picture", account(1, ['picture']), missing('OWNER', '缺少：头像')],
  ],
  CATEGORY: [
    ['OK with a category', categories(1), OK],
    ["the owner's without a category", categories(0), missing('OWNER', '请添加服务类目并通过审核')],
  ],
  FILING: [
    ['UNKNOWN before it was read', {}, UNKNOWN],
    ['NOT_NEEDED with a live version', { ...filing('NOT_FILED', 1024), isLive: true }, NOT_NEEDED],
    ['OK once it is filed', filing('FILED', 6), { ...OK, number: 6 }],
    ["WeChat's in its review", filing('WECHAT_REVIEWS', 2), pending('WECHAT')],
    ["WeChat's in the authority's review", filing('AUTHORITY_REVIEWS', 4), pending('WECHAT')],
    [
      "the owner's after a refusal, with the fields",
      filing('WECHAT_REFUSED', 3, [], ['名称（错误）']),
      missing('OWNER', '名称（错误）'),
    ],
    [
      "the owner's after the authority's refusal",
      filing('AUTHORITY_REFUSED', 5),
      missing('OWNER', '管局驳回'),
    ],
    [
      "the owner's before it is filed, with what is needed first",
      filing('NOT_FILED', 1027, ['PROFILE', 'CATEGORY']),
      { ...missing('OWNER', '请先完善基本信息、服务类目'), number: 1027 },
    ],
    ['UNKNOWN in a state that WeChat does not document', filing('UNSPECIFIED', 9), UNKNOWN],
    [
      'UNKNOWN with the error of a read that failed',
      FAILED,
      { ...UNKNOWN, detail: expect.stringContaining('48001') },
    ],
  ],
  DOMAINS: [
    ['NOT_NEEDED without settings', {}, NOT_NEEDED],
    ["UNKNOWN before the platform's were read", { settings: DOMAINS }, UNKNOWN],
    [
      "the platform's if it has not registered one",
      { settings: DOMAINS, platform: { webview: ['b.cn'] } },
      missing('PLATFORM', '域名未登记到第三方平台：https://a.cn'),
    ],
    ["the service's before the release", { ...mixed(effective([])), settings: DOMAINS }, pending('SERVICE')],
    [
      'OK if those of web views are optional and none was set',
      { ...mixed(effective([])), settings: { ...DOMAINS, webviewOptional: true } },
      OK,
    ],
    [
      "the platform's if WeChat refused one when they were set",
      mixed(refusing([])),
      missing('PLATFORM', '域名被微信拒绝：https://h5.a.cn'),
    ],
    [
      "the service's once one that was refused is set",
      mixed(refusing(['webview https://h5.a.cn'])),
      pending('SERVICE'),
    ],
    [
      'OK once they are in effect, in any case, a subdomain too',
      mixed(effective(['webview https://h5.a.cn'])),
      OK,
    ],
  ],
  EXT_VALUES: [
    ['NOT_NEEDED without required pointers', {}, NOT_NEEDED],
    ['OK with a value for each', POINTERS, OK],
    [
      "the platform's without a value",
      { ...POINTERS, absentPointers: ['/ext/id'] },
      missing('PLATFORM', '该小程序缺少配置项：/ext/id'),
    ],
  ],
  PRIVACY_GUIDE: [
    ['NOT_NEEDED if nothing is detected or named', guide(true, [], []), NOT_NEEDED],
    [
      "the platform's without a contact",
      guided(['UserInfo'], { phone: '' }),
      missing('PLATFORM', '联系方式'),
    ],
    [
      "the platform's without a notice method",
      guided(['UserInfo'], { noticeMethod: '' }),
      missing('PLATFORM', '通知方式'),
    ],
    [
      "the platform's without a text for detected data",
      { ...GUIDED, ...guide(true, ['UserInfo', 'Location'], ['UserInfo']) },
      { ...missing('PLATFORM', '隐私保护指引缺少说明：Location'), isOfCode: true },
    ],
    ["the platform's without settings and texts", guide(true, ['UserInfo'], []), missing('PLATFORM')],
    ["the service's before the first commit", GUIDED, pending('SERVICE')],
    ["the service's while a text is not set", { ...GUIDED, ...guide(true, [], []) }, pending('SERVICE')],
    [
      "the service's until the first release",
      { ...GUIDED, ...guide(true, ['UserInfo'], ['UserInfo']) },
      pending('SERVICE'),
    ],
    [
      'OK if WeChat has all texts of a released one',
      { ...GUIDED, ...guide(true, ['UserInfo'], ['UserInfo']), isLive: true },
      OK,
    ],
    ['OK if set by hand', { ...guided([]), ...guide(true, ['A'], ['A']), isLive: true }, OK],
  ],
  PRIVACY_INTERFACES: [
    ['NOT_NEEDED without settings', shows('NOT_PERMITTED'), NOT_NEEDED],
    ['UNKNOWN before they were read', needs(), UNKNOWN],
    ['OK if it is open', needs('OPEN'), OK],
    ["WeChat's in its review", needs('IN_REVIEW'), pending('WECHAT')],
    ["the service's if it can be applied for", needs('AVAILABLE', application), pending('SERVICE')],
    ["the platform's without an application", needs('AVAILABLE'), missing('PLATFORM', '没有申请内容')],
    [
      "the platform's without permission, with the category as the likely reason",
      needs('NOT_PERMITTED', application),
      missing('PLATFORM', '服务类目'),
    ],
    [
      "the platform's after a refusal, with WeChat's reason",
      needs('REFUSED', application, '用途不明'),
      missing('PLATFORM', '用途不明'),
    ],
  ],
};

it.each(
  Object.entries(ROWS).flatMap(([name, rows]) => rows.map((row) => [name as ItemName, ...row] as const)),
)('%s is %s.', (name, _is, given, expected) => {
  const items = readiness({ ...FACTS, ...given }, {}, NOW);
  expect(items[name]).toMatchObject(expected);
  expect(items[name].acts === undefined).toBe(!['MISSING', 'PENDING'].includes(items[name].state));
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
  const applied = readiness({ ...FACTS, ...needs('AVAILABLE', application) }, {}, NOW);
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
  const reviewed = readiness({ ...FACTS, ...needs('IN_REVIEW') }, {}, NOW);
  expect(nextRead(reviewed, 3, 1)).toEqual({ inMs: HOUR / 2, tries: 3 });
  const failed = readiness({ ...FACTS, ...seen({ FILING: { at, error: 'timeout' } }) }, {}, NOW);
  expect(nextRead(failed, 0, 1).inMs).toBe(HOUR);
  const items: Items = readiness({ ...FACTS, ...filing('FILED', 6) }, {}, NOW);
  expect([0, 1].map((random) => nextRead(items, 2, random))).toEqual([
    { inMs: 6.3 * 24 * HOUR, tries: 0 },
    { inMs: 7 * 24 * HOUR, tries: 0 },
  ]);
});
