import { expect, it } from '@jest/globals';
import { GetPrivacyGuideRequest, ListPrivacyInterfacesRequest } from '@wxa/contracts';
import type { PrivacySetting } from '@wxa/wxa-client';
import { answers, CLAIMED_AT, ran, rejects } from '../fixtures/wechat.js';
import { getPrivacyGuide } from './get-privacy-guide.js';
import { listPrivacyInterfaces } from './list-privacy-interfaces.js';

const NOBODY: PrivacySetting['owner'] = {
  ...{ phone: '', email: '', qq: '', wechat: '', noticeMethod: '', extFileMediaId: '' },
  ...{ storeExpireTimestamp: '', storeRegion: 0 },
};
const setting = (more: Partial<PrivacySetting>): PrivacySetting => ({
  ...{ codeExists: true, detectedKeys: ['Phone'], purposes: [{ key: 'Phone', text: '' }], sdks: [] },
  ...{ owner: NOBODY, descriptions: [], updatedAt: undefined, ...more },
});
const read = async (more: Partial<PrivacySetting>) => {
  const client = { getPrivacyGuide: answers(setting(more)) };
  const { result } = await ran(getPrivacyGuide, GetPrivacyGuideRequest.fromPartial({}), client);
  return result.kind === 'ok' ? result.value : undefined;
};

it('A guide that was never set is absent, although WeChat lists what it detected.', async () => {
  expect(await read({})).toMatchObject({ codeExists: true, detectedKeys: ['Phone'], guide: undefined });
});

it('A guide has its days of storage from its last change, its region, and no purpose without a text.', async () => {
  const end = String(CLAIMED_AT.getTime() / 1000 + 90 * 86_400);
  const stored = { storeExpireTimestamp: end, storeRegion: 7 };
  const owner = { ...NOBODY, email: 'a@b.cn', noticeMethod: '弹窗', ...stored };
  expect((await read({ owner, updatedAt: CLAIMED_AT }))?.guide).toMatchObject({
    ...{ purposes: [], extraText: '' },
    owner: { email: 'a@b.cn', noticeMethod: '弹窗', storageDays: 90, storageRegion: '7' },
  });
  const { owner: shown } = (await read({ owner: { ...owner, storeExpireTimestamp: '0' } }))?.guide ?? {};
  expect(shown?.storageDays).toBe(0);
});

it.each([
  [getPrivacyGuide, GetPrivacyGuideRequest.fromPartial({})],
  [listPrivacyInterfaces, ListPrivacyInterfacesRequest.fromPartial({})],
] as const)('A refused read of privacy is the result.', async (room, request) => {
  const client = { getPrivacyGuide: rejects(48001), listPrivacyInterfaces: rejects(48001) };
  const { result } = await ran(room as typeof getPrivacyGuide, request, client);
  expect(result).toMatchObject({ kind: 'error', error: { errcode: 48001 } });
});
