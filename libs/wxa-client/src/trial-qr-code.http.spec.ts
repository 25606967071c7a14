import { describe, expect, it } from '@jest/globals';
import { client, useLocalWechat, wechat } from './fixtures/use-local-wechat.js';

useLocalWechat();

describe('getTrialQrCode', () => {
  it('getTrialQrCode returns the bytes of the image', async () => {
    const image = Buffer.from([0xff, 0xd8, 0xff, 0x00, 0x7b]);
    wechat.answers((response) => response.writeHead(200, { 'content-type': 'image/jpeg' }).end(image));
    const result = await client.getTrialQrCode();
    expect(result).toEqual({ kind: 'ok', value: { image, contentType: 'image/jpeg' } });
  });

  it('getTrialQrCode is an error if WeChat answers JSON', async () => {
    wechat.answers({ errcode: -1, errmsg: 'system error' }, 200, { 'content-type': 'image/jpeg' });
    expect(await client.getTrialQrCode()).toMatchObject({ kind: 'retryable', cause: 'busy' });
  });

  it.each([
    ['an empty image', '', 'image/jpeg'],
    ['a page of HTML', '<html>', 'text/html'],
    ['ok without an image', '{"errcode":0}', 'application/json'],
  ])('getTrialQrCode is unreadable if the response is %s', async (_name, body, type) => {
    wechat.answers(body, 200, { 'content-type': type });
    expect(await client.getTrialQrCode()).toMatchObject({ kind: 'ambiguous', cause: 'unreadable' });
  });
});
