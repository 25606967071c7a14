import { randomUUID } from 'node:crypto';
import { beforeAll, describe, expect, it } from '@jest/globals';
import type { TokenStore } from '@wxa/authorizers';
import { gateway, newAppid, secrets, sql, tokens, useStore } from './use-store.js';

useStore();
/** The tokens in the gateway's store. */
let received: TokenStore;
beforeAll(() => {
  received = gateway.tokens(secrets);
});

const push = (appid: string, code: string | null, second: number, preAuthCode = '') =>
  received.recordAuthorization({
    ...{ appid, code, preAuthCode, key: `${code} ${second}`, sentAt: new Date(second * 1000) },
  });

const given = (refreshToken: string) => ({ refreshToken, accessToken: 'a', grantedMs: 7_200_000 });

/** Exchanges the code of an authorization. */
async function exchange(appid: string, permissionSets: number[]): Promise<void> {
  const { refreshTokenId: used = '', codeId = null } = (await tokens.readTokens(appid)) ?? {};
  await tokens.keepTokens({ appid, used }, given('r'), { codeId, permissionSets });
}

async function authorized(permissionSets = [17, 18]): Promise<string> {
  const appid = newAppid();
  await push(appid, 'code', 100);
  await exchange(appid, permissionSets);
  await sql('delete from outbox where appid = $1', appid);
  return appid;
}

/** What was published of a mini-program, in order: the writer, the state and the permission sets. */
async function published(appid: string): Promise<unknown[]> {
  const rows = await sql<{ writer: string; source: string; topic: string; value: string; time: Date }>(
    `select writer, source, topic, value, time from outbox where appid = $1 and type = 'wxa.code.v1.AuthorizerChanged' order by id`,
    appid,
  );
  return rows.map(({ writer, source, topic, value, time }) => {
    const { state, permissionSets = [], removed = false, changeTime, ...rest } = JSON.parse(value);
    expect([topic, source, rest]).toEqual(['wxa.code.fleet.v1', writer, { appid }]);
    expect(new Date(changeTime)).toEqual(time);
    return [writer, removed ? 'removed' : state.replace('AUTHORIZER_STATE_', ''), ...permissionSets];
  });
}

describe('AuthorizerChanged', () => {
  it('A new authorization is published by the gateway that stores its callback, and with its sets by the worker that exchanges the code', async () => {
    const appid = newAppid();
    await push(appid, 'code', 100);
    await push(appid, 'code', 100);
    await exchange(appid, [17, 18]);
    expect(await published(appid)).toEqual([
      ['gateway', 'AUTHORIZED'],
      ['release-worker', 'AUTHORIZED', 17, 18],
    ]);
  });

  it('A renewal, a new authorization with the same sets and a late callback publish nothing', async () => {
    const appid = await authorized();
    const { refreshTokenId: used = '' } = (await tokens.readTokens(appid)) ?? {};
    await tokens.keepTokens({ appid, used }, given('next'));
    await push(appid, 'again', 200);
    await exchange(appid, [18, 17]);
    await tokens.keepAuthorizerInfo(appid, { permissionSets: [17, 18], nickName: '好吃面馆' });
    await push(appid, null, 150);
    await received.setLabels(appid, ['餐饮']);
    expect(await published(appid)).toEqual([]);
  });

  it.each<[string, (appid: string) => Promise<unknown>, unknown[]]>([
    ['a withdrawal', (appid) => push(appid, null, 200), ['gateway', 'UNAUTHORIZED']],
    [
      'other permission sets',
      (appid) => tokens.keepAuthorizerInfo(appid, { permissionSets: [18], nickName: '' }),
      ['release-worker', 'AUTHORIZED', 18],
    ],
    [
      'a refresh token that WeChat rejects',
      async (appid) => {
        const { refreshTokenId: used = '' } = (await tokens.readTokens(appid)) ?? {};
        await tokens.refuseRefreshToken({ appid, used }, '61023');
      },
      ['release-worker', 'NEEDS_AUTHORIZATION', 17, 18],
    ],
    [
      'other permission sets of a changed authorization whose code WeChat rejects',
      async (appid) => {
        await push(appid, 'late', 200);
        const { codeId } = (await tokens.readTokens(appid)) ?? {};
        const info = { permissionSets: [17, 18, 30], nickName: '' };
        await tokens.rejectCode({ appid, codeId: codeId ?? randomUUID() }, '61010', info);
      },
      ['release-worker', 'AUTHORIZED', 17, 18, 30],
    ],
    ['RemoveAuthorizer', (appid) => received.removeAuthorizer(appid), ['gateway', 'removed']],
  ])('One event is published for %s', async (_what, change, event) => {
    const appid = await authorized();
    await change(appid);
    await change(appid);
    expect(await published(appid)).toEqual([event]);
  });

  it('A rejected code, an import and an unknown mini-program publish what they change', async () => {
    const [rejected, unknown, imported] = [newAppid(), newAppid(), newAppid()];
    for (const appid of [rejected, unknown]) await push(appid, 'bad', 100);
    const codeOf = async (appid: string) => (await tokens.readTokens(appid))?.codeId ?? '';
    await tokens.rejectCode({ appid: rejected, codeId: await codeOf(rejected) }, '61010');
    await tokens.deleteUnknownAuthorizer({ appid: unknown, codeId: await codeOf(unknown) });
    await tokens.keepImported({ appid: imported, refreshToken: 'r' }, given('r'));
    expect((await published(rejected)).at(-1)).toEqual(['release-worker', 'NEEDS_AUTHORIZATION']);
    expect((await published(unknown)).at(-1)).toEqual(['release-worker', 'removed']);
    expect(await published(imported)).toEqual([['release-worker', 'AUTHORIZED']]);
  });
});

