import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { formatUsers, hashPassword } from '@wxa/policy';
import { newAppid } from '../appid.js';
import { usePolicy } from '../callers/shared-policy.js';
import { eventually } from '../eventually.js';
import { useSharedGateway } from '../gateway/use-gateway.js';
import { ApiUser } from './api-user.js';
import { ConsoleProcess, USER } from './console-process.js';
import { Visitor } from './visitor.js';

const { gateway } = useSharedGateway('policy');
const [meal, shirt] = [newAppid(), newAppid()];
const only = (appid: string) => ({ allow: [{ methods: ['*'], appids: [appid] }], mayActFor: true });
const policy = usePolicy(gateway, { console: { mayActFor: true }, food: only(meal), fashion: only(shirt) });

let pages: ConsoleProcess;
/** One of each scope. */
let cook: ApiUser;
let tailor: ApiUser;
beforeAll(async () => {
  pages = await ConsoleProcess.new({ GATEWAY_ADDR: gateway.grpc });
  const write = async (name: string, content: string) => {
    await writeFile(join(pages.folder, name), content);
    return join(pages.folder, name);
  };
  const keyOf = (caller: string) =>
    write(`${caller}.key`, policy.headers(caller).authorization?.replace('Bearer ', '') ?? '');
  const scopes = {
    food: { apiKeyFile: await keyOf('food') },
    fashion: { apiKeyFile: await keyOf('fashion') },
  };
  const groups = ['food', 'fashion'].map((scope) => ({ group: `${scope}-ops`, role: 'operator', scope }));
  const hash = await hashPassword(USER.password);
  const users = [
    { name: 'cook', role: 'operator' as const, scope: 'food', hash },
    { name: 'tailor', role: 'operator' as const, scope: 'fashion', hash },
    { name: 'lost', role: 'operator' as const, scope: 'gone', hash },
  ];
  await pages.start({
    CONSOLE_USERS_FILE: await write('users.json', formatUsers(users)),
    CONSOLE_SCOPES_FILE: await write('scopes.json', JSON.stringify({ scopes, groups })),
    GATEWAY_API_KEY_FILE: await keyOf('console'),
  });
  const userOf = async (name: string) => {
    const visitor = new Visitor(pages.origin);
    await visitor.logIn({ name, password: USER.password });
    return ApiUser.of(pages.origin, visitor);
  };
  [cook, tailor] = [await userOf('cook'), await userOf('tailor')];
});
afterAll(() => pages?.remove());

const commit = (user: ApiUser, appid: string) =>
  user.call('CodeManagement/Commit', { appid, templateId: '1', userVersion: '1.0' });
const refused = { status: 403, json: { code: 'PERMISSION_DENIED', reason: 'CALLER_NOT_ALLOWED' } };

it('A user of a scope changes its mini-programs in its own name, and the gateway refuses all others', async () => {
  for (const [user, scope, name, own, other] of [
    [cook, 'food', 'cook', meal, shirt],
    [tailor, 'fashion', 'tailor', shirt, meal],
  ] as const) {
    const accepted = await commit(user, own);
    expect(accepted).toMatchObject({ status: 200, json: { acceptedBy: scope, onBehalfOf: name } });
    expect(await commit(user, other)).toMatchObject(refused);
  }
});

it('A user of a scope reads only the users, the scope and the groups of that scope', async () => {
  const { json } = await cook.call('console/users', {});
  expect(json).toEqual({
    users: [{ name: 'cook', role: 'operator', scope: 'food' }],
    groups: [{ group: 'food-ops', role: 'operator', scope: 'food' }],
  });
});

it('A user of an unknown scope cannot log in, and an API key of a scope that becomes invalid is reported', async () => {
  const lost = { ...USER, name: 'lost' };
  expect((await new Visitor(pages.origin).logIn(lost)).status).toBe(401);
  await writeFile(join(pages.folder, 'food.key'), 'hunter2\nhunter3\n');
  const log = () => readFile(join(pages.folder, 'console.log'), 'utf8');
  const line = '"setting":"CONSOLE_SCOPES_FILE","scope":"food"';
  await eventually(async () => expect(await log()).toContain(line));
});
