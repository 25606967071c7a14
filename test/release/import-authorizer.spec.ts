import { randomBytes } from 'node:crypto';
import { expect, it } from '@jest/globals';
import { type Authorizer, AuthorizerState } from '@wxa/contracts';
import { startWorker } from '../programs.js';
import {
  eventually,
  worker as firstWorker,
  newAppid,
  startAgain,
  unary,
  useSharedWorld,
  world,
  wxaHere,
} from '../use-world.js';

const TOKEN_API = 'cgi-bin/component/api_authorizer_token';
const AUTHORIZED = AuthorizerState.AUTHORIZER_STATE_AUTHORIZED;

useSharedWorld('component');

const callRpc = (rpc: string, request: object) => unary<Authorizer>(world.authorizers, rpc, request, 60_000);
const get = (appid: string) => callRpc('getAuthorizer', { appid });
const importAuthorizer = (appid: string, refreshToken: string) =>
  callRpc('importAuthorizer', { appid, refreshToken });

/** A mini-program that authorized the platform earlier but is unknown to this service, and its valid refresh token. */
async function authorizedBefore(): Promise<{ appid: string; refreshToken: string }> {
  const appid = newAppid();
  await world.sim.authorize(appid, { permissionSets: [17, 18] });
  await eventually(async () => (await get(appid)).tokenAge !== undefined);
  await callRpc('removeAuthorizer', { appid });
  const { refreshToken } = await world.sim.authorization(appid);
  return { appid, refreshToken: refreshToken ?? '' };
}

const pendingSecrets = () => world.sql('select from operation_attachments');
const tokenCalls = async (appid: string) =>
  (await world.sim.calls({ appid, api: TOKEN_API })).map(({ errcode }) => errcode);

it('ImportAuthorizer stores a mini-program with its permission sets and keeps no file with its refresh token', async () => {
  const { appid, refreshToken } = await authorizedBefore();
  const authorizer = await importAuthorizer(appid, refreshToken);
  expect(authorizer).toMatchObject({ appid, state: AUTHORIZED, permissionSets: [17, 18], lastError: '' });
  expect(authorizer.tokenAge).toBeDefined();
  const commit = { appid, templateId: 1n, userVersion: '1.0' };
  expect(await world.run('Commit', commit)).toMatchObject({ state: 'OPERATION_STATE_SUCCEEDED' });
  expect(await tokenCalls(appid)).toEqual([0]);
  expect(await pendingSecrets()).toEqual([]);
});

it('An import accepted under the old SECRETS_KEY is executed after the rotation by a worker that has only the new one', async () => {
  const { appid, refreshToken } = await authorizedBefore();
  await world.call('ListDrafts', {});
  await firstWorker().stop();
  const done = importAuthorizer(appid, refreshToken);
  await eventually(async () => (await pendingSecrets()).length === 1);
  // The key rotation must not change a pending file.
  const file = randomBytes(100);
  await world.sql(
    `insert into operation_attachments (operation_id, content) select id, $1 from operations where method = 'ListDrafts'`,
    [file],
  );

  const { SECRETS_KEY: old = '' } = world.settings;
  const key = randomBytes(32).toString('base64');
  const rotate = (SECRETS_KEY: string, SECRETS_KEY_PREVIOUS: string) =>
    wxaHere(['secrets', 'rotate'], { SECRETS_KEY, SECRETS_KEY_PREVIOUS });
  const rotated = await rotate(key, old);
  expect(rotated.out).toContain('operation_attachments: 1 of 1\n');
  expect(
    await world.sql('delete from operation_attachments where content = $1 returning 1', [file]),
  ).toHaveLength(1);

  const worker = await startWorker(world, { SECRETS_KEY: key });
  try {
    expect(await done).toMatchObject({ appid, state: AUTHORIZED, permissionSets: [17, 18] });
  } finally {
    await worker.stop();
    await rotate(old, key);
    await startAgain(firstWorker());
  }
});
