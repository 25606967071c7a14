import { randomBytes, randomUUID } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { Secrets } from '@wxa/authorizers';
import { eventually } from '../eventually.js';
import { wxa } from '../wxa.js';
import { newAppid, SECRETS_KEY, scratch, secrets, sql, tokens, useStore, worker } from './use-store.js';

useStore();

const END_WAITING = `
select pg_terminate_backend(pid) from pg_stat_activity
where application_name = 'wxa-cli secrets' and wait_event_type = 'Lock' and datname = current_database()`;

const push = (appid: string, code: string | null, second: number) =>
  tokens.recordAuthorization({
    appid,
    code,
    key: `${code?.length} ${second}`,
    sentAt: new Date(second * 1000),
  });
const heldBy = (n: number) => ({ refreshToken: `refresh ${n}`, accessToken: `access ${n}` });
const given = (n: number) => ({ ...heldBy(n), grantedMs: 7_200_000 });

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

/** A mini-program with its first tokens. */
async function authorized() {
  const appid = newAppid();
  await push(appid, 'code', 100);
  await exchange(appid);
  return { appid, used: (await read(appid)).refreshTokenId };
}

describe('recordAuthorization', () => {
  it('An authorization code is stored until it is exchanged', async () => {
    const appid = newAppid();
    expect(await push(appid, 'code', 100)).toBe(true);
    expect(await tokens.authorizersWithCode(100)).toContain(appid);
    expect(await read(appid)).toMatchObject({ state: 'AUTHORIZED', code: 'code', accessToken: undefined });
    expect(await exchange(appid)).toBe(true);
    const { remainingMs, ...rest } = await read(appid);
    expect(rest).toMatchObject({ code: undefined, ...heldBy(1) });
    expect(remainingMs).toBeGreaterThan(7_190_000);
    expect(remainingMs).toBeLessThanOrEqual(7_200_000);
    expect(await tokens.authorizersWithCode(100)).not.toContain(appid);
    expect((await tokens.getAuthorizer(appid))?.permissionSets).toEqual([18, 25]);
  });

  it('A withdrawal deletes code and tokens, and a new authorization restores them', async () => {
    const { appid } = await authorized();
    expect(await push(appid, null, 101)).toBe(true);
    const [row] = await sql('select * from authorizers where appid = $1', appid);
    expect(row).toMatchObject({ state: 'UNAUTHORIZED', code: null, refresh_token: null, access_token: null });
    expect(await push(appid, 'again', 102)).toBe(true);
    await exchange(appid, 2);
    expect(await read(appid)).toMatchObject({ state: 'AUTHORIZED', accessToken: 'access 2' });
  });

  it('A late or duplicate callback changes nothing, and one of the same second is applied in the order of arrival', async () => {
    const { appid } = await authorized();
    expect([await push(appid, null, 99), await push(appid, 'code', 100)]).toEqual([false, false]);
    expect(await read(appid)).toMatchObject({ state: 'AUTHORIZED', code: undefined, ...heldBy(1) });
    expect(await push(appid, null, 100)).toBe(true);
    for (const [code, second] of [['code', 100] as const, [null, 100] as const, ['old', 99] as const])
      expect(await push(appid, code, second)).toBe(false);
    expect(await read(appid)).toMatchObject({ state: 'UNAUTHORIZED', code: undefined });
  });

  it('A withdrawal of an unknown mini-program is stored, so that an earlier authorization that arrives later is ignored', async () => {
    const appid = newAppid();
    expect([await push(appid, null, 100), await push(appid, 'code', 99)]).toEqual([true, false]);
    expect((await read(appid)).state).toBe('UNAUTHORIZED');
  });
});

