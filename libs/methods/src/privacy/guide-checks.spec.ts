import { expect, it } from '@jest/globals';
import { PrivacyGuide, PrivacyOwner, type RequestOf, SetPrivacyGuideRequest } from '@wxa/contracts';
import { invalidFields } from '../fixtures/wechat.js';
import { setPrivacyGuide } from './set-privacy-guide.js';

const guide = PrivacyGuide.fromPartial({
  owner: { email: 'a@b.cn', noticeMethod: '弹窗', storageDays: 30, storageRegion: '7' },
  purposes: [{ key: 'UserInfo', text: '展示头像' }],
  sdks: [{ name: '地图', provider: '某公司', purposes: [{ key: 'Location', text: '定位' }] }],
  extraText: '补充说明\n第二行',
});
const liveOwner = PrivacyOwner.fromPartial({ phone: '123', noticeMethod: '公告' });

const fieldsOf = (value: RequestOf<'SetPrivacyGuide'>['value']) =>
  invalidFields(setPrivacyGuide, { ...SetPrivacyGuideRequest.fromPartial({}), value });
const fields = (given: Partial<PrivacyGuide>) => fieldsOf({ $case: 'guide', value: { ...guide, ...given } });

it('One of its values is required.', () => {
  expect(fieldsOf(undefined)).toEqual(['value']);
  expect(fieldsOf({ $case: 'fromSettings', value: false })).toEqual(['from_settings']);
  expect([fields({}), fieldsOf({ $case: 'liveOwner', value: liveOwner })]).toEqual([[], []]);
});

it('A guide has an owner with a contact and a notice method, and at least one purpose.', () => {
  expect(fields({ owner: undefined })).toEqual(['guide.owner']);
  const nobody = PrivacyOwner.fromPartial({});
  expect(fields({ owner: nobody })).toEqual(['guide.owner', 'guide.owner.notice_method']);
  expect(fields({ purposes: [] })).toEqual(['guide.purposes']);
  const value = { ...liveOwner, storageDays: -1, storageRegion: 'CN' };
  const wrong = ['live_owner.storage_days', 'live_owner.storage_region'];
  expect(fieldsOf({ $case: 'liveOwner', value })).toEqual(wrong);
});

it('Keys are distinct and have a text, SDKs have a name, and the text has at most 100 KB.', () => {
  const [purpose] = guide.purposes;
  expect(fields({ purposes: purpose ? [purpose, purpose] : [] })).toEqual(['guide.purposes']);
  expect(fields({ purposes: [{ key: 'UserInfo', text: '' }] })).toEqual(['guide.purposes[0].text']);
  const nameless = { name: '', provider: 'p', purposes: [] };
  expect(fields({ sdks: [nameless] })).toEqual(['guide.sdks[0].name', 'guide.sdks[0].purposes']);
  expect(fields({ extraText: '字'.repeat(34_133) })).toEqual([]);
  expect(fields({ extraText: '字'.repeat(34_134) })).toEqual(['guide.extra_text']);
});
