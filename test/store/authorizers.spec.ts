import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Secrets, type TokenStore } from '@wxa/store';
import { newAppid } from '../appid.js';
import { type ScratchStore, scratchStore } from './scratch-store.js';

const CLI = fileURLToPath(new URL('../../apps/cli/dist/main.js', import.meta.url));
const key = randomBytes(32);
const secrets = new Secrets(key);

let scratch: ScratchStore;
let tokens: TokenStore;
beforeAll(async () => {
  scratch = await scratchStore();
  tokens = scratch.worker.tokens(secrets);
});
afterAll(() => scratch?.close());

const push = (appid: string, code: string | null, second: number) =>
  tokens.recordAuthorization({
    appid,
    code,
    key: `${code?.length} ${second}`,
    sentAt: new Date(second * 1000),
  });
const given = (n: number) => ({
  refreshToken: `refresh ${n}`,
  accessToken: `access ${n}`,
  grantedMs: 7_200_000,
});

const heldBy = ({ refreshToken, accessToken }: ReturnType<typeof given>) => ({ refreshToken, accessToken });

async function read(appid: string) {
  const found = await tokens.readTokens(appid);
  if (found === undefined) throw new Error('there is nothing');
  return found;
}

/** Exchanges the code of a mini-program for its n-th tokens. */
async function exchange(appid: string, n = 1) {
  const { codeId, refreshTokenId: used } = await read(appid);
  const exchanged = { codeId: codeId ?? '', permissionSets: [18, 25] };
  return tokens.keepTokens({ appid, used }, given(n), exchanged);
}

async function authorized(second = 100): Promise<string> {
  const appid = newAppid();
  await push(appid, 'code', second);
  await exchange(appid);
  return appid;
}

describe('recordAuthorization', () => {
  it('An authorization code is stored until it is exchanged', async () => {
    const appid = newAppid();
    expect(await push(appid, 'code', 100)).toBe(true);
    expect(await tokens.authorizersWithCode(100)).toContain(appid);
    expect(await read(appid)).toMatchObject({ state: 'AUTHORIZED', code: 'code', accessToken: undefined });
    expect(await exchange(appid)).toBe(true);
    const { remainingMs, ...rest } = await read(appid);
    expect(rest).toMatchObject({ code: undefined, refreshToken: 'refresh 1', accessToken: 'access 1' });
    expect(remainingMs).toBeGreaterThan(7_190_000);
    expect(remainingMs).toBeLessThanOrEqual(7_200_000);
    expect(await tokens.authorizersWithCode(100)).not.toContain(appid);
    expect((await tokens.getAuthorizer(appid))?.permissionSets).toEqual([18, 25]);
  });

  it('A withdrawal deletes code and tokens, and a new authorization restores them', async () => {
    const appid = await authorized(100);
    expect(await push(appid, null, 101)).toBe(true);
    const [row] = await scratch.sql('select * from authorizers where appid = $1', [appid]);
    expect(row).toMatchObject({ state: 'UNAUTHORIZED', code: null, refresh_token: null, access_token: null });
    expect(await push(appid, 'again', 102)).toBe(true);
    await exchange(appid, 2);
    expect(await read(appid)).toMatchObject({ state: 'AUTHORIZED', accessToken: 'access 2' });
  });

  it('A late or duplicate authorization callback changes nothing', async () => {
    const appid = await authorized(100);
    expect(await push(appid, null, 99)).toBe(false);
    expect(await push(appid, 'code', 100)).toBe(false);
    expect(await read(appid)).toMatchObject({
      state: 'AUTHORIZED',
      code: undefined,
      accessToken: 'access 1',
    });
    await push(appid, null, 200);
    expect(await push(appid, null, 200)).toBe(false);
    expect(await push(appid, 'old', 199)).toBe(false);
    expect(await read(appid)).toMatchObject({ state: 'UNAUTHORIZED', code: undefined });
  });

  it('Authorization callbacks of the same second are applied once each in the order of arrival', async () => {
    const appid = await authorized(100);
    expect(await push(appid, null, 100)).toBe(true);
    expect(await push(appid, 'code', 100)).toBe(false);
    expect((await read(appid)).state).toBe('UNAUTHORIZED');
  });

  it('A withdrawal of an unknown mini-program is stored, so that an earlier authorization that arrives later is ignored', async () => {
    const appid = newAppid();
    expect(await push(appid, null, 100)).toBe(true);
    expect(await push(appid, 'code', 99)).toBe(false);
    expect((await read(appid)).state).toBe('UNAUTHORIZED');
  });
});

