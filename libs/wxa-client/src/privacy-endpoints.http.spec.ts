import { expect, it } from '@jest/globals';
import { type Call, type EndpointCase, ok, testEndpoints, unreadable } from './fixtures/endpoint-cases.js';
import { client, useLocalWechat, wechat } from './fixtures/use-local-wechat.js';

useLocalWechat();

const owner = {
  ...{ phone: '400-632-6323', email: '', qq: '', wechat: '', noticeMethod: '弹窗' },
  ...{ storeExpireTimestamp: '1830000000', storeRegion: 1017, extFileMediaId: '2112311471891169280' },
};
const ownerSent = {
  ...{ contact_phone: '400-632-6323', notice_method: '弹窗', store_expire_timestamp: '1830000000' },
  store_region: 1017,
};
const purpose = { key: 'UserInfo', text: '展示头像' };
const purposeSent = { privacy_key: 'UserInfo', privacy_text: '展示头像' };

const cases: EndpointCase[] = [
  {
    name: 'getPrivacyGuide',
    call: (c) => c.getPrivacyGuide(),
    api: 'cgi-bin/component/getprivacysetting',
    body: { privacy_ver: 2 },
    answer: {
      ...{ code_exist: 1, privacy_list: ['UserInfo', 'Location'], update_time: 1655192927 },
      setting_list: [
        { ...purposeSent, privacy_label: '' },
        { privacy_key: 'Location', privacy_text: '', privacy_label: '' },
      ],
      owner_setting: { ...ownerSent, contact_email: '', ext_file_media_id: '2112311471891169280' },
      privacy_desc: { privacy_desc_list: [{ privacy_key: 'UserInfo', privacy_desc: '用户信息' }] },
      sdk_privacy_info_list: [{ sdk_name: 'S', sdk_biz_name: 'B', sdk_list: [purposeSent] }],
    },
    value: {
      ...{ codeExists: true, detectedKeys: ['UserInfo', 'Location'] },
      ...{ purposes: [purpose, { key: 'Location', text: '' }], owner },
      ...{ sdks: [{ name: 'S', provider: 'B', purposes: [purpose] }] },
      ...{ descriptions: [{ key: 'UserInfo', text: '用户信息' }], updatedAt: new Date(1655192927_000) },
    },
  },
  {
    name: 'setPrivacyGuide',
    call: (c) =>
      c.setPrivacyGuide({
        ...{ purposes: [purpose], owner, sdks: [{ name: 'S', provider: 'B', purposes: [purpose] }] },
      }),
    api: 'cgi-bin/component/setprivacysetting',
    body: {
      ...{ privacy_ver: 2, setting_list: [purposeSent] },
      owner_setting: { ...ownerSent, ext_file_media_id: '2112311471891169280' },
      sdk_privacy_info_list: [{ sdk_name: 'S', sdk_biz_name: 'B', sdk_list: [purposeSent] }],
    },
  },
  {
    name: 'setLivePrivacyOwner',
    call: (c) => c.setLivePrivacyOwner({ owner }),
    api: 'cgi-bin/component/setprivacysetting',
    body: { privacy_ver: 1, owner_setting: ownerSent },
  },
  {
    name: 'removeTester by WeChat id',
    call: (c) => c.removeTester({ wechatId: 'wxid_a' }),
    api: 'wxa/unbind_tester',
    body: { wechatid: 'wxid_a' },
  },
];

testEndpoints(cases);

it('The live guide is read with version 1, and a mini-program without code has none', async () => {
  wechat.answers({ ...ok, code_exist: 0, privacy_list: [], setting_list: [], update_time: 0 });
  const result = await client.getPrivacyGuide({ live: true });
  expect(result).toMatchObject({ value: { codeExists: false, purposes: [], updatedAt: undefined } });
  expect(wechat.received[0]?.body).toBe('{"privacy_ver":1}');
});

it('An additional text is uploaded as a .txt file in the field `file`', async () => {
  wechat.answers({ ...ok, ext_file_media_id: '2112311471891169280' });
  const result = await client.uploadPrivacyText({ text: '补充说明' });
  expect(result).toEqual({ kind: 'ok', value: { mediaId: '2112311471891169280' } });
  const [{ contentType, body, url } = { contentType: '', body: '', url: '' }] = wechat.received;
  expect(url).toBe('/cgi-bin/component/uploadprivacyextfile?access_token=T');
  expect(contentType).toMatch(/^multipart\/form-data; boundary=/);
  expect(body.split('\r\n').slice(1, 5)).toEqual([
    'content-disposition: form-data; name="file"; filename="privacy.txt"',
    'content-type: text/plain',
    '',
    '补充说明',
  ]);
  wechat.answers(ok);
  expect(await client.uploadPrivacyText({ text: '' })).toMatchObject(unreadable);
});

it('The response of get_privacy_interface has a name for each status', async () => {
  const names = ['AVAILABLE', 'NOT_PERMITTED', 'IN_REVIEW', 'REFUSED', 'OPEN', 'UNSPECIFIED'];
  wechat.answers({ interface_list: names.map((_, i) => ({ api_name: 'wx.x', status: i + 1 })) });
  const result = await client.listPrivacyInterfaces();
  const states = result.kind === 'ok' ? result.value.interfaces.map(({ state }) => state) : [];
  expect(states).toEqual(names);
});

it.each<[string, Call]>([
  ['setPrivacyGuide', (c) => c.setPrivacyGuide({ purposes: [], owner: { phone: 'PERSONAL' }, sdks: [] })],
  ['setLivePrivacyOwner', (c) => c.setLivePrivacyOwner({ owner: { wechat: 'PERSONAL' } })],
  ['addTester', (c) => c.addTester({ wechatId: 'PERSONAL' })],
  ['removeTester', (c) => c.removeTester({ wechatId: 'PERSONAL' })],
])('An error of %s has no personal data of its request, whatever WeChat echoes', async (_name, call) => {
  wechat.answers({ errcode: 40097, errmsg: 'invalid PERSONAL' });
  expect(await call(client)).toMatchObject({ kind: 'error', error: { errmsg: 'invalid ***' } });
});