describe('keepTokens', () => {
  it('Tokens requested before a withdrawal are not stored, even after a new authorization', async () => {
    const { appid, used } = await authorized();
    await push(appid, null, 101);
    expect(await tokens.keepTokens({ appid, used }, given(2))).toBe(false);
    await push(appid, 'again', 102);
    expect(await tokens.keepTokens({ appid, used }, given(2))).toBe(false);
    expect(await read(appid)).toMatchObject({ refreshToken: undefined, accessToken: undefined });
  });

  it('Tokens are stored while a new code is pending, and the code stays', async () => {
    const { appid, used } = await authorized();
    await push(appid, 'new', 101);
    expect(await tokens.keepTokens({ appid, used }, given(2))).toBe(true);
    expect(await read(appid)).toMatchObject({ code: 'new', refreshToken: 'refresh 2' });
  });

  it('Tokens that arrive after a rejection of their refresh token make the mini-program AUTHORIZED again', async () => {
    const { appid, used } = await authorized();
    await tokens.refuseRefreshToken({ appid, used }, '61023');
    const refused = { state: 'NEEDS_AUTHORIZATION', lastError: '61023', accessTokenAt: null };
    expect(await tokens.getAuthorizer(appid)).toMatchObject(refused);
    expect(await tokens.keepTokens({ appid, used }, given(2))).toBe(true);
    expect(await tokens.getAuthorizer(appid)).toMatchObject({ state: 'AUTHORIZED', lastError: null });
  });

  it('A rejection of a replaced refresh token changes nothing, and tokens requested with it are not stored', async () => {
    const { appid, used } = await authorized();
    await tokens.keepTokens({ appid, used }, given(2));
    await tokens.refuseRefreshToken({ appid, used }, '61023');
    expect(await tokens.keepTokens({ appid, used }, given(3))).toBe(false);
    expect(await read(appid)).toMatchObject({ state: 'AUTHORIZED', accessToken: 'access 2' });
  });

  it('The last holder of the lease replaces tokens that were stored meanwhile, also if its first write was not confirmed', async () => {
    const { appid, used } = await authorized();
    const holder = randomUUID();
    await worker.leases.hold(`token/${appid}`, holder, 0);
    const keep = (n: number) => tokens.keepTokens({ appid, used, holder }, given(n));
    expect(await tokens.keepTokens({ appid, used, holder: randomUUID() }, given(2))).toBe(true);
    expect([await keep(3), await keep(3)]).toEqual([true, true]);
    expect(await read(appid)).toMatchObject({ state: 'AUTHORIZED', ...heldBy(3) });
    await worker.leases.hold(`token/${appid}`, randomUUID(), 1_000);
    expect(await keep(4)).toBe(false);
    expect(await read(appid)).toMatchObject(heldBy(3));
  });

  it('The last holder of the lease stores no tokens that it requested before a withdrawal or a rejection', async () => {
    const { appid, used } = await authorized();
    const holder = randomUUID();
    await worker.leases.hold(`token/${appid}`, holder, 1_000);
    const keep = () => tokens.keepTokens({ appid, used, holder }, given(3));
    await tokens.keepTokens({ appid, used }, given(2));
    await tokens.refuseRefreshToken({ appid, used: (await read(appid)).refreshTokenId }, '61023');
    expect(await keep()).toBe(false);
    await push(appid, null, 101);
    await push(appid, 'again', 102);
    expect(await keep()).toBe(false);
    expect(await read(appid)).toMatchObject({ refreshToken: undefined, accessToken: undefined });
  });
});

it.each([
  ['makes a new mini-program NEEDS_AUTHORIZATION', false, 'NEEDS_AUTHORIZATION'],
  ['leaves an authorized mini-program AUTHORIZED', true, 'AUTHORIZED'],
])('A code that WeChat rejects %s', async (_what, before, state) => {
  const { appid } = before ? await authorized() : { appid: newAppid() };
  await push(appid, 'bad', 200);
  const codeId = (await read(appid)).codeId ?? '';
  const refuse = () => tokens.rejectCode({ appid, codeId }, '61010 expired');
  await refuse();
  const refused = { state, hasCode: false, lastError: '61010 expired' };
  expect(await tokens.getAuthorizer(appid)).toMatchObject(refused);
  await push(appid, 'good', 201);
  await refuse();
  expect((await read(appid)).code).toBe('good');
});

it('A mini-program of which nothing but its callback is known is deleted, and none that has labels, a name or permission sets', async () => {
  const [unknown, labelled, named, granted] = [newAppid(), newAppid(), newAppid(), newAppid()];
  await tokens.registerAuthorizers([labelled, named, granted]);
  await tokens.setLabels(labelled, ['餐饮']);
  await tokens.keepName(named, '好吃面馆');
  await tokens.keepAuthorizerInfo(granted, { permissionSets: [18], nickName: '' });
  const isDeleted = async (appid: string) => {
    await push(appid, 'bad', 200);
    const { codeId } = await read(appid);
    return tokens.deleteUnknownAuthorizer({ appid, codeId: codeId ?? '' });
  };
  expect([await isDeleted(unknown), await tokens.getAuthorizer(unknown)]).toEqual([true, undefined]);
  for (const appid of [labelled, named, granted]) expect(await isDeleted(appid)).toBe(false);
  expect(await tokens.getAuthorizer(labelled)).toMatchObject({ labels: ['餐饮'] });
});

