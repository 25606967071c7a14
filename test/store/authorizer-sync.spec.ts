import { beforeEach, describe, expect, it } from '@jest/globals';
import { NO_PROGRESS, type StoredSync } from '@wxa/authorizers';
import { newAppid, sql, tokens, useStore, value, worker } from './use-store.js';

useStore();

const at = (second: number) => new Date(second * 1000);
const LATER = new Date('2100-01-01T00:00:00Z');
const listed = (appid: string, second: number, refreshToken = 'of the list') => ({
  ...{ appid, refreshToken, authorizedAt: at(second) },
});
const push = (appid: string, code: string | null, second: number) =>
  tokens.recordAuthorization({ appid, code, key: `${code} ${second}`, sentAt: at(second) });
const given = (refreshToken: string) => ({ refreshToken, accessToken: 'a', grantedMs: 7_200_000 });
const read = async (appid: string) => ({
  ...(await tokens.getAuthorizer(appid)),
  ...(await tokens.readTokens(appid)),
});
const lookUp = async (appid: string, startedAt = LATER) => (await tokens.lookUpListed([appid], startedAt))[0];
const ignoredAt = async (appid: string) => (await lookUp(appid))?.ignoredAt;

async function authorized(): Promise<string> {
  const appid = newAppid();
  await tokens.keepImported({ appid, refreshToken: 'r' }, given('r'));
  return appid;
}

describe('addListed', () => {
  it('What is unknown is stored as AUTHORIZED with its refresh token, encrypted, and nothing else is changed', async () => {
    const [added, known] = [newAppid(), await authorized()];
    expect(await tokens.addListed([listed(added, 100), listed(known, 100)])).toEqual([added]);
    expect(await read(added)).toMatchObject({
      ...{ state: 'AUTHORIZED', authorizedAt: at(100), permissionSets: null, refreshToken: 'of the list' },
    });
    expect(await read(known)).toMatchObject({ refreshToken: 'r', authorizedAt: null });
    expect(JSON.stringify(await sql('select * from authorizers'))).not.toContain('of the list');
    expect(await tokens.addListed([])).toEqual([]);
  });

  it('One that was removed is not stored until the list has a later authorization', async () => {
    const appid = await authorized();
    await tokens.removeAuthorizer(appid);
    const removedAt = Number(await ignoredAt(appid)) / 1000;
    expect(await tokens.addListed([listed(appid, removedAt)])).toEqual([]);
    expect(await tokens.addListed([listed(appid, removedAt + 1)])).toEqual([appid]);
    expect(await ignoredAt(appid)).toBeNull();
  });

  it.each([
    ['a later callback', (appid: string) => push(appid, 'code', LATER.getTime() / 1000)],
    ['an import', (appid: string) => tokens.keepImported({ appid, refreshToken: 'r' }, given('r'))],
  ])('One that was removed is not ignored any more after %s', async (_what, authorize) => {
    const appid = await authorized();
    await tokens.removeAuthorizer(appid);
    expect(await ignoredAt(appid)).toEqual(expect.any(Date));
    await authorize(appid);
    expect(await ignoredAt(appid)).toBeNull();
  });

  it('One that was removed is not brought back by a callback from before, whether repeated or late, and by a later one', async () => {
    const appid = newAppid();
    const now = Math.floor(Date.now() / 1000);
    await push(appid, 'code', now - 60);
    await tokens.removeAuthorizer(appid);
    const removedAt = Number(await ignoredAt(appid)) / 1000;
    const late = [
      push(appid, 'code', now - 60),
      push(appid, 'updated', now - 30),
      push(appid, null, now - 10),
    ];
    expect(await Promise.all([...late, push(appid, 'same second', removedAt)])).toEqual(Array(4).fill(false));
    expect(await tokens.getAuthorizer(appid)).toBeUndefined();
    expect(await ignoredAt(appid)).toEqual(at(removedAt));
    expect(await push(appid, 'again', removedAt + 1)).toBe(true);
    expect((await read(appid)).state).toBe('AUTHORIZED');
  });

  it('One that was removed stays so when its authorization is withdrawn, and a callback from before that is outdated', async () => {
    const appid = await authorized();
    await tokens.removeAuthorizer(appid);
    const removedAt = Number(await ignoredAt(appid)) / 1000;
    expect(await push(appid, null, removedAt + 2)).toBe(false);
    expect(await push(appid, 'updated', removedAt + 1)).toBe(false);
    expect(await push(appid, null, removedAt + 1)).toBe(false);
    expect(await tokens.getAuthorizer(appid)).toBeUndefined();
    expect(await ignoredAt(appid)).toEqual(at(removedAt + 2));
    expect(await push(appid, 'again', removedAt + 3)).toBe(true);
    // A gateway of an older version stores an authorization and leaves the removal.
    await sql(`insert into authorizer_ignored (appid, told_at, cause) values ($1, now(), 'REMOVED')`, appid);
    expect(await push(appid, null, removedAt + 3_600)).toBe(true);
    expect((await read(appid)).state).toBe('UNAUTHORIZED');
  });
});

