import { describe, expect, it } from '@jest/globals';
import { type EndpointCase, ok, testEndpoints, unreadable } from './fixtures/endpoint-cases.js';
import { client, useLocalWechat, wechat } from './fixtures/use-local-wechat.js';

useLocalWechat();

const ofAccount: EndpointCase[] = [
  {
    name: 'getFiling',
    call: (c) => c.getFiling(),
    api: 'wxa/icp/get_icp_entrance_info',
    body: undefined,
    answer: {
      info: {
        ...{ status: 3, is_canceling: false, available: 1, sms_verify_status: 1 },
        audit_data: [{ key_name: '主体', error: '不清晰', suggest: '重新上传' }],
      },
    },
    value: {
      ...{ status: 3, isCanceling: false },
      refused: [{ field: '主体', error: '不清晰', suggestion: '重新上传' }],
    },
  },
  {
    name: 'addTester',
    call: (c) => c.addTester({ wechatId: 'wxid_a' }),
    api: 'wxa/bind_tester',
    body: { wechatid: 'wxid_a' },
    answer: { ...ok, userstr: 'xxx' },
    value: { userString: 'xxx' },
  },
  {
    name: 'removeTester by WeChat id',
    call: (c) => c.removeTester({ wechatId: 'wxid_a' }),
    api: 'wxa/unbind_tester',
    body: { wechatid: 'wxid_a' },
    answer: ok,
    value: {},
  },
  {
    name: 'removeTester by user string',
    call: (c) => c.removeTester({ userString: 'xxx' }),
    api: 'wxa/unbind_tester',
    body: { userstr: 'xxx' },
    answer: ok,
    value: {},
  },
  {
    name: 'listTesters',
    call: (c) => c.listTesters(),
    api: 'wxa/memberauth',
    body: { action: 'get_experiencer' },
    answer: { members: [{ userstr: 'xxx' }, { userstr: 'yyy' }] },
    value: { userStrings: ['xxx', 'yyy'] },
  },
];

testEndpoints(ofAccount);

describe('getAuditScreenshot', () => {
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
});