describe('keepTokens', () => {
  it('Tokens requested before a withdrawal are not stored, even after a new authorization', async () => {
    const appid = await authorized(100);
    const { refreshTokenId: used } = await read(appid);
    await push(appid, null, 101);
    expect(await tokens.keepTokens({ appid, used }, given(2))).toBe(false);
    await push(appid, 'again', 102);
    expect(await tokens.keepTokens({ appid, used }, given(2))).toBe(false);
    expect(await read(appid)).toMatchObject({ refreshToken: undefined, accessToken: undefined });
  });

  it('Tokens are stored while a new code is pending, and the code stays', async () => {
    const appid = await authorized(100);
    const { refreshTokenId: used } = await read(appid);
    await push(appid, 'new', 101);
    expect(await tokens.keepTokens({ appid, used }, given(2))).toBe(true);
    expect(await read(appid)).toMatchObject({ code: 'new', refreshToken: 'refresh 2' });
  });

  it('Tokens that arrive after a rejection of their refresh token make the mini-program AUTHORIZED again', async () => {
    const appid = await authorized();
    const { refreshTokenId: used } = await read(appid);
    await tokens.refuseRefreshToken({ appid, used }, '61023');
    expect(await tokens.getAuthorizer(appid)).toMatchObject({
      state: 'NEEDS_AUTHORIZATION',
      lastError: '61023',
      accessTokenAt: null,
    });
    expect(await tokens.keepTokens({ appid, used }, given(2))).toBe(true);
    expect(await tokens.getAuthorizer(appid)).toMatchObject({ state: 'AUTHORIZED', lastError: null });
  });

  it('A rejection of a replaced refresh token changes nothing, and tokens requested with it are not stored', async () => {
    const appid = await authorized();
    const { refreshTokenId: used } = await read(appid);
    await tokens.keepTokens({ appid, used }, given(2));
    await tokens.refuseRefreshToken({ appid, used }, '61023');
    expect(await tokens.keepTokens({ appid, used }, given(3))).toBe(false);
    expect(await read(appid)).toMatchObject({ state: 'AUTHORIZED', accessToken: 'access 2' });
  });
});

describe('rejectCode', () => {
  it.each([
    ['makes a new mini-program NEEDS_AUTHORIZATION', false, 'NEEDS_AUTHORIZATION'],
    ['leaves an authorized mini-program AUTHORIZED', true, 'AUTHORIZED'],
  ])('A code that WeChat rejects %s', async (_what, before, state) => {
    const appid = before ? await authorized(100) : newAppid();
    await push(appid, 'bad', 200);
    const { codeId } = await read(appid);
    await tokens.rejectCode({ appid, codeId: codeId ?? '' }, '61010 expired');
    expect(await tokens.getAuthorizer(appid)).toMatchObject({
      state,
      hasCode: false,
      lastError: '61010 expired',
    });
    await push(appid, 'good', 201);
    await tokens.rejectCode({ appid, codeId: codeId ?? '' }, '61010 expired');
    expect((await read(appid)).code).toBe('good');
  });
});

