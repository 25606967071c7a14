import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { newAppid } from '../appid.js';
import { eventually } from '../eventually.js';
import { refusalOf } from '../gateway/calls.js';
import { byLength } from '../length.js';
import { useWorld, world } from '../use-world.js';
import { TokenService, type Trouble } from './token-service.js';

const DEADLINE_MS = 2_000;

let tokens: TokenService;

useWorld(async () => {
  tokens = await TokenService.start();
  const env = { WECHAT_TOKEN_URL: `${tokens.url}?for=wxa`, OPERATION_DEADLINE_MS: String(DEADLINE_MS) };
  return { env };
});
beforeAll(() => {
  tokens.sim = world.sim;
});
afterAll(() => tokens?.stop());

const SUCCEEDED = 'OPERATION_STATE_SUCCEEDED';
const FAILED = 'OPERATION_STATE_FAILED';

const commit = (appid: string) => world.run('Commit', { appid, templateId: 1n, userVersion: '1.0' });
const refusedQuery = (appid: string) => refusalOf(world.call('ListCategories', { appid }));

it('The token of a mini-program is requested once and cached', async () => {
  const appid = newAppid();
  const queries = (['ListCategories', 'GetSupportVersion'] as const).map((name) =>
    world.call(name, { appid }),
  );
  await Promise.all([commit(appid), ...queries]);
  expect(tokens.queries.filter((query) => query.includes(appid))).toEqual([`?for=wxa&appid=${appid}`]);
});

it.each([
  ['expired (42001)', (appid: string) => world.sim.patch(appid, { expireToken: true })],
  ['replaced elsewhere (40001)', (appid: string) => world.sim.token(appid, true)],
])('A token that is %s is refreshed once and the call is repeated', async (_what, invalidate) => {
  const appid = newAppid();
  await world.call('GetSupportVersion', { appid });
  await invalidate(appid);
  expect(await commit(appid)).toMatchObject({ state: SUCCEEDED, attempts: 2, error: undefined });
  expect(tokens.requests(appid)).toEqual(['get', 'refresh']);
  expect(await world.call('ListCategories', { appid })).toMatchObject({ categories: expect.any(Array) });
  expect(tokens.requests(appid)).toHaveLength(2);
});

it.concurrent('A call fails after one refresh if WeChat rejects the new token too (40001, 40014, 42001)', async () => {
  const rejected = [40001, 40014, 42001].map(async (errcode) => {
    const [changed, queried] = [newAppid(), newAppid()];
    for (const appid of [changed, queried])
      await world.sim.addFault({ appid, kind: 'errcode', errcode, times: 2 });
    const [change, refusal] = await Promise.all([commit(changed), refusedQuery(queried)]);
    const error = { errcode, category: 'ERROR_CATEGORY_TOKEN', retryable: false };
    expect(change).toMatchObject({ state: FAILED, attempts: 2, error });
    expect(refusal).toMatchObject({
      code: 'FAILED_PRECONDITION',
      metadata: { errcode: String(errcode), category: 'TOKEN', retryable: 'false' },
    });
    for (const appid of [changed, queried]) expect(tokens.requests(appid)).toEqual(['get', 'refresh']);
  });
  await Promise.all(rejected);
});

it('An operation fails with NOT_AUTHORIZED without a call if the token endpoint answers 404', async () => {
  const appid = newAppid();
  tokens.troubles.set(appid, 404);
  const error = { errcode: 0, reason: 'NOT_AUTHORIZED', category: 'ERROR_CATEGORY_TOKEN', retryable: false };
  expect(await commit(appid)).toMatchObject({ state: FAILED, attempts: 0, error });
  expect(await refusedQuery(appid)).toMatchObject({
    ...{ code: 'FAILED_PRECONDITION', reason: 'NOT_AUTHORIZED', retryAfterMs: undefined },
  });
  expect(await world.sim.calls({ appid })).toEqual([]);
});

it.concurrent('An operation fails at its deadline with TOKEN_UNAVAILABLE without a call if the token endpoint stays unavailable', async () => {
  const queried = newAppid();
  tokens.troubles.set(queried, 503);
  const refusal = refusedQuery(queried);
  const troubles: Trouble[] = [500, 302, 'garbage', 'reset'];
  const changes = troubles.map((trouble) => {
    const appid = newAppid();
    tokens.troubles.set(appid, trouble);
    return commit(appid);
  });
  const error = {
    errcode: 0,
    reason: 'TOKEN_UNAVAILABLE',
    category: 'ERROR_CATEGORY_TOKEN',
    retryable: true,
  };
  const limitMs = byLength({ short: Number.POSITIVE_INFINITY, long: DEADLINE_MS + 1_000 });
  for (const { appid, startTime, endTime, ...operation } of await Promise.all(changes)) {
    expect(operation).toMatchObject({ state: FAILED, attempts: 0, error });
    expect(Number(endTime) - Number(startTime)).toBeLessThan(limitMs);
    expect(tokens.requests(appid).length).toBeGreaterThan(1);
    expect(await world.sim.calls({ appid })).toEqual([]);
  }
  expect(await refusal).toMatchObject({
    ...{ code: 'FAILED_PRECONDITION', reason: 'TOKEN_UNAVAILABLE', retryAfterMs: expect.any(Number) },
    metadata: { errcode: '0', category: 'TOKEN', retryable: 'true' },
  });
});

it.concurrent('An operation succeeds if the token endpoint recovers before the deadline', async () => {
  const appid = newAppid();
  tokens.troubles.set(appid, 503);
  const accepted = await world.change('Commit', { appid, templateId: 1n, userVersion: '1.0' });
  await eventually(() => tokens.requests(appid).length > 0);
  tokens.troubles.delete(appid);
  expect(await world.wait(accepted.id)).toMatchObject({ state: SUCCEEDED, attempts: 1 });
});

it.concurrent('A query returns its result if its last call ends after the deadline', async () => {
  const appid = newAppid();
  const fault = await world.sim.addFault({ appid, kind: 'hang' });
  const answer = world.call('ListCategories', { appid });
  await eventually(async () => (await world.sim.fault(fault.id)).held === 1);
  const calledAt = Date.now();
  await eventually(() => Date.now() - calledAt > DEADLINE_MS);
  await world.sim.releaseFault(fault.id);
  expect(await answer).toMatchObject({ categories: expect.any(Array) });
});