it('recoverListed stores the refresh token of one that had withdrawn before the listed authorization, and of no other', async () => {
  const [withdrawn, later, known] = [newAppid(), newAppid(), await authorized()];
  await push(withdrawn, null, 100);
  await push(later, null, 102);
  const all = [withdrawn, later, known].map((appid) => listed(appid, 101));
  expect(await tokens.recoverListed(all)).toEqual([withdrawn]);
  expect(await read(withdrawn)).toMatchObject({ state: 'AUTHORIZED', refreshToken: 'of the list' });
  expect((await read(later)).state).toBe('UNAUTHORIZED');
  expect((await read(known)).refreshToken).toBe('r');
});

it.each<[string, (appid: string) => Promise<unknown>]>([
  ['a sync', (appid) => tokens.recoverListed([listed(appid, 102)])],
  ['an import', (appid) => tokens.keepImported({ appid, refreshToken: 'r' }, given('r'))],
  ['an operator who registered it', (appid) => tokens.registerAuthorizers([appid])],
])(
  'A late withdrawal from before the authorization that came by %s changes nothing',
  async (by, authorize) => {
    const appid = newAppid();
    await push(appid, null, 100);
    if (by !== 'a sync') await tokens.removeAuthorizer(appid);
    const endedAt = by === 'a sync' ? 102 : Number(await ignoredAt(appid)) / 1000;
    await authorize(appid);
    expect(await push(appid, null, endedAt - 1)).toBe(false);
    expect((await read(appid)).state).toBe('AUTHORIZED');
    expect(await push(appid, null, endedAt + 1)).toBe(true);
  },
);

describe('keepListedInfo', () => {
  const info = (appid: string, permissionSets: number[], toldAt: Date | null = null) =>
    tokens.keepListedInfo({ ...listed(appid, 200), toldAt, permissionSets, nickName: '好吃面馆' });

  it('Permission sets, name and time are stored, also while the token is renewed', async () => {
    const appid = newAppid();
    await tokens.addListed([listed(appid, 100)]);
    const { refreshTokenId: used = '' } = await read(appid);
    await tokens.keepTokens({ appid, used }, given('renewed'));
    expect([await info(appid, [18]), await info(appid, [18]), await info(appid, [17, 18])]).toEqual([
      ...[false, false, true],
    ]);
    expect(await read(appid)).toMatchObject({
      ...{ permissionSets: [17, 18], nickName: '好吃面馆', authorizedAt: at(200), refreshToken: 'renewed' },
    });
  });

  it('What was read is not stored if a callback came meanwhile', async () => {
    const appid = newAppid();
    await tokens.addListed([listed(appid, 100)]);
    await push(appid, 'code', 300);
    expect(await info(appid, [18])).toBe(false);
    expect(await info(appid, [18], at(300))).toBe(false);
    expect((await read(appid)).permissionSets).toBeNull();
  });
});

describe('ignoreListed', () => {
  it('An account that a sync added is deleted and ignored until it authorizes again', async () => {
    const appid = newAppid();
    await tokens.addListed([listed(appid, 100)]);
    expect(await tokens.ignoreListed(listed(appid, 100))).toBe(true);
    expect(await tokens.getAuthorizer(appid)).toBeUndefined();
    expect(await ignoredAt(appid)).toEqual(expect.any(Date));
    expect(await tokens.addListed([listed(appid, 100)])).toEqual([]);
  });

  it.each([
    ['a callback', (appid: string) => push(appid, 'code', 100)],
    ['an import', (appid: string) => tokens.keepImported({ appid, refreshToken: 'r' }, given('r'))],
  ])('An account that came by %s stays', async (_what, authorize) => {
    const appid = newAppid();
    await authorize(appid);
    expect(await tokens.ignoreListed(listed(appid, 100))).toBe(false);
    expect((await read(appid)).state).toBe('AUTHORIZED');
    expect(await ignoredAt(appid)).toBeNull();
  });
});

it('lookUpListed tells what a sync needs to know of a mini-program', async () => {
  const appid = newAppid();
  expect(await lookUp(appid)).toEqual({ appid, known: undefined, ignoredAt: null });
  await push(appid, 'code', 100);
  const known = { state: 'AUTHORIZED', hasCode: true, hasPermissionSets: false };
  const times = { authorizedAt: at(100), toldAt: at(100) };
  expect(await lookUp(appid)).toMatchObject({ known: { ...known, ...times, isNewer: false } });
  expect(await lookUp(appid, at(100))).toMatchObject({ known: { isNewer: true } });
});

