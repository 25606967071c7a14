import { expect, it } from '@jest/globals';
import type { AuthorizerTokens, TokenStore } from '@wxa/authorizers';
import { WxaClient, type WxaError, type WxaResult } from '@wxa/wxa-client';
import { Authorizing } from './authorizing.js';
import type { PlatformToken, TokenTools } from './platform-token.js';

const APPID = 'wx0123456789abcdef';

type Answer = WxaResult<object>;
const error: WxaError = {
  ...{ errcode: 0, errmsg: 'rejected before it reached an API (HTTP status 431)', rid: '', hint: '' },
  ...{ reason: 'HTTP_REFUSED', category: 'REQUEST', retryable: false, api: 'api_query_auth' },
};
const refused: Answer = { kind: 'error', error };
const expired: Answer = { kind: 'retryable', cause: 'token', error: { ...error, errcode: 42001 } };
const named: Answer = { kind: 'ok', value: { appid: APPID, permissionSets: [18], nickName: '好吃面馆' } };
const granted: Answer = {
  kind: 'ok',
  value: { appid: APPID, permissionSets: [18], token: 't', refreshToken: 'r', expiresInMs: 7_200_000 },
};

/** Exchanges the code of a mini-program while WeChat gives these answers; returns the writes. */
async function exchanged(answer: Answer, info = answer, keepTokens?: TokenStore['keepTokens']) {
  const written: string[] = [];
  const writes = (name: string) => async () => void written.push(name);
  const tools = {
    client: Object.assign(new WxaClient({ baseUrl: 'http://127.0.0.1:1' }), {
      queryAuth: async () => answer,
      getAuthorizerInfo: async () => info,
    }),
    tokens: {
      keepTokens: keepTokens ?? writes('keepTokens'),
      keepAuthorizerInfo: async (_appid: string, { nickName }: { nickName: string }) =>
        void written.push(nickName),
      rejectCode: writes('rejectCode'),
      deleteUnknownAuthorizer: writes('deleteUnknownAuthorizer'),
    } as unknown as TokenStore,
    timeoutMs: 1_000,
    ...{ onRequested: () => undefined, onRejectedEarly: () => undefined, onStoreFailure: () => undefined },
    componentAppid: 'wxc0de000000000000',
  } as unknown as TokenTools;
  const platform = {
    get: async (rejected?: string) => ({ kind: 'token', token: rejected === undefined ? 'c' : 'd' }),
    reject: async (token: string) => void written.push(`reject ${token}`),
  } as unknown as PlatformToken;
  const tokens = { code: 'code', codeId: '1', refreshTokenId: '2', refreshToken: 'r' } as AuthorizerTokens;
  const renew = async () => performance.now() + 1_000;
  const failed = await new Authorizing(tools, platform).step({ appid: APPID, tokens, renew, holder: '3' });
  return { failed, written };
}

it('An authorization is kept if an HTTP server, not an API of WeChat, rejected the request.', async () => {
  expect(await exchanged(refused)).toMatchObject({ failed: { isPermanent: true }, written: [] });
});

it('An exchange stores the name of the mini-program after its tokens, and succeeds without it.', async () => {
  const stored = (...written: string[]) => ({ failed: undefined, written });
  expect(await exchanged(granted, named)).toEqual(stored('keepTokens', '好吃面馆'));
  expect(await exchanged(granted, refused)).toEqual(stored('keepTokens'));
});

it('Tokens that Postgres takes late are stored with the rest of their life.', async () => {
  const lives: number[] = [];
  await exchanged(granted, named, async (_, { grantedMs }) => {
    if (lives.push(grantedMs) === 1) throw Object.assign(new Error('gone'), { code: '08006' });
    return true;
  });
  const [first = 0, second = 0] = lives;
  // The back-off is 500 ms, and a timer may end a millisecond early.
  expect(first - second).toBeGreaterThanOrEqual(499);
});

it('A new platform token that WeChat rejects too is not used again.', async () => {
  const { failed, written } = await exchanged(expired);
  expect(failed?.why).toContain('42001');
  expect(written).toEqual(['reject d']);
});
