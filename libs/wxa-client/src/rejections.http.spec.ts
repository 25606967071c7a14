import { describe, expect, it } from '@jest/globals';
import { client, useLocalWechat, wechat } from './fixtures/use-local-wechat.js';

useLocalWechat();

const refused = { retryable: false, api: 'wxa/release' };

describe('rejections', () => {
  it.each([
    [-1, 'retryable', 'busy'],
    [45011, 'retryable', 'rate'],
    [9402202, 'retryable', 'rate'],
    [40001, 'retryable', 'token'],
    [40014, 'retryable', 'token'],
    [42001, 'retryable', 'token'],
    [45009, 'error', undefined],
    [61039, 'error', undefined],
    [61023, 'error', undefined],
    [85009, 'error', undefined],
    [123456, 'error', undefined],
  ])('A rejection with %d is %s, cause %s', async (errcode, kind, cause) => {
    wechat.answers({ errcode, errmsg: 'no' });
    const result = await client.release();
    expect(result).toMatchObject({ kind, error: { errcode, errmsg: 'no', api: 'wxa/release' } });
    expect('cause' in result ? result.cause : undefined).toBe(cause);
  });

  it('A rejection has errcode, errmsg, rid, category, hint, reason and API', async () => {
    const rid = '6959cf51-52cdc687-3f68d99a';
    const rejection = { errcode: 44002, errmsg: `empty post data rid: ${rid}` };
    const hint =
      'Send at least an empty JSON object as the body. [POST 的数据包为空。请求体至少要有一个空的 JSON 对象。]';
    wechat.answers(rejection);
    expect(await client.release()).toEqual({
      kind: 'error',
      error: { ...rejection, ...refused, rid, category: 'REQUEST', hint, reason: 'BODY_EMPTY' },
    });
  });

  it('A rejection may carry the rid beside the message, and the code as a string', async () => {
    wechat.answers({ errcode: '85020', errmsg: 'status not allowed', rid: 'abc-1' });
    expect(await client.release()).toMatchObject({ kind: 'error', error: { errcode: 85020, rid: 'abc-1' } });
  });

  it('A rejection may have raw control characters in its message', async () => {
    wechat.answers('{\n"errcode":85013,"errmsg":"invalid \\"ext_json\\"\n\tpages/x\u0007 \\\\"}\n');
    const error = { errcode: 85013, errmsg: 'invalid "ext_json"\n\tpages/x\u0007 \\' };
    expect(await client.release()).toMatchObject({ kind: 'error', error });
  });

  it('The errcode in a 4xx response counts', async () => {
    wechat.answers({ errcode: 40001, errmsg: 'invalid credential' }, 401);
    expect(await client.release()).toMatchObject({ kind: 'retryable', cause: 'token' });
  });

  it('The errcode in a 5xx response does not count, because the call may have been forwarded', async () => {
    wechat.answers({ errcode: -1, errmsg: 'system error' }, 503);
    expect(await client.release()).toMatchObject({ kind: 'ambiguous', cause: 'http-status' });
  });
});

describe('4xx without an errcode', () => {
  it.each([
    ...[400, 404, 405, 411, 415, 417].map((status) => [status, 'INTERNAL'] as const),
    ...[413, 414, 431].map((status) => [status, 'REQUEST'] as const),
  ])(
    'Status %d without an errcode is a permanent error: the request reached no API',
    async (status, category) => {
      const errmsg = `rejected before it reached an API (HTTP status ${status})`;
      const error = {
        errcode: 0,
        errmsg,
        rid: '',
        reason: 'HTTP_REFUSED',
        category,
        hint: expect.any(String),
      };
      for (const body of ['<html>no</html>', '', '{"message":"no"}']) {
        wechat.answers(body, status);
        expect(await client.release()).toEqual({ kind: 'error', error: { ...error, ...refused } });
      }
    },
  );

  it.each([
    ...[401, 403, 407, 418, 421].map((status) => [status, false] as const),
    ...[408, 425, 429].map((status) => [status, true] as const),
  ])('Status %d without an errcode is ambiguous: a proxy may have rejected it', async (status, retryable) => {
    wechat.answers('<html>no</html>', status);
    const error = { errcode: 0, category: 'TRANSPORT', reason: 'HTTP_STATUS', retryable };
    expect(await client.release()).toMatchObject({ kind: 'ambiguous', cause: 'intermediary', error });
  });
});