it('absentAuthorizers returns those that are authorized and not listed, with whether an earlier sync missed them', async () => {
  await sql('delete from authorizers');
  const [present, absent, withdrawn] = [await authorized(), await authorized(), newAppid()];
  await push(withdrawn, null, 100);
  const look = () => tokens.absentAuthorizers([present], LATER);
  const { refreshTokenId: used } = await read(absent);
  const found = { appid: absent, used, hasCode: false, isNewer: false };
  expect(await look()).toEqual([{ ...found, wasAbsent: false }]);
  await tokens.noteAbsence([absent], true);
  expect(await look()).toEqual([{ ...found, wasAbsent: true }]);
  expect(await tokens.absentAuthorizers([present], at(100))).toMatchObject([
    { wasAbsent: false, isNewer: true },
  ]);
  expect(await tokens.absentAuthorizers([present, absent], LATER)).toEqual([]);
  expect(await look()).toEqual([{ ...found, wasAbsent: false }]);
});

describe('a sync', () => {
  beforeEach(() => sql('truncate authorizer_syncs'));
  const by = { caller: 'oncall', onBehalfOf: null, peer: null };
  const dateBack = (interval: string) =>
    sql('update authorizer_syncs set started_at = now() - $1::interval', interval);
  const started = async () => (await tokens.startSync(by)) as StoredSync;

  it('One sync runs at a time, and its start is in the trail', async () => {
    const [first, second] = await Promise.all([tokens.startSync(by), tokens.startSync(by)]);
    expect([first, second].filter(Boolean)).toHaveLength(1);
    const { id = '' } = first ?? second ?? {};
    expect(await tokens.nextSync(0)).toMatchObject({
      id,
      state: 'RUNNING',
      progress: NO_PROGRESS,
      endedAt: null,
    });
    expect(await sql(`select caller, detail from trail where action = 'authorizers.synced'`)).toEqual([
      { caller: 'oncall', detail: { sync: id } },
    ]);
  });

  it('A sync is repeated after the interval, once an operator has started one, and not with the interval 0', async () => {
    expect(await tokens.nextSync(1)).toBeUndefined();
    const { id } = await started();
    await tokens.endSync(id, NO_PROGRESS, null);
    expect(await tokens.nextSync(3_600_000)).toBeUndefined();
    await dateBack('1 hour');
    expect(await tokens.nextSync(0)).toBeUndefined();
    const repeated = await Promise.all([tokens.nextSync(3_600_000), tokens.nextSync(3_600_000)]);
    const next = await tokens.readSync();
    expect(next).toMatchObject({ state: 'RUNNING' });
    expect(Number(next?.id)).toBeGreaterThan(Number(id));
    for (const each of repeated.filter((one) => one !== undefined)) expect(each.id).toBe(next?.id);
  });

  it('A sync that ended keeps its counts, and is in the trail if it changed anything', async () => {
    const { id } = await started();
    const progress = { ...NO_PROGRESS, pages: 3, total: 1_200, added: 4 };
    await tokens.keepSyncProgress(id, { ...NO_PROGRESS, pages: 1 });
    await tokens.endSync(id, progress, 'WeChat did not answer');
    await tokens.endSync(id, NO_PROGRESS, null);
    const ended = {
      id,
      state: 'FAILED',
      progress,
      error: 'WeChat did not answer',
      endedAt: expect.any(Date),
    };
    expect([await tokens.readSync(), await tokens.readSync(id)]).toMatchObject([ended, ended]);
    expect(await tokens.readSync('1000000')).toBeUndefined();
    const counts = { added: 4, repaired: 0, recovered: 0 };
    expect(
      await value(`select detail from trail where action = 'authorizers.synced' and caller is null`),
    ).toEqual({
      ...{ sync: id, ...counts },
    });
  });

  it('Syncs are deleted after 90 days, except the latest, and labels of links after a day', async () => {
    const kept = { queriesMs: 1, changesMs: 1, trailMs: 30 * 86_400_000, rolloutsMs: 1 };
    for (let i = 0; i < 2; i += 1) await tokens.endSync((await started()).id, NO_PROGRESS, null);
    await sql(`update authorizer_syncs set ended_at = now() - interval '91 days'`);
    expect([await worker.deleteOld('syncs', kept), await worker.deleteOld('syncs', kept)]).toEqual([1, 0]);
    await tokens.keepLinkLabels('old', ['餐饮']);
    await sql(`update link_labels set created_at = now() - interval '25 hours'`);
    await tokens.keepLinkLabels('new', ['餐饮']);
    expect([await worker.deleteOld('links', kept), await worker.deleteOld('links', kept)]).toEqual([1, 0]);
  });
});
