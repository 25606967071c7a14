import { expect, it } from '@jest/globals';
import type { WxaClient, WxaError, WxaResult } from '@wxa/wxa-client';
import { contextOf } from '../fixtures/wechat.js';
import type { AuthorizerImports } from '../room.js';
import { importAuthorizer } from './import-authorizer.js';

const APPID = 'wx0123456789abcdef';
const REQUEST = { appid: 'wxc0de000000000000', requestId: 'r', authorizerAppid: APPID };
const OFFERED = { appid: APPID, refreshToken: 'old' };

const ok = <T>(value: T) => ({ kind: 'ok', value }) as const;
const rejected = (errcode: number) => ({ kind: 'error', error: { errcode } as WxaError }) as const;
const busy = { kind: 'retryable', cause: 'busy', error: { errcode: -1 } as WxaError } as const;
const token = (refreshToken: string) => ok({ token: `by ${refreshToken}`, expiresInMs: 1000, refreshToken });
const ABOUT = {
  ...{ nickName: '好吃面馆', originalId: 'gh_1', principalName: '', headImage: '', signature: '' },
  ...{ accountStatus: 1, miniProgram: true, categories: [] },
};
const info = (refreshToken: string) => ok({ appid: APPID, refreshToken, permissionSets: [18], ...ABOUT });

type NotOk = Exclude<WxaResult<never>, { kind: 'ok' }>;

interface Setting {
  encrypted?: string | undefined;
  stored?: 'nothing' | 'repeated';
  isRetry?: boolean;
  /** WeChat's response to each refresh token. */
  tokens?: Record<string, ReturnType<typeof token> | NotOk>;
  info?: ReturnType<typeof info> | NotOk;
}

/** Runs an import with the token `old`; `done` has its token requests and what it stored. */
async function imported(setting: Setting) {
  const { encrypted = 'old', stored = 'nothing', isRetry = false } = setting;
  const { tokens = { old: token('new') }, info: authorizerInfo = info('new') } = setting;
  const done: unknown[] = [];
  const client: Pick<WxaClient, 'getAuthorizerToken' | 'getAuthorizerInfo'> = {
    getAuthorizerToken: async ({ refreshToken }) => {
      done.push(`by ${refreshToken}`);
      return tokens[refreshToken] ?? rejected(61023);
    },
    getAuthorizerInfo: async () => authorizerInfo,
  };
  const authorizers: AuthorizerImports = {
    openRefreshToken: (_appid, bytes) => (String(bytes) === 'changed' ? undefined : String(bytes)),
    readImport: async () => stored,
    keepImported: async (offered, given) => done.push({ offered, ...given }) > 0,
    keepAuthorizerInfo: async (_appid, { permissionSets, nickName }) => {
      done.push([permissionSets, nickName]);
    },
  };
  async function* slices() {
    yield Buffer.from(encrypted.slice(0, 1));
    yield Buffer.from(encrypted.slice(1));
  }
  const attachment = async () => ({ size: encrypted.length, stream: slices });
  const context = contextOf(client, { authorizers, isRetry, attachment });
  return { result: await importAuthorizer.call(REQUEST, context), done };
}

const stored = (refreshToken: string, by: string) => ({
  ...{ offered: OFFERED, refreshToken, accessToken: `by ${by}`, grantedMs: 1000 },
});

it('An import stores the tokens from WeChat before it requests the permissions.', async () => {
  const { result, done } = await imported({});
  expect(result).toEqual(ok({ permissionSets: [18] }));
  expect(done).toEqual(['by old', stored('new', 'new'), [[18], '好吃面馆']]);
});

it('An import stores the given refresh token if WeChat returns no new one.', async () => {
  const { done } = await imported({ tokens: { old: token('') } });
  expect(done[1]).toEqual(stored('old', ''));
});

it.each([
  ['rejected', rejected(61023)],
  ['answered with -1', busy],
])('An import that is %s stores nothing.', async (_what, answer) => {
  const { result, done } = await imported({ tokens: { old: answer } });
  expect([result, done]).toEqual([answer, ['by old']]);
});

it('An import whose response a proxy rejected is retried, because WeChat may have replaced the refresh token.', async () => {
  const error = { errcode: 0 } as WxaError;
  const blocked = { kind: 'ambiguous', cause: 'intermediary', error } as const;
  const again = { kind: 'ambiguous', cause: 'http-status', error };
  expect((await imported({ tokens: { old: blocked } })).result).toEqual(again);
  expect((await imported({ info: blocked })).result).toEqual(again);
});

it('An import that is rejected after an attempt that may have been sent uses the current refresh token.', async () => {
  const answers = { isRetry: true, tokens: { newer: token('newest') }, info: info('newer') };
  const { result, done } = await imported(answers);
  expect(result.kind).toBe('ok');
  expect(done).toEqual(['by old', 'by newer', stored('newest', 'newest'), [[18], '好吃面馆']]);
  const unchanged = await imported({ isRetry: true, tokens: {}, info: info('old') });
  expect([unchanged.result, unchanged.done]).toEqual([rejected(61023), ['by old']]);
});

it('An import that is already stored requests no token.', async () => {
  expect((await imported({ stored: 'repeated' })).done).toEqual([[[18], '好吃面馆']]);
});

it('An import succeeds if WeChat rejects the read of the permissions, and is retried if WeChat is busy.', async () => {
  expect((await imported({ info: rejected(48001) })).result).toEqual(ok({ permissionSets: [] }));
  expect((await imported({ info: busy })).result).toEqual(busy);
});

it('An import whose refresh token can no longer be decrypted fails.', async () => {
  const { result, done } = await imported({ encrypted: 'changed' });
  expect(result).toMatchObject({ kind: 'error', sent: false, error: { reason: 'INTERNAL' } });
  expect(done).toEqual([]);
});
