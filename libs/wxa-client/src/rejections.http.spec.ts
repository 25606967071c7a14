import { describe, expect, it } from '@jest/globals';
import { client, useLocalWechat, wechat } from './fixtures/use-local-wechat.js';

useLocalWechat();

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
    wechat.answers({ errcode: 44002, errmsg: 'empty post data rid: 6959cf51-52cdc687-3f68d99a' });
    expect(await client.release()).toEqual({
      kind: 'error',
      error: {
        errcode: 44002,
        errmsg: 'empty post data rid: 6959cf51-52cdc687-3f68d99a',
        rid: '6959cf51-52cdc687-3f68d99a',
        category: 'REQUEST',
        retryable: false,
        hint: 'Send at least an empty JSON object as the body. [POST 的数据包为空]',
        reason: 'BODY_EMPTY',
        api: 'wxa/release',
      },
    });
  });

  it('A rejection may carry the rid beside the message, and the code as a string', async () => {
    wechat.answers({ errcode: '85020', errmsg: 'status not allowed', rid: 'abc-1' });
    expect(await client.release()).toMatchObject({ kind: 'error', error: { errcode: 85020, rid: 'abc-1' } });
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
    ...([400, 404, 405, 411, 415, 417].map((status) => [status, 'INTERNAL']) as [number, string][]),
    ...([413, 414, 431].map((status) => [status, 'REQUEST']) as [number, string][]),
  ])(
    'Status %d without an errcode is a permanent error, because the request reached no API',
    async (status, category) => {
      for (const body of ['<html>no</html>', '', '{"message":"no"}']) {
        wechat.answers(body, status);
        expect(await client.release()).toEqual({
          kind: 'error',
          error: {
            ...{ errcode: 0, errmsg: `rejected before it reached an API (HTTP status ${status})`, rid: '' },
            ...{
              reason: 'HTTP_REFUSED',
              category,
              retryable: false,
              hint: expect.any(String),
              api: 'wxa/release',
            },
          },
        });
      }
    },
  );

  it.each([
    [401, false],
    [403, false],
    [407, false],
    [408, true],
    [418, false],
    [421, false],
    [425, true],
    [429, true],
  ])(
    'Status %d without an errcode is ambiguous, because a proxy may have rejected the response',
    async (status, retryable) => {
      wechat.answers('<html>no</html>', status);
      expect(await client.release()).toMatchObject({
        kind: 'ambiguous',
        cause: 'intermediary',
        error: { errcode: 0, category: 'TRANSPORT', reason: 'HTTP_STATUS', retryable },
      });
    },
  );
});
