import { expect, it } from '@jest/globals';
import { cleaned, isObject, layerPath, type Settings, scopeOf } from './scope.js';

it('The address of a layer names its scope.', () => {
  for (const scope of [{ platform: true }, { label: '餐饮 & 活跃' }, { appid: 'wx0000000000000001' }])
    expect(scopeOf(new URL(layerPath(scope), 'http://console').searchParams)).toEqual(scope);
});

const EMPTY_OWNER = { phone: '', email: undefined, storageDays: 0 };

it('What a form leaves empty is not sent: an empty guide would be one, and so would an empty application.', () => {
  const given = {
    webviewDomains: ['https://a.cn'],
    privacyGuide: { owner: EMPTY_OWNER, purposes: [{ key: '', text: 'x' }], sdks: [], extraText: '' },
    interfaces: [
      { apiName: 'wx.getLocation', application: { content: '', pictureUrls: [], videoUrl: '' } },
      {},
    ],
    extJson: ' ',
  } as unknown as Settings;
  expect(cleaned(given)).toEqual({
    webviewDomains: ['https://a.cn'],
    interfaces: [{ apiName: 'wx.getLocation' }],
    extJson: '',
  });
});

it('A purpose with an empty text is sent, because it removes the key of an earlier layer.', () => {
  const purposes = [{ key: 'UserInfo', text: '' }];
  const given = { privacyGuide: { purposes, sdks: [{ name: 'sdk' }] } } as unknown as Settings;
  expect(cleaned(given).privacyGuide).toEqual({ purposes, sdks: [{ name: 'sdk', purposes: [] }] });
});

it('Only JSON of an object is merged into ext.json.', () => {
  expect(['{"ext":{}}', '[1]', 'null', '{'].map(isObject)).toEqual([true, false, false, false]);
});
