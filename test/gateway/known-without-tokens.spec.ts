import { describe, expect, it } from '@jest/globals';
import { EndpointTokens } from '@wxa/release-worker';
import { usePolicy } from '../callers/shared-policy.js';
import { newAppids, rolloutCalls } from '../rollouts/rollout-calls.js';
import { serve } from '../serve.js';
import { scratchStore } from '../store/scratch-store.js';
import { refusalOf } from './calls.js';
import { callbacksTo, info } from './encrypted-callback.js';
import { useGateway, useSharedGateway } from './use-gateway.js';

const AUTHORIZED = 'AUTHORIZER_STATE_AUTHORIZED';

describe('A gateway whose tokens come from a token service', () => {
  const { gateway, database } = useSharedGateway('policy');
  const policy = usePolicy(gateway, {
    operator: {},
    retail: { allow: [{ methods: ['*'], appids: ['wxa*'] }] },
  });
  const as = (caller: string) => policy.as(caller);
  const { create } = rolloutCalls(gateway, database);
  const targetsOf = async (rollout: string) => {
    const rows = await database.rows('select appid from rollout_targets where rollout_id = $1', [rollout]);
    return rows.map(({ appid }) => appid);
  };
  const register = (appids: string[], caller = 'operator') =>
    gateway.rpc('registerAuthorizers', { appids }, as(caller));

  it('RegisterAuthorizers makes mini-programs known, of which the token service owns the tokens, and records it', async () => {
    const appids = newAppids(3);
    expect(await register([...appids, appids[0] ?? ''])).toEqual({ added: 3, known: 0 });
    expect(await register(appids)).toEqual({ added: 0, known: 3 });
    const [appid = ''] = appids;
    expect(await gateway.rpc('getAuthorizer', { appid }, as('operator'))).toMatchObject({
      ...{ state: AUTHORIZED, permissionSets: [], tokenExpireTime: undefined },
      tokenOwner: 'AUTHORIZER_TOKEN_OWNER_TOKEN_SERVICE',
    });
    expect(await gateway.rpc('getMiniProgram', { appid }, as('operator'))).toMatchObject({ appid });
    const platform = await gateway.rpc('getPlatformStatus', {}, as('operator'));
    expect(platform.tokenOwner).toBe('AUTHORIZER_TOKEN_OWNER_TOKEN_SERVICE');
    const renewal = gateway.rpc('renewToken', { appid, reason: 'asked' }, as('operator'));
    expect((await refusalOf(renewal)).reason).toBe('TOKEN_SOURCE_NOT_COMPONENT');
    const trail = `select detail from trail where action = 'authorizers.registered' and detail ->> 'appids' like $1`;
    expect(await database.rows(trail, [`%${appid}%`])).toEqual([{ detail: { appids } }]);
  });

  it('RegisterAuthorizers refuses a caller that may not use one of the appids, more than 1,000, and none', async () => {
    const own = `wxa${'1'.repeat(15)}`;
    expect(await register([own], 'retail')).toEqual({ added: 1, known: 0 });
    const denied = { code: 'PERMISSION_DENIED', reason: 'CALLER_NOT_ALLOWED' };
    const foreign = newAppids(1);
    expect(await refusalOf(register([own, ...foreign], 'retail'))).toMatchObject(denied);
    expect(await database.rows('select from authorizers where appid = any($1)', [foreign])).toEqual([]);
    for (const appids of [newAppids(1_001), [], ['wx1']])
      expect(await refusalOf(register(appids))).toMatchObject({ reason: 'INVALID_REQUEST' });
  });

  it('Rollouts select by labels and by all_authorized, and unknown permission sets count as sufficient', async () => {
    const [labelled = '', other = '', without = ''] = newAppids(3);
    await register([labelled, other, without]);
    await database.rows('update authorizers set permission_sets = array[17] where appid = $1', [without]);
    const labels = [`label of ${labelled}`];
    await gateway.rpc('setAuthorizerLabels', { appid: labelled, labels }, as('operator'));
    const { id } = await create({ selection: { labels: { labels } } }, as('operator'));
    expect(await targetsOf(id)).toEqual([labelled]);
    const all = await create({ selection: { allAuthorized: true } }, as('operator'));
    const selected = await targetsOf(all.id);
    expect(selected).toEqual(expect.arrayContaining([labelled, other]));
    expect(selected).not.toContain(without);
  });

  it('A call for an unknown mini-program is accepted, and an import is refused', async () => {
    const [appid = ''] = newAppids(1);
    expect((await gateway.rpc('undoAudit', { appid }, as('operator'))).appid).toBe(appid);
    const imported = gateway.rpc('importAuthorizer', { appid, refreshToken: 'r' }, as('operator'));
    const reason = 'TOKEN_SOURCE_NOT_COMPONENT';
    expect(await refusalOf(imported)).toMatchObject({ code: 'FAILED_PRECONDITION', reason });
  });

  it('An authorization callback makes a mini-program known without its code, and a withdrawal is seen', async () => {
    const [appid = ''] = newAppids(1);
    const send = (type: string, second: number, more = '') =>
      callbacksTo(gateway).post('', info(type, `<AuthorizerAppid>${appid}</AuthorizerAppid>${more}`, second));
    const code = '<AuthorizationCode>the-code</AuthorizationCode>';
    const stored = 'select state, code, refresh_token from authorizers where appid = $1';
    const row = async () => (await database.rows(stored, [appid]))[0];
    expect(await send('authorized', 1_700_000_000, code)).toBe('200 success');
    expect(await row()).toEqual({ state: 'AUTHORIZED', code: null, refresh_token: null });
    expect(await send('unauthorized', 1_700_000_001)).toBe('200 success');
    expect(await row()).toMatchObject({ state: 'UNAUTHORIZED' });
    expect(await register([appid])).toEqual({ added: 1, known: 0 });
    expect(await row()).toMatchObject({ state: 'AUTHORIZED' });
  });
});

describe('A gateway with fixed tokens', () => {
  const { gateway } = useGateway({ WECHAT_TOKEN_SOURCE: 'static' });

  it('It registers and labels mini-programs, and has no list of WeChat to compare with', async () => {
    const [appid = ''] = newAppids(1);
    await gateway.rpc('registerAuthorizers', { appids: [appid] });
    expect((await gateway.rpc('setAuthorizerLabels', { appid, labels: ['a'] })).labels).toEqual(['a']);
    const { reason } = await refusalOf(gateway.rpc('syncAuthorizers', {}));
    expect(reason).toBe('TOKEN_SOURCE_NOT_COMPONENT');
  });
});

it('A mini-program that the token service does not know needs authorization, until the service gives a token', async () => {
  const scratch = await scratchStore();
  const directory = scratch.worker.directory();
  const [appid = ''] = newAppids(1);
  let status = 404;
  const { url, stop } = await serve((_, response) =>
    response.writeHead(status).end(JSON.stringify({ access_token: 'a', expires_in: 7200 })),
  );
  const tokens = new EndpointTokens(url, (of, why) => directory.followTokenService(of, why));
  await directory.registerAuthorizers([appid]);
  expect(await tokens.get(appid)).toMatchObject({ kind: 'not-authorized' });
  const lastError = 'the token service does not know it (404)';
  expect(await directory.getAuthorizer(appid)).toMatchObject({ state: 'NEEDS_AUTHORIZATION', lastError });
  status = 200;
  expect(await tokens.get(appid)).toMatchObject({ kind: 'token' });
  expect(await directory.getAuthorizer(appid)).toMatchObject({ state: 'AUTHORIZED', lastError: null });
  await stop();
  await scratch.close();
});
