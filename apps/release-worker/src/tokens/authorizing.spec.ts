import { describe, expect, it } from '@jest/globals';
import type { AuthorizerTokens, TokenStore } from '@wxa/store';
import { WxaClient, type WxaError, type WxaResult } from '@wxa/wxa-client';
import { Authorizing } from './authorizing.js';
import type { PlatformToken, TokenTools } from './platform-token.js';

const APPID = 'wx0123456789abcdef';

type Answer = WxaResult<object>;

/** Exchanges the code of a mini-program while WeChat gives these answers; returns the writes. */
async function exchanged(answer: Answer, info = answer) {
  const written: string[] = [];
  const writes = (name: string) => async () => void written.push(name);
  const tools = {
    client: Object.assign(new WxaClient({ baseUrl: 'http://127.0.0.1:1' }), {
      queryAuth: async () => answer,
      getAuthorizerInfo: async () => info,
    }),
    tokens: {
      keepTokens: writes('keepTokens'),
      keepAuthorizerInfo: async (_appid: string, { nickName }: { nickName: string }) =>
        void written.push(nickName),
      rejectCode: writes('rejectCode'),
      deleteUnknownAuthorizer: writes('deleteUnknownAuthorizer'),
    } as unknown as TokenStore,
    timeoutMs: 1_000,
    onRequested: () => undefined,
    componentAppid: 'wxc0de000000000000',
  } as unknown as TokenTools;
  const platform = {
    get: async (rejected?: string) => ({ kind: 'token', token: rejected === undefined ? 'c' : 'd' }),
    reject: async (token: string) => void written.push(`reject ${token}`),
  } as unknown as PlatformToken;
  const tokens = {
    code: 'code',
    codeId: '1',
    refreshTokenId: '2',
    refreshToken: 'r',
  } as unknown as AuthorizerTokens;
  const renew = async () => performance.now() + 1_000;
  const failed = await new Authorizing(tools, platform).step({ appid: APPID, tokens, renew });
  return { failed, written };
}

describe('Authorizing', () => {
  it('An authorization is kept if an HTTP server, not an API of WeChat, rejected the request.', async () => {
    const error: WxaError = {
      ...{ errcode: 0, errmsg: 'rejected before it reached an API (HTTP status 431)', rid: '' },
      ...{ reason: 'HTTP_REFUSED', category: 'REQUEST', retryable: false, hint: '', api: 'api_query_auth' },
    };
    const { failed, written } = await exchanged({ kind: 'error', error });
    expect(failed).toMatchObject({ isPermanent: true });
    expect(written).toEqual([]);
  });

  const granted: Answer = {
    kind: 'ok',
    value: { appid: APPID, permissionSets: [18], token: 't', refreshToken: 'r', expiresInMs: 7_200_000 },
  };

  it('An exchange stores the name of the mini-program after its tokens.', async () => {
    const info: Answer = { kind: 'ok', value: { appid: APPID, permissionSets: [18], nickName: '好吃面馆' } };
    expect(await exchanged(granted, info)).toEqual({
      failed: undefined,
      written: ['keepTokens', '好吃面馆'],
    });
  });

  it('A new platform token that WeChat rejects too is not used again.', async () => {
    const error: WxaError = {
      ...{ errcode: 42001, errmsg: 'access_token expired', rid: '', reason: 'ACCESS_TOKEN_EXPIRED' },
      ...{ category: 'TOKEN', retryable: true, hint: '', api: 'api_query_auth' },
    };
    const { failed, written } = await exchanged({ kind: 'retryable', cause: 'token', error });
    expect(failed?.why).toContain('42001');
    expect(written).toEqual(['reject d']);
  });

  it('An exchange succeeds if WeChat does not return the name of the mini-program.', async () => {
    const error: WxaError = {
      ...{ errcode: 48001, errmsg: 'api unauthorized', rid: '', reason: 'API_UNAUTHORIZED' },
      ...{ category: 'PERMISSION', retryable: false, hint: '', api: 'api_get_authorizer_info' },
    };
    const { failed, written } = await exchanged(granted, { kind: 'error', error });
    expect([failed, written]).toEqual([undefined, ['keepTokens']]);
  });
});
