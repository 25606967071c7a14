import { describe, expect, it } from '@jest/globals';
import { type DeepPartial, MiniProgramSettings, SettingsScope } from '@wxa/contracts';
import { violationsBy } from '@wxa/methods';
import { orderRule, scopeRule, settingsRules } from './rules.js';

const violations = (settings: DeepPartial<MiniProgramSettings>) =>
  violationsBy(settingsRules, { settings: MiniProgramSettings.fromPartial(settings) });
const found = (settings: DeepPartial<MiniProgramSettings>) =>
  violations(settings).map(({ field, reason }) => `${field} ${reason}`);
const scope = (given: SettingsScope['scope']): SettingsScope => ({ scope: given });

describe('The rules of settings', () => {
  it('Settings that name each part are valid, and need not be complete', () => {
    expect(
      found({
        serverDomains: {
          request: ['https://a.example.com', 'https://b.example.com:8443'],
          websocket: ['wss://a.example.com'],
          udp: ['udp://1.2.3.4:1'],
        },
        webviewDomains: ['https://w.example.com'],
        privacyGuide: { owner: { phone: '400' }, purposes: [{ key: 'UserInfo', text: '' }] },
        extJson: '{"ext":{"a":1}}',
        requiredExtPointers: ['/ext/shop~1id'],
        interfaces: [
          { apiName: 'wx.getLocation', application: { content: '门店', videoUrl: 'https://a.cn/v' } },
        ],
      }),
    ).toEqual([]);
    expect(found({})).toEqual([]);
    expect(violationsBy(settingsRules, { settings: undefined })).toMatchObject([
      { field: 'settings', reason: 'REQUIRED' },
    ]);
  });

  it.each<[string, DeepPartial<MiniProgramSettings>]>([
    [
      'settings.server_domains.request[0] NOT_A_DOMAIN',
      { serverDomains: { request: ['http://a.example.com'] } },
    ],
    [
      'settings.server_domains.request[1] NOT_A_DOMAIN',
      { serverDomains: { request: ['https://a.cn', 'https://a.cn/x'] } },
    ],
    ['settings.server_domains.websocket[0] NOT_A_DOMAIN', { serverDomains: { websocket: ['https://a.cn'] } }],
    [
      'settings.server_domains.request[0] NOT_A_DOMAIN',
      { serverDomains: { request: ['https://a.cn:65536'] } },
    ],
    ['settings.webview_domains[0] NOT_A_DOMAIN', { webviewDomains: ['https://256.1.1.1'] }],
    [
      'settings.server_domains.upload[0] DOMAIN_NOT_ALLOWED',
      { serverDomains: { upload: ['https://10.0.0.1'] } },
    ],
    [
      'settings.server_domains.download[0] DOMAIN_NOT_ALLOWED',
      { serverDomains: { download: ['https://api.weixin.qq.com'] } },
    ],
    ['settings.webview_domains[0] NOT_A_DOMAIN', { webviewDomains: ['https://a.cn:8443'] }],
    ['settings.webview_domains LIST_LENGTH', { webviewDomains: Array(301).fill('https://a.cn') }],
    ['settings.server_domains.tcp LIST_LENGTH', { serverDomains: { tcp: Array(201).fill('tcp://a.cn') } }],
    ['settings.privacy_guide.purposes[0].key TEXT_REQUIRED', { privacyGuide: { purposes: [{ text: 'a' }] } }],
    [
      'settings.privacy_guide.owner.storage_days NUMBER_OUT_OF_RANGE',
      { privacyGuide: { owner: { storageDays: -1 } } },
    ],
    [
      'settings.privacy_guide.extra_text TOO_MANY_BYTES',
      { privacyGuide: { extraText: '字'.repeat(35_000) } },
    ],
    ['settings.ext_json JSON_NOT_AN_OBJECT', { extJson: '[]' }],
    ['settings.ext_json TOO_MANY_BYTES', { extJson: `{"a":"${'x'.repeat(65_536)}"}` }],
    ['settings.ext_json JSON_SYNTAX', { extJson: '{"a":1,"a":2}' }],
    ['settings.ext_json JSON_NESTED_TOO_DEEPLY', { extJson: `${'{"a":'.repeat(101)}1${'}'.repeat(101)}` }],
    ['settings.required_ext_pointers[0] NOT_A_POINTER', { requiredExtPointers: ['ext/a'] }],
    ['settings.required_ext_pointers[0] NOT_A_POINTER', { requiredExtPointers: ['/a~2'] }],
    ['settings.interfaces[0].api_name REQUIRED', { interfaces: [{}] }],
    [
      'settings.interfaces[0].application.content TEXT_LENGTH',
      {
        interfaces: [
          {
            apiName: 'wx.getLocation',
            application: { content: '门'.repeat(301), videoUrl: 'https://a.cn/v' },
          },
        ],
      },
    ],
    [
      'settings TOO_MANY_BYTES',
      {
        interfaces: Array.from({ length: 100 }, (_, i) => ({
          apiName: `wx.a${i}`,
          application: { content: '门店', pictureUrls: Array(3).fill(`https://a.cn/${'x'.repeat(950)}`) },
        })),
      },
    ],
  ])('It is a violation: %s', (expected, settings) => {
    expect(found(settings)).toEqual([expected]);
  });

  it('A scope has exactly one valid member, and only a layer of a label has an order', () => {
    const fieldsOf = (given: SettingsScope | undefined, order = 0) =>
      [...scopeRule({ scope: given }), ...orderRule({ scope: given, order })].map(({ field }) => field);
    const label = scope({ $case: 'label', value: '餐饮' });
    expect(fieldsOf(label, 1_000)).toEqual([]);
    expect(fieldsOf(label, 1_001)).toEqual(['order']);
    expect(fieldsOf(scope({ $case: 'platform', value: true }), 1)).toEqual(['order']);
    expect(fieldsOf(scope({ $case: 'platform', value: false }))).toEqual(['scope.platform']);
    expect(fieldsOf(scope({ $case: 'label', value: '' }))).toEqual(['scope.label']);
    expect(fieldsOf(scope({ $case: 'appid', value: 'wx1' }))).toEqual(['scope.appid']);
    expect(fieldsOf(undefined)).toEqual(['scope']);
  });
});
