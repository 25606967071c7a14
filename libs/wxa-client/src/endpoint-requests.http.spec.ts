import { expect, it } from '@jest/globals';
import { client, useLocalWechat, wechat } from './fixtures/use-local-wechat.js';

useLocalWechat({ path: '/proxy/', token: 'T/1 +' });

// The requests of all methods: test/methods/every-method.spec.ts.
it('The path of the address precedes that of an API', async () => {
  await client.listPages();
  const url = '/proxy/wxa/get_page?access_token=T%2F1%20%2B';
  expect(wechat.received).toEqual([{ method: 'GET', url, contentType: undefined, body: '' }]);
});

it('submitAudit sends both lists of previews if one is given', async () => {
  const item = {
    firstClass: '文娱',
    firstId: 1,
    secondClass: '资讯',
    secondId: 2,
    thirdClass: '',
    thirdId: 0,
  };
  await client.submitAudit({ items: [item], preview: { pictureIds: ['p'] } });
  const { preview_info } = JSON.parse(wechat.received[0]?.body ?? '');
  expect(preview_info).toEqual({ video_id_list: [], pic_id_list: ['p'] });
});

it.each([
  ['page/index?action=1', 'page%2Findex%3Faction%3D1'],
  ['a b/中', 'a%20b%2F%E4%B8%AD'],
  ['a%2Fb', 'a%252Fb'],
  ['\ud800', '%EF%BF%BD'],
])('The page path %j is encoded exactly once', async (path, encoded) => {
  await client.getTrialQrCode({ path });
  expect(wechat.received[0]?.url).toBe(`/proxy/wxa/get_qrcode?access_token=T%2F1%20%2B&path=${encoded}`);
});

it('The request of uploadAuditMedia has a file as a form, its name quoted', async () => {
  const file = { fileName: 'a"b.png', contentType: 'image/png', content: new Blob(['bytes']) };
  await client.uploadAuditMedia(file);
  const [{ contentType = '', body, method } = { body: '', method: '' }] = wechat.received;
  const boundary = contentType.replace('multipart/form-data; boundary=', '');
  expect([method, boundary.length]).toEqual(['POST', 36]);
  expect(body.split('\r\n')).toEqual([
    `--${boundary}`,
    'content-disposition: form-data; name="media"; filename="a%22b.png"',
    'content-type: image/png',
    '',
    'bytes',
    `--${boundary}--`,
    '',
  ]);
});
