import { expect, it } from '@jest/globals';
import { type EndpointCase, ok, testEndpoints, unreadable } from './fixtures/endpoint-cases.js';
import { client, useLocalWechat, wechat } from './fixtures/use-local-wechat.js';

useLocalWechat();

const ofAccount: EndpointCase[] = [
  {
    name: 'removeTester by WeChat id',
    call: (c) => c.removeTester({ wechatId: 'wxid_a' }),
    api: 'wxa/unbind_tester',
    body: { wechatid: 'wxid_a' },
    answer: ok,
    value: {},
  },
];

testEndpoints(ofAccount);

const read = () => client.getAuditScreenshot({ mediaId: 'm' });

it.each([
  ['image/jpeg', 'ffd8ffe000'],
  ['image/png', '89504e470d'],
  ['image/gif', '4749463839'],
])(
  'getAuditScreenshot returns %s by its first bytes, whatever type WeChat names',
  async (contentType, hex) => {
    const image = Buffer.from(hex, 'hex');
    wechat.answers((response) => response.writeHead(200, { 'content-type': 'text/plain' }).end(image));
    expect(await read()).toEqual({ kind: 'ok', value: { image, contentType } });
    const url = '/cgi-bin/material/get_material?access_token=T';
    expect(wechat.received[0]).toMatchObject({ method: 'POST', url, body: '{"media_id":"m"}' });
  },
);

it('getAuditScreenshot is an error if WeChat answers JSON', async () => {
  wechat.answers({ errcode: 40007, errmsg: 'invalid media_id' }, 200, { 'content-type': 'image/jpeg' });
  expect(await read()).toMatchObject({ kind: 'error', error: { reason: 'MATERIAL_NOT_FOUND' } });
});

it.each(['', '<html>', '{"news_item":[]}'])(
  'getAuditScreenshot is unreadable if the response is %j',
  async (body) => {
    wechat.answers(body);
    expect(await read()).toMatchObject(unreadable);
  },
);
