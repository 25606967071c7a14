import { expect, it } from '@jest/globals';
import { PrivacyGuide } from '@wxa/contracts';
import { partsOf } from './parts.js';

it('Only what the readiness of a mini-program depends on is read.', () => {
  expect(partsOf({ settings: {}, isLive: false, hasCode: false })).toEqual([
    ...['VERSIONS', 'ACCOUNT', 'CATEGORY', 'FILING'],
  ]);
  const settings = {
    webviewDomains: ['https://a.cn'],
    privacyGuide: PrivacyGuide.create(),
    interfaces: [{ apiName: 'wx.getLocation', application: undefined }],
  };
  expect(partsOf({ settings, isLive: true, hasCode: true })).toEqual([
    ...['VERSIONS', 'ACCOUNT', 'CATEGORY', 'INTERFACES', 'DOMAINS', 'GUIDE'],
  ]);
});
