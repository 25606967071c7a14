import { describe, expect, it } from '@jest/globals';
import type { WxaClient, WxaError, WxaResult } from '@wxa/wxa-client';
import type { AuthorizerImports } from '../context.js';
import { contextOf } from '../fixtures/wechat.js';
import { importAuthorizer } from './import-authorizer.js';

const APPID = 'wx0123456789abcdef';
const REQUEST = { appid: 'wxc0de000000000000', requestId: 'r', authorizerAppid: APPID };
const OFFERED = { appid: APPID, refreshToken: 'old' };

const ok = <T>(value: T) => ({ kind: 'ok', value }) as const;
const refused = (errcode: number) => ({ kind: 'error', error: { errcode } as WxaError }) as const;
const busy = { kind: 'retryable', cause: 'busy', error: { errcode: -1 } as WxaError } as const;
const token = (refreshToken: string) => ok({ token: `by ${refreshToken}`, expiresInMs: 1000, refreshToken });
const ABOUT = { nickName: '', originalId: 'gh_1', principalName: '', miniProgram: true };
const info = (refreshToken: string) => ok({ appid: APPID, refreshToken, permissionSets: [18], ...ABOUT });

type NotOk = Exclude<WxaResult<never>, { kind: 'ok' }>;

interface Setting {
  sealed?: string | undefined;
  meets?: 'nothing' | 'repeated';
  isRetry?: boolean;
  /** What WeChat answers to each refresh token. */
  tokens?: Record<string, ReturnType<typeof token> | NotOk>;
  info?: ReturnType<typeof info> | NotOk;
}

/** An import by the token `old`, and what it asked and kept. */
async function imported({
  sealed = 'old',
  meets = 'nothing',
  isRetry = false,
  tokens = { old: token('new') },
  info: told = info('new'),
}: Setting) {
  const done: unknown[] = [];
  const client: Pick<WxaClient, 'getAuthorizerToken' | 'getAuthorizerInfo'> = {
    getAuthorizerToken: async ({ refreshToken }) => {
      done.push(`by ${refreshToken}`);
      return tokens[refreshToken] ?? refused(61023);
    },
    getAuthorizerInfo: async () => told,
  };
  const authorizers: AuthorizerImports = {
    openRefreshToken: (_appid, bytes) => (String(bytes) === 'changed' ? undefined : String(bytes)),
    readImport: async () => meets,
    keepImported: async (offered, given) => done.push({ offered, ...given }) > 0,
    keepPermissionSets: async (_appid, sets) => {
      done.push(sets);
    },
  };
  async function* slices() {
    yield Buffer.from(sealed.slice(0, 1));
    yield Buffer.from(sealed.slice(1));
  }
  const attachment = async () => ({ size: sealed.length, stream: slices });
  const context = contextOf(client, { authorizers, isRetry, attachment });
  return { result: await importAuthorizer.call(REQUEST, context), done };
}

const kept = (refreshToken: string, by: string) => ({
  ...{ offered: OFFERED, refreshToken, accessToken: `by ${by}`, grantedMs: 1000 },
});

describe('an import', () => {
  it('keeps what WeChat gave before it asks what was granted', async () => {
    const { result, done } = await imported({});
    expect(result).toEqual(ok({ permissionSets: [18] }));
    expect(done).toEqual(['by old', kept('new', 'new'), [18]]);
  });

  it('keeps its own refresh token where WeChat gives no other', async () => {
    const { done } = await imported({ tokens: { old: token('') } });
    expect(done[1]).toEqual(kept('old', ''));
  });

  it.each([
    ['refused', refused(61023)],
    ['held up', busy],
  ])('that is %s keeps nothing', async (_what, answer) => {
    const { result, done } = await imported({ tokens: { old: answer } });
    expect([result, done]).toEqual([answer, ['by old']]);
  });

  it('whose answer a proxy refused is tried again, because WeChat may have ended the refresh token', async () => {
    const error = { errcode: 0 } as WxaError;
    const blocked = { kind: 'ambiguous', cause: 'intermediary', error } as const;
    const again = { kind: 'ambiguous', cause: 'http-status', error };
    expect((await imported({ tokens: { old: blocked } })).result).toEqual(again);
    expect((await imported({ info: blocked })).result).toEqual(again);
  });

  it('that is refused after a try that may have been sent takes the refresh token that holds now', async () => {
    const answers = { isRetry: true, tokens: { newer: token('newest') }, info: info('newer') };
    const { result, done } = await imported(answers);
    expect(result.kind).toBe('ok');
    expect(done).toEqual(['by old', 'by newer', kept('newest', 'newest'), [18]]);
    const nothingElse = await imported({ isRetry: true, tokens: {}, info: info('old') });
    expect([nothingElse.result, nothingElse.done]).toEqual([refused(61023), ['by old']]);
  });

  it('that was kept already asks for no other token', async () => {
    expect((await imported({ meets: 'repeated' })).done).toEqual([[18]]);
  });

  it('is done also where WeChat does not say what was granted, and tried again where it says so', async () => {
    expect((await imported({ info: refused(48001) })).result).toEqual(ok({ permissionSets: [] }));
    expect((await imported({ info: busy })).result).toEqual(busy);
  });

  it('whose refresh token can no longer be opened fails', async () => {
    const { result, done } = await imported({ sealed: 'changed' });
    expect(result).toMatchObject({ kind: 'error', sent: false, error: { reason: 'INTERNAL' } });
    expect(done).toEqual([]);
  });
});