describe('TokenStore', () => {
  it('An imported mini-program gets another token only after its own was rejected, and can be removed', async () => {
    const appid = newAppid();
    const importToken = (refreshToken: string, n: number) =>
      tokens.keepImported({ appid, refreshToken }, given(n));
    const importConflict = (refreshToken: string) => tokens.readImport({ appid, refreshToken });
    expect(await importConflict('r')).toBe('nothing');
    expect(await importToken('r', 1)).toBe(true);
    const first = await read(appid);
    expect(first).toMatchObject({ ...heldBy(1), state: 'AUTHORIZED' });
    expect([await importConflict('r'), await importConflict('s')]).toEqual(['repeated', 'exists']);
    expect(await importToken('s', 2)).toBe(false);
    expect(await read(appid)).toMatchObject(heldBy(1));
    await tokens.keepAuthorizerInfo(appid, { permissionSets: [17, 18], nickName: '好吃面馆' });
    expect(await tokens.readGrant(appid)).toMatchObject({ state: 'AUTHORIZED', permissionSets: [17, 18] });
    const { refreshTokenId: used } = first;
    await tokens.refuseRefreshToken({ appid, used }, '61023');
    expect(await importConflict('r')).toBe('nothing');
    expect(await importToken('s', 3)).toBe(true);
    expect(await tokens.keepTokens({ appid, used }, given(4))).toBe(false);
    expect(await read(appid)).toMatchObject(heldBy(3));
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
    const [{ appid: a }, { appid: b }] = [await authorized(), await authorized()];
    await push(a, 'secret code', 900);
    const rows = await sql('select * from authorizers');
    expect(JSON.stringify(rows)).not.toMatch(/refresh \d|access \d|secret code/);
    await sql(
      'update authorizers set refresh_token = (select refresh_token from authorizers where appid = $2) where appid = $1',
      ...[b, a],
    );
    await expect(tokens.readTokens(b)).rejects.toThrow();
    // An unreadable row does not prevent reading others.
    const all = await Promise.allSettled([tokens.readTokens(a), tokens.readTokens(b), tokens.readTokens(a)]);
    expect(all.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    await sql('delete from authorizers where appid = $1', b);
  });

  it('Secrets cannot be read with another key, and secrets-rotate re-encrypts them and may be repeated', async () => {
    const [{ appid }] = [await authorized(), await authorized(), await authorized()];
    await tokens.checkKeys();
    const next = randomBytes(32);
    const other = worker.tokens(new Secrets(next));
    await expect(other.checkKeys()).rejects.toThrow(secrets.keyId);

    const rotate = (env: Record<string, string>) =>
      wxa(['secrets', 'rotate'], { DATABASE_URL: scratch.url, ...env });
    const keys = {
      SECRETS_KEY: next.toString('base64'),
      SECRETS_KEY_PREVIOUS: SECRETS_KEY.toString('base64'),
    };
    const another = rotate({ ...keys, SECRETS_KEY_PREVIOUS: randomBytes(32).toString('base64') });
    expect(await another).toMatchObject({ code: 78, err: expect.stringContaining(secrets.keyId) });
    expect(await rotate({ ...keys, SECRETS_KEY: 'short' })).toMatchObject({ code: 78 });
    expect((await rotate(keys)).out).toMatch(/authorizers: (\d+) of \1\n/);
    await other.checkKeys();
    await expect(tokens.checkKeys()).rejects.toThrow();
    expect((await other.readTokens(appid))?.refreshToken).toMatch(/^refresh/);
    expect((await rotate(keys)).out).toContain('authorizers: 0 of 0');
  });

  it('wxa secrets rotate exits with 69 if it loses Postgres', async () => {
    const key = () => randomBytes(32).toString('base64');
    const holder = await scratch.pool.connect();
    try {
      await holder.query('begin; lock authorizers');
      const env = { DATABASE_URL: scratch.url, SECRETS_KEY: key(), SECRETS_KEY_PREVIOUS: key() };
      const rotated = wxa(['secrets', 'rotate'], env);
      await eventually(async () => (await sql(END_WAITING)).length > 0);
      expect(await rotated).toMatchObject({ code: 69, err: expect.stringMatching(/^Postgres: /) });
    } finally {
      holder.release(true);
    }
  });
});
