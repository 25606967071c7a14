import { beforeAll, describe, expect, it } from '@jest/globals';
import { AUDIT_ITEM } from '../release/audit-item.js';
import { newAppids } from '../rollouts/rollout-steps.js';
import { useSharedWorld, world } from '../use-world.js';
import { ApiUser } from './api-user.js';
import { newUser } from './new-user.js';

useSharedWorld('console');
let operator: ApiUser;
let viewer: ApiUser;
beforeAll(async () => {
  operator = await ApiUser.in(world.stack);
  viewer = await newUser(world, 'looker', 'viewer');
});

/** A draft of a rollout in JSON. */
const draftOf = (appids: string[], spec: object = {}) => ({
  spec: {
    name: '春季版',
    templateId: '1',
    userVersion: '3.1.0',
    audit: { fixed: { items: [AUDIT_ITEM] } },
    waves: [{ count: 1, submitGate: { bakeTime: '90.500s' } }, { rest: true }],
    ...spec,
  },
  selection: { appids: { appids } },
});

/** The id of a new draft. */
async function createDraft(targets = 1): Promise<string> {
  const created = await operator.call('Rollouts/CreateRollout', draftOf(newAppids(targets)));
  expect(created).toMatchObject({ status: 200 });
  return created.json.id;
}

const refusal = (status: number, reason: string) => ({ status, json: { reason } });

describe('an RPC', () => {
  it('A request and its response are canonical proto3 JSON, with numbers of 64 bits, durations and oneofs', async () => {
    const id = await createDraft(2);
    const { spec, state, counts } = (await viewer.call('Rollouts/GetRollout', { id })).json;
    expect(state).toBe('ROLLOUT_STATE_DRAFT');
    expect(counts).toEqual(expect.any(Array));
    expect(spec).toMatchObject({ templateId: '1', waves: [{ count: 1 }, { rest: true }] });
    expect(spec.waves[0].submitGate.bakeTime).toBe('90.500s');
  });

  it('It is called for the user, who is in the journal', async () => {
    const id = await createDraft();
    const { changes } = (await viewer.call('Rollouts/ListRolloutChanges', { id })).json;
    expect(changes).toMatchObject([{ onBehalfOf: world.stack.console?.user }]);
  });

  it('An error has code, reason, what to do, and what is wrong by field in the language of the user', async () => {
    const refused = await operator.call('Rollouts/CreateRollout', draftOf(newAppids(1), { name: '' }));
    expect(refused.status).toBe(400);
    expect(refused.json).toMatchObject({
      code: 'INVALID_ARGUMENT',
      reason: 'INVALID_REQUEST',
      hint: '修正 BadRequest 中列出的字段。',
      violations: [{ field: 'spec.name', description: expect.stringContaining('必填') }],
    });
    const missing = await viewer.call('Operations/GetOperation', { id: crypto.randomUUID() });
    expect(missing).toMatchObject({ status: 404, json: { code: 'NOT_FOUND' } });
  });

  it('A request that is not one of the RPC is refused before it is sent', async () => {
    for (const request of [{ nothing: 1 }, { pageSize: 'many' }, []])
      expect(await viewer.call('Rollouts/ListRollouts', request)).toMatchObject(refusal(400, 'INVALID_JSON'));
  });
});

describe('who may call', () => {
  it('A viewer reads and does not act, and nobody sends a refresh token through a browser', async () => {
    expect((await viewer.call('Audits/ListAudits', {})).status).toBe(200);
    expect(await viewer.call('Rollouts/PauseRollout', { id: 'x' })).toMatchObject(refusal(403, 'ROLE'));
    expect(await operator.call('Authorizers/ImportAuthorizer', {})).toMatchObject(refusal(403, 'ROLE'));
    for (const rpc of ['Rollouts/Nothing', 'constructor/x'])
      expect(await operator.call(rpc, {})).toMatchObject(refusal(404, ''));
  });

  it('An operator acts in nobody else’s name, and filters by the name of anybody', async () => {
    const id = await createDraft();
    const another = refusal(403, 'ANOTHER_NAME');
    for (const name of ['onBehalfOf', 'on_behalf_of'])
      expect(await operator.call('Rollouts/CancelRollout', { id, [name]: 'li' })).toMatchObject(another);
    const resolution = { id, resolution: 'RESOLUTION_DONE', reason: 'seen', resolvedBy: 'li' };
    expect(await operator.call('Operations/ResolveOperation', resolution)).toMatchObject(another);
    const own = { id, onBehalfOf: world.stack.console?.user };
    expect((await operator.call('Rollouts/CancelRollout', own)).status).toBe(200);
    expect((await viewer.call('Platform/ListTrail', { onBehalfOf: 'li' })).status).toBe(200);
  });

  it('A call needs a login, the token of its session and the origin of the console', async () => {
    const call = (headers: Record<string, string>) => operator.call('Rollouts/ListRollouts', {}, headers);
    expect(await call({ cookie: '' })).toMatchObject(refusal(401, 'LOGIN_REQUIRED'));
    expect(await call({ 'x-form-token': viewer.formToken })).toMatchObject(refusal(403, 'FORM_TOKEN'));
    expect(await call({ origin: 'https://evil.example' })).toMatchObject(refusal(403, 'ORIGIN'));
    const { status } = await operator.stream('Rollouts/WatchRollout', { id: 'x' }, { cookie: '' });
    expect(status).toBe(401);
  });
});

it('The users of the console are listed with their roles and without their passwords, and only to who is logged in', async () => {
  const { status, json } = await viewer.call('console/users', {});
  expect(status).toBe(200);
  expect(json.users).toContainEqual({ name: expect.any(String), role: 'operator' });
  expect(JSON.stringify(json)).not.toContain('scrypt');
  const refused = await viewer.call('console/users', {}, { cookie: '' });
  expect(refused).toMatchObject({ status: 401, json: { reason: 'LOGIN_REQUIRED' } });
});
