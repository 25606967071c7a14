import { expect, it } from '@jest/globals';
import { client, useLocalWechat, wechat } from './fixtures/use-local-wechat.js';

useLocalWechat();

const ok = { errcode: 0, errmsg: 'ok' };
const none = { request: [], websocket: [], upload: [], download: [], udp: [], tcp: [] };

it('The response of a set without lists leaves the domains unknown, that of a get says that there are none', async () => {
  wechat.answers(ok);
  const value = { domains: undefined, refused: [] };
  expect(await client.setServerDomains({ domains: none })).toEqual({ kind: 'ok', value });
  expect(await client.getServerDomains()).toEqual({ kind: 'ok', value: none });
});

it('The live guide is version 1, and where and until when data is stored is read as it is set', async () => {
  const stored = { store_expire_timestamp: '1830000000', store_region: 1017 };
  const owner_setting = { ...stored, ext_file_media_id: '21' };
  wechat.answers({ ...ok, code_exist: 0, privacy_list: [], setting_list: [], update_time: 0, owner_setting });
  const owner = { storeExpireTimestamp: '1830000000', storeRegion: 1017, extFileMediaId: '21' };
  const value = { codeExists: false, purposes: [], owner, updatedAt: undefined };
  expect(await client.getPrivacyGuide({ live: true })).toMatchObject({ value });
  await client.setPrivacyGuide({ purposes: [], owner, sdks: [] });
  await client.setLivePrivacyOwner({ owner });
  expect(wechat.received.map(({ body }) => JSON.parse(body))).toEqual([
    { privacy_ver: 1 },
    { privacy_ver: 2, setting_list: [], owner_setting, sdk_privacy_info_list: [] },
    { privacy_ver: 1, owner_setting: stored },
  ]);
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
});

it('The response of get_privacy_interface has a name for each status', async () => {
  const names = ['AVAILABLE', 'NOT_PERMITTED', 'IN_REVIEW', 'REFUSED', 'OPEN', 'UNSPECIFIED'];
  wechat.answers({ interface_list: names.map((_, i) => ({ api_name: 'wx.x', status: i + 1 })) });
  const result = await client.listPrivacyInterfaces();
  const states = result.kind === 'ok' ? result.value.interfaces.map(({ state }) => state) : [];
  expect(states).toEqual(names);
});

it.each([
  ['setPrivacyGuide', { purposes: [], owner: { phone: 'PERSONAL' }, sdks: [] }],
  ['setLivePrivacyOwner', { owner: { wechat: 'PERSONAL' } }],
  ['addTester', { wechatId: 'PERSONAL' }],
  ['removeTester', { wechatId: 'PERSONAL' }],
] as const)(
  'An error of %s has no personal data of its request, whatever WeChat echoes',
  async (name, request) => {
    wechat.answers({ errcode: 40097, errmsg: 'invalid PERSONAL' });
    const result = await client[name](request as never);
    expect(result).toMatchObject({ kind: 'error', error: { errmsg: 'invalid ***' } });
  },
);