describe('TokenStore', () => {
  it('listAuthorizers returns the mini-programs page by page, of one state if requested', async () => {
    await scratch.sql('delete from authorizers');
    const appids = [await authorized(), await authorized(), await authorized()].sort();
    await push(appids[1] ?? '', null, 300);
    const page = await tokens.listAuthorizers({ limit: 2 });
    expect(page.map(({ appid }) => appid)).toEqual(appids.slice(0, 2));
    const rest = await tokens.listAuthorizers({ limit: 2, afterAppid: page.at(-1)?.appid ?? '' });
    expect(rest.map(({ appid }) => appid)).toEqual(appids.slice(2));
    const withdrawn = await tokens.listAuthorizers({ limit: 9, state: 'UNAUTHORIZED' });
    expect(withdrawn).toMatchObject([{ appid: appids[1], hasRefreshToken: false, permissionSets: null }]);
    expect(await tokens.countAuthorizers()).toEqual({
      AUTHORIZED: 2,
      NEEDS_AUTHORIZATION: 0,
      UNAUTHORIZED: 1,
    });
  });

  it('An imported mini-program gets another token only after its own was rejected, and can be removed', async () => {
    const appid = newAppid();
    const importToken = (refreshToken: string, n: number) =>
      tokens.keepImported({ appid, refreshToken }, given(n));
    const importConflict = (refreshToken: string) => tokens.readImport({ appid, refreshToken });
    expect(await importConflict('r')).toBe('nothing');
    expect(await importToken('r', 1)).toBe(true);
    const first = await read(appid);
    expect(first).toMatchObject({ ...heldBy(given(1)), state: 'AUTHORIZED' });
    expect([await importConflict('r'), await importConflict('s')]).toEqual(['repeated', 'exists']);
    expect(await importToken('s', 2)).toBe(false);
    expect(await read(appid)).toMatchObject(heldBy(given(1)));
    await tokens.keepAuthorizerInfo(appid, { permissionSets: [17, 18], nickName: '好吃面馆' });
    expect(await tokens.readGrant(appid)).toMatchObject({ state: 'AUTHORIZED', permissionSets: [17, 18] });
    const { refreshTokenId: used } = first;
    await tokens.refuseRefreshToken({ appid, used }, '61023');
    expect(await importConflict('r')).toBe('nothing');
    expect(await importToken('s', 3)).toBe(true);
    expect(await tokens.keepTokens({ appid, used }, given(4))).toBe(false);
    expect(await read(appid)).toMatchObject(heldBy(given(3)));
    expect(await tokens.readGrant(appid)).toMatchObject({ state: 'AUTHORIZED', permissionSets: null });
    expect(await tokens.removeAuthorizer(appid)).toBe(true);
    expect(await tokens.removeAuthorizer(appid)).toBe(false);
    expect(await tokens.getAuthorizer(appid)).toBeUndefined();
    expect(await tokens.readTokens(appid)).toBeUndefined();
    expect(await tokens.readGrant(appid)).toBeUndefined();
  });

  it('The refresh token of an import is encrypted for its mini-program only', () => {
    const appid = newAppid();
    const encrypted = tokens.sealRefreshToken({ appid, refreshToken: 'refreshtoken@@@r' });
    expect(encrypted.toString()).not.toContain('refreshtoken');
    expect(tokens.openRefreshToken(appid, encrypted)).toBe('refreshtoken@@@r');
    expect(tokens.openRefreshToken(newAppid(), encrypted)).toBeUndefined();
  });
});

describe('secrets at rest', () => {
  it('Secrets are stored encrypted and cannot be read in another row', async () => {
    const [a, b] = [await authorized(), await authorized()];
    await push(a, 'secret code', 900);
    const rows = await scratch.sql('select * from authorizers');
    expect(JSON.stringify(rows)).not.toMatch(/refresh \d|access \d|secret code/);
    await scratch.sql(
      'update authorizers set refresh_token = (select refresh_token from authorizers where appid = $2) where appid = $1',
      [b, a],
    );
    await expect(tokens.readTokens(b)).rejects.toThrow();
    // An unreadable row does not prevent reading others.
    const all = await Promise.allSettled([tokens.readTokens(a), tokens.readTokens(b), tokens.readTokens(a)]);
    expect(all.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    await scratch.sql('delete from authorizers where appid = $1', [b]);
  });

  it('Secrets cannot be read with another key, and secrets-rotate re-encrypts them and may be repeated', async () => {
    for (let i = 0; i < 3; i += 1) await authorized();
    await tokens.checkKeys();
    const next = randomBytes(32);
    const other = scratch.worker.tokens(new Secrets(next));
    await expect(other.checkKeys()).rejects.toThrow(secrets.keyId);

    const rotate = (env: Record<string, string>) =>
      promisify(execFile)(process.execPath, [CLI, 'secrets', 'rotate'], {
        env: { DATABASE_URL: scratch.url, ...env },
      });
    const keys = { SECRETS_KEY: next.toString('base64'), SECRETS_KEY_PREVIOUS: key.toString('base64') };
    await expect(
      rotate({ ...keys, SECRETS_KEY_PREVIOUS: randomBytes(32).toString('base64') }),
    ).rejects.toMatchObject({
      code: 78,
      stderr: expect.stringContaining(secrets.keyId),
    });
    await expect(rotate({ ...keys, SECRETS_KEY: 'short' })).rejects.toMatchObject({ code: 78 });
    const { stdout } = await rotate(keys);
    expect(stdout).toMatch(/authorizers: (\d+) of \1\n/);
    await other.checkKeys();
    await expect(tokens.checkKeys()).rejects.toThrow();
    const [first] = await other.listAuthorizers({ limit: 1, state: 'AUTHORIZED' });
    expect(await other.readTokens(first?.appid ?? '')).toMatchObject({
      refreshToken: expect.stringMatching(/^refresh/),
    });
    expect((await rotate(keys)).stdout).toContain('authorizers: 0 of 0');
  });
});