describe('an open audit that is not polled any more', () => {
  const pollsOf = (appid: string) =>
    sql(
      `select poll_failures, next_poll_at <= now() as due from audits where appid = $1 and state = 'OPEN'`,
      appid,
    );
  const ABANDONED = [{ poll_failures: 30, due: false }];

  it('An audit whose polls ended while its mini-program was not authorized is polled again when that authorizes', async () => {
    const appid = await authorized();
    await sql(
      `insert into audits (operation_id, appid, audit_id, user_version, submitted_at, poll_failures, next_poll_at)
       values ($1, $2, 1, '', now(), 30, 'infinity')`,
      ...[randomUUID(), appid],
    );
    await push(appid, null, 200);
    expect(await pollsOf(appid)).toEqual(ABANDONED);
    await push(appid, 'again', 300);
    expect(await pollsOf(appid)).toEqual([{ poll_failures: 0, due: true }]);
  });
});

describe('labels of a link', () => {
  const labelsOf = async (appid: string) => (await tokens.getAuthorizer(appid))?.labels;

  it('The callback of an authorization gives the labels of its link once, to the one that authorized with it', async () => {
    const [appid, other] = [newAppid(), newAppid()];
    await tokens.keepLinkLabels('preauthcode@@@1', ['餐饮', '活跃']);
    await push(appid, 'code', 100, 'preauthcode@@@1');
    expect(await labelsOf(appid)).toEqual(['餐饮', '活跃']);
    expect(JSON.stringify(await sql('select * from link_labels'))).not.toContain('preauthcode');
    await received.setLabels(appid, []);
    await push(appid, 'code', 100, 'preauthcode@@@1');
    await push(other, 'code', 100, 'preauthcode@@@1');
    expect([await labelsOf(appid), await labelsOf(other)]).toEqual([[], []]);
  });

  it('A mini-program that is known before its callback keeps its labels and gets those of its link, 20 at most', async () => {
    const appid = newAppid();
    await tokens.addListed([{ appid, refreshToken: 'r', authorizedAt: new Date(100_000) }]);
    const before = Array.from({ length: 18 }, (_, i) => `标签 ${i}`);
    await received.setLabels(appid, before);
    await tokens.keepLinkLabels('preauthcode@@@2', ['标签 3', '一', '二', '三']);
    await push(appid, 'code', 100, 'preauthcode@@@2');
    expect(await labelsOf(appid)).toEqual([...before, '一', '二']);
    const trail = await sql(
      `select caller, detail from trail where appid = $1 and action = 'authorizer.labelled' order by at`,
      appid,
    );
    expect(trail.at(-1)).toEqual({ caller: null, detail: { from: before, to: [...before, '一', '二'] } });
  });

  it('A withdrawal, and a callback that came late, use up no labels', async () => {
    const appid = await authorized();
    await tokens.keepLinkLabels('preauthcode@@@3', ['餐饮']);
    await push(appid, null, 200, 'preauthcode@@@3');
    await push(appid, 'late', 150, 'preauthcode@@@3');
    expect(await labelsOf(appid)).toEqual([]);
    await push(appid, 'new', 300, 'preauthcode@@@3');
    expect(await labelsOf(appid)).toEqual(['餐饮']);
  });
});
