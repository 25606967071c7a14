import { expect, it } from '@jest/globals';
import type { LiveSettings, Reads, SeenAnswer } from '@wxa/fleet';
import type { ClaimedOperation, SettlementWithAudits } from '@wxa/operations';
import { ObservedVersions } from './observed-versions.js';

const APPID = 'wx0123456789abcdef';

/** What is stored of an operation that succeeded with this result. */
async function storedOf(method: string, result: object, request: object = {}): Promise<Reads['reads']> {
  const { reads } = await observedOf(method, result, request);
  expect(reads.map(({ isObserved }) => isObserved)).toEqual(reads.map(() => true));
  return reads.flatMap((each) => each.reads);
}

async function observedOf(method: string, result: object, request: object = {}, shown = '') {
  const [stored, live]: [Reads[], Partial<LiveSettings>[]] = [[], []];
  const fleet = {
    keepReads: async (reads: Reads) => stored.push(reads) > 0,
    keepLiveSettings: async ({ at: _, ...settings }: LiveSettings) => void live.push(settings),
    showsAnother: async () => true,
    showsRefused: async () => true,
    isShown: async (_appid: string, { part }: SeenAnswer) => part === shown,
  };
  const observed = new ObservedVersions(fleet, (error) => {
    throw error;
  });
  const settlement = { state: 'SUCCEEDED', result: JSON.stringify(result) } as SettlementWithAudits;
  observed.onSettled(settlement, { appid: APPID, method, request, startedAt: null } as ClaimedOperation);
  await new Promise(setImmediate);
  return { reads: stored, live };
}

const PURPOSES = [{ key: 'UserInfo', text: '展示头像' }];

it.each([
  ['ListCategories', 'CATEGORY', { categories: [{ firstClass: '餐饮' }] }],
  [
    'GetPrivacyGuide',
    'GUIDE',
    { codeExists: true, detectedKeys: ['UserInfo'], guide: { purposes: PURPOSES } },
  ],
  ['GetDomains', 'DOMAINS', {}],
])('What %s returns is stored as the part %s', async (method, part, result) => {
  expect(await storedOf(method, result)).toMatchObject([{ part, answer: result }]);
});

it('A guide that was set is stored with the data that it does not cover, and the data of the live owner is not', async () => {
  const result = { changed: true, uncoveredKeys: ['Location'] };
  const guide = { purposes: PURPOSES };
  const answer = { codeExists: true, detectedKeys: ['Location'], guide };
  expect(await storedOf('SetPrivacyGuide', result, { guide })).toMatchObject([{ part: 'GUIDE', answer }]);
  expect(await storedOf('SetPrivacyGuide', result, { liveOwner: { phone: '400' } })).toEqual([]);
});

it.each([
  ['RUNNING', 10],
  ['PAUSED', 10],
  ['COMPLETED', 0],
  ['DELETED', 0],
])('Of a gray release that is %s, %d percent are stored', async (state, grayPercent) => {
  const plan = { status: `GRAY_RELEASE_STATUS_${state}`, percentage: 10 };
  expect((await observedOf('GetGrayReleasePlan', { plan })).live).toEqual([{ appid: APPID, grayPercent }]);
});

it('What the last read has shown is not stored again, apart from the versions', async () => {
  const storedIf = async (method: string, shown: string) =>
    (await observedOf(method, { categories: [] }, {}, shown)).reads.length;
  expect([await storedIf('ListCategories', 'CATEGORY'), await storedIf('ListCategories', '')]).toEqual([
    0, 1,
  ]);
  expect(await storedIf('GetVersionInfo', 'VERSIONS')).toBe(1);
});
