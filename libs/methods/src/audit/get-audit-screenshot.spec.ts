import { expect, it } from '@jest/globals';
import { answers, contextOf } from '../fixtures/wechat.js';
import { getAuditScreenshot } from './get-audit-screenshot.js';

const REQUEST = { appid: 'wx0123456789abcdef', requestId: 'r', mediaId: 'm' };

function read(bytes: number) {
  const value = { image: Buffer.alloc(bytes), contentType: 'image/png' };
  return getAuditScreenshot.call(REQUEST, contextOf({ getAuditScreenshot: answers(value) }));
}

it('A screenshot of at most 2 MiB is returned, a larger one fails the query', async () => {
  const most = 2 * 1024 * 1024;
  expect(await read(most)).toMatchObject({ kind: 'ok', value: { contentType: 'image/png' } });
  const errmsg = expect.stringContaining(`${most + 1} bytes`);
  expect(await read(most + 1)).toMatchObject({ kind: 'error', error: { errmsg, retryable: false } });
});
